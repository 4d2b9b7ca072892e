package import GCXLinux
import Glibc

/// What lies on the host for a job that gets out: files with a secret, sockets that answer, a port that listens.
package final class HostileHost {
    package let root: String
    let port: UInt16
    private let listener: TCPListener
    private let sockets: [Int32]
    /// What the job's rootfs lies in.
    package var rootfs: String { "\(root)/rootfs" }
    var input: String { "\(root)/input" }
    var socket: String { "\(root)/agent.sock" }
    var abstractSocket: String { "gcx-hostile-\(port)" }
    var canaries: [String] { ["\(root)/\(Self.canaryName)", "\(root)/state/agent.sqlite", "\(root)/machine.json"] }
    static let canaryName = "CANARY"
    /// What a link in an output points at: a file that every host has.
    static let link = "/etc/hostname"

    /// - Parameter root: a directory of its own, which must exist.
    package init(root: String) throws(LinuxError) {
        self.root = root
        listener = try TCPListener(host: "127.0.0.1", port: 0)
        port = listener.endpoint.split(separator: ":").last.flatMap { UInt16($0) } ?? 0
        sockets = [Self.listen("\(root)/agent.sock"), Self.listen("\0gcx-hostile-\(port)")]
        try Files.makeDirectories("\(root)/state", mode: 0o700)
        for path in ["\(root)/\(Self.canaryName)", "\(root)/state/agent.sqlite", "\(root)/machine.json"] {
            try DurableFile.write("secret\n".utf8, to: path, mode: 0o644)
        }
        try Files.makeDirectory(input)
        try DurableFile.write("data\n".utf8, to: "\(input)/data")
        try makeRootfs()
    }

    deinit { for number in sockets { close(number) } }

    /// A unix socket that listens; a name that begins with a zero byte is no path.
    private static func listen(_ name: String) -> Int32 {
        let number = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(name.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes.prefix(107)) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = bind(number, $0, length) }
        }
        Glibc.listen(number, 8)
        return number
    }

    /// Perl is on every Debian, and makes any call by its number.
    package static let perl = "/usr/bin/perl"

    /// Busybox, Perl with what it loads, a Perl of another user with its bit set, and a program that is `#!/proc/self/exe`.
    private func makeRootfs() throws(LinuxError) {
        for folder in ["bin", "etc", "proc", "dev", "sys", "tmp"] {
            try Files.makeDirectories("\(rootfs)/\(folder)", mode: 0o755)
        }
        let busybox = ChildProcess.find("busybox") ?? "/bin/busybox"
        try ChildProcess("cp", [busybox, "\(rootfs)/bin/busybox"]).run()
        for name in try ChildProcess(busybox, ["--list"]).run().split(separator: "\n") where name != "busybox" {
            symlink("busybox", "\(rootfs)/bin/\(name)")
        }
        let libraries = try ChildProcess("ldd", [Self.perl]).run().split(whereSeparator: \.isWhitespace)
        for path in [Self.perl[...]] + libraries.filter({ $0.hasPrefix("/") }) {
            let folder = path.split(separator: "/").dropLast().joined(separator: "/")
            try Files.makeDirectories("\(rootfs)/\(folder)", mode: 0o755)
            try ChildProcess("cp", ["--dereference", String(path), "\(rootfs)\(path)"]).run()
        }
        symlink(Self.perl, "\(rootfs)/bin/perl")
        try ChildProcess("cp", ["--dereference", Self.perl, "\(rootfs)/bin/other"]).run()
        chown("\(rootfs)/bin/other", 1000, 1000)
        chmod("\(rootfs)/bin/other", 0o4755)
        try DurableFile.write("#!/proc/self/exe\n".utf8, to: "\(rootfs)/bin/itself", mode: 0o755)
    }
}
