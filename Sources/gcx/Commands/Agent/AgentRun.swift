import ArgumentParser
import FoundationEssentials
import GCXAgent
import GCXBenchmark
import GCXClient
import GCXConfig
import GCXHardware
import GCXHelper
import GCXJSON
import GCXLedger
import GCXLinux
import GCXModel
import GCXSandbox
import GCXSigning
import GCXWire
import Glibc
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// `gcx agent run`: the services, in start order, until SIGTERM.
struct AgentRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run the agent until it is told to stop; jobs go on without it and are found again.")

    @Option(help: "The configuration file.")
    var config = "/etc/gcx/gcx.toml"

    func run() async throws {
        // Before anything else: from now on a hang-up ends nothing.
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        let path = config
        let start = try AgentStart.made.withLock { $0 } ?? AgentStart(path: path)
        defer { start.own?.letGo() }
        let (configuration, papers, helper) = (start.configuration, start.papers, start.helper)
        let logger = Logs.make("gcx.agent", level: configuration.agent.logLevel)
        let ledger = HTTPLedger(try ServerAddress(configuration.ledger.endpoint))
        let door = try await AgentDoor(configuration.agent, key: papers.key, logger: logger)
        let state = try AgentState(configuration.unpriced.settings)
        guard
            let identity = try await papers.identity(
                knowing: state, andMoney: !configuration.typed.isEmpty, on: ledger, door, logger: logger)
        else { return logger.info("agent stopped before its ledger answered") }
        let domain = identity.domain
        let priced = try await configuration.priced(knowing: state, domain, on: ledger, name: path)
        let settings = try priced.settings
        let assembly = try AgentAssembly(
            state, settings: settings, identity: identity, ledger: ledger, driver: helper,
            measurer: try configuration.measurer, logger: logger)
        await assembly.begin()
        let reload = ReloadService(.agent, hangups, running: configuration, logger: logger) { () throws(ConfigError) in
            try Configuration.load(path: path)
        } adopt: {
            let new = try await $0.adopted.priced(knowing: state, domain, on: ledger, name: path)
            try await door.renew()
            try helper.reload()
            await assembly.adopt(try new.settings, waiting: $0.waitingText)
        }
        logger.info("agent started", metadata: ["machine": "\(identity.machine.address.checksummed)"])
        try await Services.run(
            assembly.services + [reload, try door.server(assembly.core, isReachedByRelays: true)]
                + door.links(paying: priced.agent, on: ledger) + [NotifyService()],
            logger: logger)
        try assembly.settle()
        logger.info("agent stopped")
    }
}

extension AgentRun {
    /// What root does for an agent, and that it does no more. Once the program waits its first thread ends, and no call
    /// reaches that one any more: it would stay root's.
    func giveUpRoot() throws {
        guard geteuid() == 0 else { return }
        signal(SIGHUP, SIG_IGN)
        let start = try AgentStart(path: config)
        AgentStart.made.withLock { $0 = start }
    }
}

/// What an agent has before it hears of anybody.
struct AgentStart: Sendable {
    let configuration: Configuration
    let papers: MachinePapers
    let helper: HelperClient
    let own: OwnHelper?

    /// The one with which this process gave up root.
    static let made = Mutex<AgentStart?>(nil)

    init(path: String) throws {
        configuration = try Configuration.load(path: path)
        papers = try MachinePapers(configuration.machine)
        (helper, own) = try AgentRights(configuration: configuration, path: path).settle()
    }
}

/// What makes this machine an agent: its key, and its owner's word for it.
struct MachinePapers {
    let key: KeystoreCustody
    let grant: Signed<MachineGrant>

    init(_ machine: Configuration.Machine) throws {
        key = try KeystoreCustody(
            path: machine.keystore, password: try Password.read(machine.passwordFile, for: machine.keystore))
        grant = try Documents.read(machine.grant, what: "machine grant")
    }

    /// Who the agent is on its ledger. One that it has never met is asked; where that does not answer yet, the agent says so to
    /// whoever asks, and waits.
    ///
    /// - Parameter needsMoney: whether prices are written in its currency, which the ledger has to say once.
    /// - Returns: nil when it was told to stop before.
    func identity(
        knowing state: AgentState, andMoney needsMoney: Bool, on ledger: HTTPLedger, _ door: AgentDoor, logger: Logger
    ) async throws -> AgentIdentity? {
        let known = try state.identity(machine: key, grant: grant)
        if let known, try !needsMoney || state.currency(of: known.domain) != nil { return known }
        let wait = LedgerWait(ledger, logger: logger)
        if await !wait.ask() {
            let stand = WaitingAgent(
                machine: key.address, grant: grant.document, startedAt: WallClock.seconds(), wait: wait)
            try await Services.run(
                [try door.server(stand), NotifyService(saysStop: false)], until: wait, logger: logger)
        }
        guard let found = wait.found else { return nil }
        try state.remember(found.money, of: found.domain)
        return try known ?? AgentIdentity(machine: key, grant: grant, domain: found.domain)
    }
}

/// Runs services until SIGTERM or SIGINT; then they stop in the reverse order.
enum Services {
    /// - Parameter end: a service whose end stops the others too.
    static func run(_ services: [any Service], until end: (any Service)? = nil, logger: Logger) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        if let end {
            configuration.services.append(.init(service: end, successTerminationBehavior: .gracefullyShutdownGroup))
        }
        configuration.maximumGracefulShutdownDuration = stopTimeout
        try await ServiceGroup(configuration: configuration).run()
    }

    /// An orderly stop writes one receipt a lease and posts the outbox; what takes longer is cut, and recovered at the
    /// next start.
    private static let stopTimeout: Duration = .seconds(20)
}

