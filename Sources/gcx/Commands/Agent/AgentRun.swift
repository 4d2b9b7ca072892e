import ArgumentParser
import FoundationEssentials
import GCXAgent
import GCXBenchmark
import GCXClient
import GCXConfig
import GCXHardware
import GCXLedger
import GCXLinux
import GCXModel
import GCXSandbox
import GCXServer
import GCXSigning
import GCXWire
import Glibc
import Logging
import ServiceLifecycle

/// `gcx agent run`: the services, in start order, until SIGTERM.
struct AgentRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run the agent until it is told to stop; jobs go on without it and are found again.")

    @Option(help: "The configuration file.")
    var config = "/etc/gcx/gcx.toml"

    func run() async throws {
        let configuration = try Configuration.load(path: config)
        let logger = Logs.make("gcx.agent", level: configuration.agent.logLevel)
        let ledger = HTTPLedger(try Endpoint(configuration.ledger.endpoint))
        let identity = try await Identities.agent(configuration.machine, ledger: ledger, logger: logger)
        let assembly = try AgentAssembly(
            settings: try configuration.settings, identity: identity, ledger: ledger,
            measurer: try configuration.measurer, logger: logger)
        let server = try AgentServer(assembly.core, at: try Endpoint(configuration.agent.listen), logger: logger) { _ in
            ServiceNotify.ready()
        }
        logger.info("agent started", metadata: ["machine": "\(identity.machine.address.checksummed)"])
        try await Services.run(assembly.services + [server, NotifyService()], logger: logger)
        try assembly.settle()
        logger.info("agent stopped")
    }
}

/// Runs services until SIGTERM or SIGINT; then they stop in the reverse order.
enum Services {
    static func run(_ services: [any Service], logger: Logger) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
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
        var logger = Logger(label: label) { SafeLogHandler(StreamLogHandler.standardError(label: $0)) }
        logger.logLevel = Logger.Level(rawValue: level) ?? .info
        return logger
    }
}

enum Identities {
    /// The machine's key, its grant, and the ledger they are good for. Waits for a ledger that is still starting.
    static func agent(
        _ machine: Configuration.Machine, ledger: HTTPLedger, logger: Logger
    ) async throws -> AgentIdentity {
        let key = try KeystoreCustody(
            path: machine.keystore, password: try Password.read(machine.passwordFile, for: machine.keystore))
        let grant: Signed<MachineGrant> = try Documents.read(machine.grant, what: "machine grant")
        let domain = try await domain(ledger, logger: logger)
        return try AgentIdentity(machine: key, grant: grant, domain: domain)
    }

    private static func domain(_ ledger: HTTPLedger, logger: Logger) async throws -> EIP712Domain {
        for _ in 1..<ledgerTries {  // bounded: a constant
            do { return try await ledger.identity().domain } catch {
                logger.warning("ledger not there yet", metadata: ["error": "\(error.description)"])
                try await Task.sleep(for: .seconds(1))
            }
        }
        return try await ledger.identity().domain
    }

    /// One try a second: as long as a ledger with a million entries takes to open.
    private static let ledgerTries = 30
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
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try DurableFile.write(Array(try encoder.encode(value)) + [10], to: path, mode: 0o644)
    }
}

extension Configuration {
    /// The agent's settings from the owner's file.
    var settings: AgentSettings {
        get throws {
            var settings = AgentSettings(
                stateDirectory: agent.stateDirectory, supervisorPath: try Programs.beside("gcx-supervisor"),
                runtime: job.runtime == "auto" ? nil : job.runtime,
                cgroupBase: job.cgroupBase.isEmpty ? nil : job.cgroupBase,
                sampleInterval: .milliseconds(Int64(job.sampleMilliseconds)),  // bounded: a setting of a minute at most
                // bounded: a setting, the configuration bounds it
                stopGraceMilliseconds: job.stopGraceSeconds * 1_000, logBytesMax: job.logBytesMax,
                logKeep: LogKeep(rawValue: job.logKeep) ?? .end, imageBytesMax: job.imageBytesMax,
                inputBytesMax: job.inputBytesMax, pidsDefault: job.pidsMax,
                probeInterval: .seconds(Int64(clamping: probe.intervalSeconds)), offer: policy, jobs: jobPolicy)
            settings.images = images
            settings.network = networkPolicy
            return settings
        }
    }

    private var images: ImageSettings {
        ImageSettings(
            unpackedBytesMax: job.imageBytesMax, storeBytesMax: image.storeBytesMax,
            policy: ImagePolicy(
                allow: image.allow.compactMap(ImageRule.init), deny: image.deny.compactMap(ImageRule.init),
                policyFile: image.policyFile.isEmpty ? nil : image.policyFile,
                authFile: image.authFile.isEmpty ? nil : image.authFile, insecureRegistries: image.insecureRegistries))
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

    /// Nil when the owner gives jobs no network.
    var networkPolicy: NetworkPolicy? {
        guard network.egressEnabled, let pool = IPv4Network(network.pool) else { return nil }
        // bounded: the configuration has them in order, `validate` sees to it
        let ports = UInt16(clamping: network.publishPortFirst)...UInt16(clamping: network.publishPortLast)
        return NetworkPolicy(
            pool: pool, bytesPerSecond: network.bytesPerSecond, connectionsMax: network.connectionsMax,
            dnsServers: network.dnsServers, deny: network.deny, allow: network.allow,
            publishAddresses: network.publishAddresses, publishPorts: ports)
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

    /// A buyer on this machine reaches the agent where it listens; nothing else can be reached yet.
    private var conduct: OfferConduct {
        OfferConduct(
            endpoints: [Untrusted(agent.listen)], signSeconds: offer.signSeconds, idleSeconds: offer.idleSeconds,
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
            guard let path = realpath("/proc/self/exe", nil) else {
                throw CommandError("/proc/self/exe does not say which program this is", fix: "Mount /proc.")
            }
            defer { free(path) }
            return String(cString: path)
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
