import GCXLinux
import Glibc
import Testing

/// A relay on a host of its own, with its key, which can be killed and started again.
final class RelayHost {
    /// By which machines and buyers dial it.
    let place: String
    /// Nil for this one.
    private let namespace: String?
    private let folder: TemporaryDirectory
    /// Its address.
    let key: String
    private let settings: String
    private var pid: pid_t?

    convenience init(_ host: Internet.Host, of internet: Internet) throws {
        try self.init(at: "\(host.address ?? ""):443", in: internet.namespace(of: host))
    }

    /// Makes the relay's key and its configuration; nothing runs yet.
    ///
    /// - Parameter listen: where it answers, when somebody else answers at its place and passes on to it.
    init(at place: String, listen: String? = nil, in namespace: String? = nil) throws {
        (self.place, self.namespace) = (place, namespace)
        folder = try TemporaryDirectory("gcx-relay")
        let (password, keystore) = ("\(folder.path)/password", "\(folder.path)/relay.json")
        try DurableFile.write("a word for a test\n".utf8, to: password)
        let made = try ChildProcess(
            Gcx.program, ["key", "new", "--light", "--password-file", password, "--out", keystore],
            environment: ChildProcess.plainEnvironment
        ).run()
        key = made.filter { !$0.isWhitespace }
        settings = [
            "name": place, "listen": listen ?? place, "keystore": keystore, "password_file": password,
        ].map { "\($0) = \"\($1)\"\n" }.joined()
        try DurableFile.write("[relay]\n\(settings)".utf8, to: "\(folder.path)/gcx.toml")
    }

    deinit { kill() }

    /// As a machine names it.
    var named: String { "\(place)#\(key)" }
    var log: String { (try? Files.text("\(folder.path)/log")) ?? "" }

    /// Bytes that it has read since it was started; nil when it does not run.
    var bytesRead: UInt64? { pid.flatMap { ProcessFigures.bytesRead(by: $0) } }
    /// KiB that it has held at the most; nil when it does not run.
    var peakKiB: UInt64? { pid.flatMap { ProcessFigures.peakKiB(of: $0) } }

    func start() throws {
        let words = ["relay", "serve", "--config", "\(folder.path)/gcx.toml"]
        let environment = ChildProcess.plainEnvironment
        let tool =
            if let namespace {
                ChildProcess("nsenter", ["--net=\(namespace)", Gcx.program] + words, environment: environment)
            } else {
                ChildProcess(Gcx.program, words, environment: environment)
            }
        pid = try tool.spawnDetached(logPath: "\(folder.path)/log")
    }

    /// Asks to be paid from its next start on.
    ///
    /// - Parameters:
    ///   - price: base units for each GiB.
    ///   - ledger: as other machines name it.
    ///   - grant: the file with its owner's word for its key.
    func charge(_ price: UInt64, on ledger: String, _ grant: String) throws {
        let paid = "price_gib_base_units = \(price)\ngrant = \"\(grant)\"\nstate_directory = \"\(folder.path)/state\"\n"
        let text = "[relay]\n\(settings)\(paid)[ledger]\nendpoint = \"\(ledger)\"\n"
        try DurableFile.write(text.utf8, to: "\(folder.path)/gcx.toml")
    }

    /// Ends it in order; how it ended.
    func stop() -> WaitStatus? {
        guard let pid else { return nil }
        Glibc.kill(pid, SIGTERM)
        self.pid = nil
        return ChildProcess.wait(pid)
    }

    /// Ends it at once, as a power cut would.
    func kill() {
        guard let pid else { return }
        Glibc.kill(pid, SIGKILL)
        _ = ChildProcess.wait(pid)
        self.pid = nil
    }
}
