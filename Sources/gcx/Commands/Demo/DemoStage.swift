import FoundationEssentials
import GCXConfig
import GCXHardware
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire
import Glibc
import Synchronization
import UnixSignals

/// Where the demonstration plays: a directory, five keys, and two processes, all of which go when it ends.
final class DemoStage: Sendable {
    let directory: String
    private let keep: Bool
    private let processes = Mutex(DemoProcesses())
    private let isStruck = Mutex(false)

    init(keep: Bool) throws {
        self.keep = keep
        directory = Self.place(FileManager.default.temporaryDirectory.path)
        // The agent's user goes through it to what is its own.
        try Files.makeDirectories(directory, mode: 0o711)
    }

    /// A new name in the folder, or in /tmp where a socket's path could not be in the folder.
    private static func place(_ folder: String) -> String {
        let name = "gcx-demo-\(UUID().uuidString.prefix(8).lowercased())"
        let isFit = (try? Endpoint("unix:\(folder)/\(name)/ledger.sock")) != nil
        return "\(isFit ? folder : "/tmp")/\(name)"
    }

    var ledgerEndpoint: String { "unix:\(directory)/ledger.sock" }
    var agentEndpoint: String { "unix:\(directory)/run/agent.sock" }
    var database: String { "\(directory)/ledger.sqlite" }
    var passwordFile: String { "\(directory)/password" }
    func path(_ name: String) -> String { "\(directory)/\(name)" }

    /// A key in a real keystore file; cheap to unlock, for it guards play money for a minute.
    func makeKey(_ name: String) throws -> KeystoreCustody {
        let password = try Password.firstLine(of: passwordFile)
        let keystore = try Keystore.encrypt(PrivateKey.generate(), password: password, cost: .light)
        try KeystoreFile.write(keystore, to: path("\(name).json"))
        return try KeystoreCustody(path: path("\(name).json"), password: password)
    }

    func makePassword() throws {
        try DurableFile.write(Array("\(Digest.random())\n".utf8), to: passwordFile)
    }

    /// The configuration of both processes: the defaults, made small and quick.
    func writeConfiguration(benchmarkSeconds: UInt64) throws -> String {
        var configuration = Configuration()
        configuration.agent.stateDirectory = path("agent")
        configuration.agent.listen = [agentEndpoint]
        configuration.agent.helper = path("helper.sock")
        configuration.machine.keystore = path("machine.json")
        configuration.machine.passwordFile = passwordFile
        configuration.machine.grant = path("grant.json")
        configuration.ledger.endpoint = ledgerEndpoint
        configuration.ledger.listen = [ledgerEndpoint]
        configuration.ledger.database = database
        configuration.ledger.operatorKeystore = path("operator.json")
        configuration.ledger.operatorPasswordFile = passwordFile
        configuration.ledger.testNetwork = true
        configuration.benchmark.seconds = benchmarkSeconds
        configuration.benchmark.bytesMax = 64 << 20
        configuration.offer.memoryReservedBytes = 256 << 20
        configuration.offer.storageBytes = 1 << 30
        configuration.offer.receiptSeconds = 3
        configuration.offer.graceSeconds = 10
        configuration.offer.closeWindowSeconds = 10
        configuration.offer.creditLimit = Amount(200_000)
        configuration.offer.region = "here"
        configuration.job.sampleMilliseconds = 500
        configuration.probe.path = try probe()
        let file = path("gcx.toml")
        try DurableFile.write(Array(configuration.toml.utf8), to: file, mode: 0o644)
        return file
    }

    /// The probe, where the agent may run it: root's agent becomes nobody, and this program may lie in a folder of root's alone.
    private func probe() throws -> String {
        let own = try ProbeLocator.locate()
        guard geteuid() == 0 else { return own }
        let copy = path("gcx-probe")
        try FileManager.default.copyItem(atPath: own, toPath: copy)
        return copy
    }

    /// Starts this very program again, with its log in the directory.
    func start(_ name: String, _ arguments: [String]) throws {
        let tool = ChildProcess(try Programs.own, arguments)
        var child: Child? = try tool.startDetached(logPath: path("\(name).log"))
        processes.withLock { $0.put(&child, name) }
    }

    /// Whether a process has ended, with the end of its log.
    func lastWords(_ name: String) -> String? {
        guard processes.withLock({ $0.collect(name) }) else { return nil }
        return (try? Files.text(path("\(name).log"))).map { String($0.suffix(logExcerptCharacters)) } ?? ""
    }

    /// Stops one process and waits for its orderly end.
    func stop(_ name: String) {
        guard let child = processes.withLock({ $0.take(name) }) else { return }
        child.signal(SIGTERM)
        child.wait()
    }

    /// Ends what runs and removes what was made. Safe to call twice.
    func strike(showLogs: Bool = false) {
        let isFirst = isStruck.withLock { struck in
            defer { struck = true }
            return !struck
        }
        guard isFirst else { return }
        if showLogs { showLastLines() }
        // The agent before the ledger, so that it can post what it still has to say.
        stop("agent")
        stop("ledger")
        guard !keep else { return Terminal.complain("kept: \(directory)") }
        DemoLeftovers.end(below: path("agent"))
        try? Files.removeTree(directory)
    }

    private func showLastLines() {
        for name in ["ledger", "agent"] {
            guard let text = try? Files.text(path("\(name).log")), !text.isEmpty else { continue }
            Terminal.complain("--- the end of the \(name)'s log\n\(text.suffix(logExcerptCharacters))")
        }
    }

    /// Ctrl-C ends the demonstration as its end would.
    func endOnSignals() {
        Task {
            for await signal in await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup) {
                strike()
                exit(128 + signal.rawValue)
            }
        }
    }
}

/// Characters of a log that are shown when something went wrong.
private let logExcerptCharacters = 2_000

/// The processes of a demonstration that were not collected yet.
private struct DemoProcesses: ~Copyable {
    private var ledger: Child?
    private var agent: Child?

    mutating func put(_ child: inout Child?, _ name: String) {
        if name == "ledger" { ledger = child.take() } else { agent = child.take() }
    }

    mutating func take(_ name: String) -> Child? { name == "ledger" ? ledger.take() : agent.take() }

    /// Collects one that has ended; false while it runs.
    mutating func collect(_ name: String) -> Bool {
        guard name == "ledger" ? ledger?.hasEnded == true : agent?.hasEnded == true else { return false }
        take(name)?.wait()
        return true
    }
}
