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

/// Where the demonstration plays: a directory with one for each party, and their processes, all of which go when it ends.
final class DemoStage: Sendable {
    let directory: String
    private let keep: Bool
    private let processes = Mutex(DemoProcesses())
    private let isStruck = Mutex(false)
    /// The three, each at an address of its own.
    let ledger, provider, buyer: DemoParty

    init(keep: Bool) throws {
        self.keep = keep
        directory = Self.place(FileManager.default.temporaryDirectory.path)
        // The agent's user goes through it to what is its own.
        try Files.makeDirectories(directory, mode: 0o711)
        ledger = try DemoParty("ledger", "127.0.0.2", in: directory)
        provider = try DemoParty("provider", "127.0.0.3", in: directory)
        buyer = try DemoParty("buyer", "127.0.0.4", in: directory)
    }

    /// A new name in the folder, or in /tmp where a socket's path could not be in the folder.
    private static func place(_ folder: String) -> String {
        let name = "gcx-demo-\(UUID().uuidString.prefix(8).lowercased())"
        let isFit = (try? Endpoint("unix:\(folder)/\(name)/provider/run/agent.sock")) != nil
        return "\(isFit ? folder : "/tmp")/\(name)"
    }

    /// The configuration of the ledger's process.
    func configureLedger(_ place: SecurePlace) throws {
        var configuration = Configuration()
        configuration.ledger.listen = ["https://\(place)"]
        configuration.ledger.database = ledger.path("ledger.sqlite")
        configuration.ledger.operatorKeystore = ledger.path("operator.json")
        configuration.ledger.operatorPasswordFile = ledger.path("password")
        configuration.ledger.testNetwork = true
        try write(configuration, for: ledger)
    }

    /// The configuration of the agent's process: the defaults, made small and quick.
    func configureAgent(_ place: SecurePlace, ledger: DemoPlace, benchmarkSeconds: UInt64) throws {
        var configuration = Configuration()
        configuration.agent.stateDirectory = provider.path("agent")
        // The owner's own door, which no other party is told of but by the offer, and needs not.
        configuration.agent.listen = ["unix:\(provider.path("run/agent.sock"))", "https://\(place)"]
        configuration.agent.helper = provider.path("helper.sock")
        configuration.machine.keystore = provider.path("machine.json")
        configuration.machine.passwordFile = provider.path("password")
        configuration.machine.grant = provider.path("grant.json")
        configuration.ledger.endpoint = ledger.url
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
        try write(configuration, for: provider)
    }

    private func write(_ configuration: Configuration, for party: DemoParty) throws {
        try DurableFile.write(Array(configuration.toml.utf8), to: party.path("gcx.toml"), mode: 0o644)
    }

    /// The probe, where the agent may run it: root's agent becomes nobody, and this program may lie in a folder of root's alone.
    private func probe() throws -> String {
        let own = try ProbeLocator.locate()
        guard geteuid() == 0 else { return own }
        let copy = provider.path("gcx-probe")
        try FileManager.default.copyItem(atPath: own, toPath: copy)
        return copy
    }

    /// Starts a program of a party's, with its log in the party's directory; its standard error apart where that is named.
    func start(_ party: DemoParty, _ arguments: [String], error: String? = nil) throws {
        var program = try party.program(arguments)
        let apart = try error.map { try OpenFile(FileDescriptor.open(party.path($0), O_WRONLY | O_CREAT | O_APPEND)) }
        if let apart { program.descriptors = [(apart.number, STDERR_FILENO)] }
        var child: Child? = try program.startDetached(logPath: log(of: party))
        processes.withLock { $0.put(&child, party.name) }
        withExtendedLifetime(apart) {}
    }

    func log(of party: DemoParty) -> String { party.path("log") }

    /// How a party's program has ended; nil while it runs.
    func end(of party: DemoParty) -> WaitStatus? { processes.withLock { $0.collect(party.name) } }

    /// The end of what a party's program wrote.
    func lastWords(_ party: DemoParty) -> String {
        (try? Files.text(log(of: party))).map { String($0.suffix(logExcerptCharacters)) } ?? ""
    }

    /// Stops a party's program and waits for its orderly end.
    func stop(_ party: DemoParty) {
        guard let child = processes.withLock({ $0.take(party.name) }) else { return }
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
        // The buyer ends its job; the agent before the ledger, so that it can post what it still has to say.
        for party in [buyer, provider, ledger] { stop(party) }
        guard !keep else { return Terminal.complain("kept: \(directory)") }
        DemoLeftovers.end(below: provider.path("agent"))
        try? Files.removeTree(directory)
    }

    private func showLastLines() {
        for party in [ledger, provider] where !lastWords(party).isEmpty {
            Terminal.complain("--- the end of the \(party.name)'s log\n\(lastWords(party))")
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

/// The processes of a demonstration that were not collected yet, by whose they are.
private struct DemoProcesses: ~Copyable {
    private var ledger: Child?
    private var provider: Child?
    private var buyer: Child?

    mutating func put(_ child: inout Child?, _ name: String) {
        switch name {
        case "ledger": ledger = child.take()
        case "provider": provider = child.take()
        default: buyer = child.take()
        }
    }

    mutating func take(_ name: String) -> Child? {
        switch name {
        case "ledger": ledger.take()
        case "provider": provider.take()
        default: buyer.take()
        }
    }

    /// Collects one that has ended, or was never started; nil while it runs.
    mutating func collect(_ name: String) -> WaitStatus? {
        var child = take(name)
        if child?.hasEnded == false {
            put(&child, name)
            return nil
        }
        return child.take()?.wait() ?? .exited(0)
    }
}
