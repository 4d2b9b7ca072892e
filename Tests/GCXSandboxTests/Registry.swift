import GCXModel
import Glibc
import Support
import Synchronization
import Testing

@testable import GCXLinux
@testable import GCXSandbox

/// A real registry on a port of its own of this machine's loopback, with its files in a directory of its own.
final class Registry {
    let root: String
    let port: UInt16
    private let pid: pid_t

    /// The layers of the image that most tests use: a small one and a large one.
    static let largeBytes = 24 << 20

    /// - Parameter users: lines of an htpasswd file; without any, everybody may read and write.
    init(in sandbox: Sandbox, users: String = "") throws {
        root = "\(sandbox.root)/registry-\(users.isEmpty ? "open" : "closed")"
        port = try Self.freePort()
        try Files.makeDirectories(root)
        try DurableFile.write(users.utf8, to: "\(root)/htpasswd")
        let auth = users.isEmpty ? "" : "auth: {htpasswd: {realm: test, path: \(root)/htpasswd}}\n"
        let config = """
            version: 0.1
            log: {level: warn, accesslog: {disabled: false}}
            storage: {filesystem: {rootdirectory: \(root)/data}}
            http: {addr: "127.0.0.1:\(port)"}
            \(auth)
            """
        try DurableFile.write(config.utf8, to: "\(root)/config.yml")
        pid = try ChildProcess("docker-registry", ["serve", "\(root)/config.yml"])
            .spawnDetached(logPath: "\(root)/log")
        try waitUntilReady()
    }

    deinit {
        kill(pid, SIGKILL)
        _ = ChildProcess.wait(pid)
    }

    private static func freePort() throws -> UInt16 {
        let listener = try TCPListener(host: "127.0.0.1", port: 0)
        return try #require(listener.endpoint.split(separator: ":").last.flatMap { UInt16($0) })
    }

    private func waitUntilReady() throws {
        for _ in 0..<1000 {
            if let socket = Relay.connect(to: port) { return _ = close(socket) }
            GCXLinux.pause(for: .milliseconds(10))
        }
        throw LinuxError.timedOut(operation: "start", object: "docker-registry", after: .seconds(10))
    }

    /// `HOST:PORT`.
    var name: String { "127.0.0.1:\(port)" }

    /// The file that holds the bytes of a blob.
    func blob(_ digest: String) -> String {
        let hex = digest.hasPrefix("sha256:") ? String(digest.dropFirst(7)) : digest
        return "\(root)/data/docker/registry/v2/blobs/sha256/\(hex.prefix(2))/\(hex)/data"
    }

    /// How often the registry was asked for something whose address holds `text`.
    func reads(of text: String = "/v2/") throws -> Int {
        try Files.text("\(root)/log").split(separator: "\n").filter { $0.contains("\"GET /") && $0.contains(text) }
            .count
    }

    /// Pushes an image of a layout and answers its digest there.
    @discardableResult
    func push(_ source: String, as path: String, _ more: String...) throws -> String {
        let file = "\(root)/digest"
        try ChildProcess(
            "skopeo",
            ["copy", "--quiet", "--dest-tls-verify=false", "--digestfile", file] + more
                + [source, "docker://\(name)/\(path)"]
        ).run()
        return String(try Files.text(file).dropFirst("sha256:".count).prefix(64))
    }

    /// The bytes of an image in this registry, pinned.
    func image(_ path: String, _ digest: String, through port: UInt16? = nil) throws -> RegistryReference {
        try RegistryReference("docker://127.0.0.1:\(port ?? self.port)/\(path)@sha256:\(digest)")
    }
}

/// Passes connections on to a registry, and fails as networks do: it cuts or stalls a connection that has carried much.
///
/// What threads share is behind the mutex; the listener belongs to one of them.
final class Relay: @unchecked Sendable {
    enum Fault { case none, cut, stall }

    private struct State {
        var fault = Fault.none
        var hasStalled = false
        var bytes = 0
        var isOpen = true
    }

    static let faultAfterBytes = 8 << 20
    let port: UInt16
    private let target: UInt16
    private let listener: TCPListener
    private let state = Mutex(State())

    init(to target: UInt16) throws {
        self.target = target
        listener = try TCPListener(host: "127.0.0.1", port: 0)
        port = try #require(listener.endpoint.split(separator: ":").last.flatMap { UInt16($0) })
        start()
    }

    /// Bytes that came from the registry.
    var bytes: Int { state.withLock { $0.bytes } }
    var hasStalled: Bool { state.withLock { $0.hasStalled } }
    func fail(by fault: Fault) { state.withLock { $0.fault = fault } }

    /// Both ends of a connection, closed when both directions are through with it.
    private final class Ends: Sendable {
        let client: FileDescriptor
        let server: FileDescriptor
        init(_ client: consuming FileDescriptor, _ server: consuming FileDescriptor) {
            self.client = client
            self.server = server
        }
    }

    /// Serves until ``close()``; each connection has two threads.
    private func start() {
        Self.thread { [self] in
            while state.withLock({ $0.isOpen }) {
                guard let client = try? listener.accept(milliseconds: 50) else { continue }
                guard let server = Self.connect(to: target) else { continue }
                let ends = Ends(client, FileDescriptor(owning: server))
                Self.thread { [self] in pump(ends, ends.client.number, ends.server.number, counts: false) }
                Self.thread { [self] in pump(ends, ends.server.number, ends.client.number, counts: true) }
            }
        }
    }

    func close() { state.withLock { $0.isOpen = false } }

    private func pump(_ ends: Ends, _ from: Int32, _ to: Int32, counts: Bool) {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        var carried = 0
        while true {
            let count = read(from, &chunk, chunk.count)
            guard count > 0 else { break }
            carried += counts ? count : 0
            guard !counts || passes(carried, count), send(to, chunk, count, Int32(MSG_NOSIGNAL)) == count
            else { break }
        }
        for end in [from, to] { shutdown(end, Int32(SHUT_RDWR)) }
        withExtendedLifetime(ends) {}
    }

    /// False when the connection is to be cut; waits while it is to stall.
    private func passes(_ carried: Int, _ count: Int) -> Bool {
        state.withLock { $0.bytes += count }
        guard carried > Self.faultAfterBytes else { return true }
        switch state.withLock({ $0.fault }) {
        case .none: return true
        case .cut: return false
        case .stall:
            state.withLock { $0.hasStalled = true }
            while state.withLock({ $0.fault == .stall && $0.isOpen }) { GCXLinux.pause(for: .milliseconds(10)) }
            return true
        }
    }

    static func thread(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(body))
        pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, box.toOpaque())
        pthread_detach(thread)
    }

    private final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// A connection to a port of this machine's loopback; nil when nobody listens there.
    static func connect(to port: UInt16) -> Int32? {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if result == 0 { return number }
        _ = Glibc.close(number)
        return nil
    }
}