enum Logs {
    /// One event a line on standard error, which the service manager keeps.
    static func make(_ label: String, level: String) -> Logger {
        LogLevel.shared.set(level)
        return Logger(label: label) {
            // What is shown is decided in one place.
            var stream = StreamLogHandler.standardError(label: $0)
            stream.logLevel = .trace
            return SafeLogHandler(stream)
        }
    }
}

/// Documents in files.
enum Documents {
    static func read<Value: Decodable>(_ path: String, what: String) throws -> Value {
        let bytes: [UInt8]
        do { bytes = try Files.bytes(path) } catch {
            throw CommandError("the \(what) cannot be read: \(error.description)", fix: error.instruction)
        }
        do { return try StrictJSON.decode(Value.self, from: bytes) } catch {
            throw CommandError("\(path) is not a \(what): \(error.description)", fix: "Name the file of a \(what).")
        }
    }

    /// Writes a new file: what was signed before may be all that somebody has.
    static func write(_ value: some Encodable, to path: String) throws {
        try Writable.requireNewFile(path)
        try DurableFile.write(try CanonicalJSON.readable(value) + [10], to: path, mode: 0o644)
    }
}

extension Configuration {
    /// The agent's settings from the owner's file.
    var settings: AgentSettings {
        get throws {
            precondition(typed.isEmpty, "prices are in base units before anything is offered")
            var settings = AgentSettings(
                stateDirectory: agent.stateDirectory,
                sampleInterval: .milliseconds(Int64(job.sampleMilliseconds)),  // bounded: a setting of a minute at most
                // bounded: a setting, the configuration bounds it
                stopGraceMilliseconds: job.stopGraceSeconds * 1_000, logBytesMax: job.logBytesMax,
                logKeep: LogKeep(rawValue: job.logKeep) ?? .end, imageBytesMax: job.imageBytesMax,
                inputBytesMax: job.inputBytesMax, pidsDefault: job.pidsMax,
                probeInterval: .seconds(Int64(clamping: probe.intervalSeconds)), offer: policy, jobs: jobPolicy)
            settings.images = imageSettings
            settings.network = networkPolicy
            return settings
        }
    }

    private var jobPolicy: JobPolicy {
        var policy = JobPolicy()
        policy.exclusiveCores = job.exclusiveCores
        policy.ioBytesPerSecond = job.ioBytesPerSecond
        policy.ioOperationsPerSecond = job.ioOperationsPerSecond
        policy.outputKeepSeconds = job.outputKeepSeconds
        policy.historySeconds = job.historySeconds
        policy.gpus = job.gpus
        policy.outputBytesMax = job.outputBytesMax
        policy.inputURLsAllow = job.inputURLsAllow
        policy.inputCertificates = job.inputCertificates
        return policy
    }

    private var policy: OfferPolicy {
        OfferPolicy(
            region: offer.region, coresReserved: UInt32(clamping: offer.coresReserved),
            memoryReservedBytes: offer.memoryReservedBytes, storageBytes: offer.storageBytes,
            // bounded: the configuration has them in order, `validate` sees to it
            leaseSeconds: offer.leaseSecondsMin...offer.leaseSecondsMax, receiptSeconds: offer.receiptSeconds,
            graceSeconds: offer.graceSeconds, closeWindowSeconds: offer.closeWindowSeconds,
            creditLimit: offer.creditLimit, validSeconds: offer.validSeconds,
            rates: Rates(
                leaseHour: price.leaseHour, coreHour: price.coreHour, memoryGiBHour: price.memoryGiBHour,
                gpuHour: price.gpuHour, storageGiBHour: price.storageGiBHour, egressGiB: price.egressGiB),
            allow: offer.allow, deny: offer.deny, conduct: conduct)
    }

    /// A buyer reaches the agent where it listens, or where its owner says that others do.
    private var conduct: OfferConduct {
        OfferConduct(
            endpoints: agent.told.map { Untrusted($0) }, signSeconds: offer.signSeconds, idleSeconds: offer.idleSeconds,
            reservationPercent: UInt32(clamping: price.reservationPercent))
    }

    var measurer: ProbeMeasurer {
        get throws {
            let path = probe.path.isEmpty ? try ProbeLocator.locate() : probe.path
            let directory = benchmark.directory.isEmpty ? agent.stateDirectory : benchmark.directory
            let plan =
                benchmark.enabled
                ? try BenchmarkPlan(
                    seconds: Double(benchmark.seconds), directory: directory, bytesMax: benchmark.bytesMax) : nil
            return ProbeMeasurer(
                probe: HardwareProbe(executable: path, timeout: .seconds(Int64(clamping: probe.timeoutSeconds))),
                plan: plan)
        }
    }
}

/// The other programs of gcx: beside this one, or in `../libexec/gcx`.
enum Programs {
    /// This very program.
    static var own: String {
        get throws {
            guard let path = unsafe realpath("/proc/self/exe", nil) else {
                throw CommandError("/proc/self/exe does not say which program this is", fix: "Mount /proc.")
            }
            defer { unsafe free(path) }
            return unsafe String(cString: path)
        }
    }

    static func beside(_ name: String) throws -> String {
        let folder = try own.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        let places = ["\(folder)/\(name)", "\(folder)/../libexec/gcx/\(name)"]
        guard let found = places.first(where: { Files.exists($0) }) else {
            throw CommandError(
                "\(name) is neither at \(places.joined(separator: " nor at "))", fix: "Install gcx with `make install`."
            )
        }
        return found
    }
}
