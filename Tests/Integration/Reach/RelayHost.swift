import GCXLinux
import Glibc
import Testing

/// A relay on a host of its own, with its key, which can be killed and started again.
final class RelayHost {
    private let internet: Internet
    private let host: Internet.Host
    private let folder: TemporaryDirectory
    private let key: String
    private var pid: pid_t?

    /// Makes the relay's key and its configuration; nothing runs yet.
    init(_ host: Internet.Host, of internet: Internet) throws {
        (self.internet, self.host) = (internet, host)
        folder = try TemporaryDirectory("gcx-relay")
        let (password, keystore) = ("\(folder.path)/password", "\(folder.path)/relay.json")
        try DurableFile.write("a word for a test\n".utf8, to: password)
        let made = try ChildProcess(
            Gcx.program, ["key", "new", "--light", "--password-file", password, "--out", keystore],
            environment: ChildProcess.plainEnvironment
        ).run()
        key = made.filter { !$0.isWhitespace }
        let settings = [
            "name": place, "listen": place, "keystore": keystore, "password_file": password,
        ].map { "\($0) = \"\($1)\"\n" }.joined()
        try DurableFile.write("[relay]\n\(settings)".utf8, to: "\(folder.path)/gcx.toml")
    }

    deinit { kill() }

    var place: String { "\(host.address ?? ""):443" }
    /// As a machine names it.
    var named: String { "\(place)#\(key)" }
    var log: String { (try? Files.text("\(folder.path)/log")) ?? "" }

    func start() throws {
        let tool = ChildProcess(
            "nsenter",
            [
                "--net=\(internet.namespace(of: host))", Gcx.program, "relay", "serve", "--config",
                "\(folder.path)/gcx.toml",
            ], environment: ChildProcess.plainEnvironment)
        pid = try tool.spawnDetached(logPath: "\(folder.path)/log")
    }

    /// Ends it at once, as a power cut would.
    func kill() {
        guard let pid else { return }
        Glibc.kill(pid, SIGKILL)
        _ = ChildProcess.wait(pid)
        self.pid = nil
    }
}
