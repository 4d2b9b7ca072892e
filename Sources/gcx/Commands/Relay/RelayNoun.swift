import ArgumentParser
import GCXAgent
import GCXClient
import GCXConfig
import GCXLedger
import GCXLinux
import GCXModel
import GCXRelay
import GCXSigning
import GCXTransport
import GCXWire
import Logging

/// `gcx relay`: a place through which machines are reached that nobody can dial.
struct RelayNoun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "relay", abstract: "Let machines behind routers be reached; a relay sees only ciphertext.",
        subcommands: [RelayServe.self])
}

/// `gcx relay serve`.
struct RelayServe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Pass buyers' connections on to machines that registered, until told to stop.",
        discussion: """
            A machine dials this relay and registers with its key. A buyer connects here with TLS and names the machine in the \
            handshake; all that follows is between those two. With a price (relay.price_gib_base_units) machines lease a place here on \
            the ledger at ledger.endpoint, and pay for what passes.
            """)

    @Option(help: "The configuration file; its table [relay] counts.")
    var config = "/etc/gcx/gcx.toml"

    func run() async throws {
        let configuration = try Configuration.load(path: config)
        let logger = Logs.make("gcx.relay", level: configuration.agent.logLevel)
        var settings = try Self.settings(configuration.relay)
        let key = try KeystoreCustody(
            path: configuration.relay.keystore,
            password: try Password.read(configuration.relay.passwordFile, for: configuration.relay.keystore))
        let identity = try await ServerIdentity(
            for: ServerPlaces(endpoints: [Untrusted("https://\(settings.name)")]), by: key,
            protocols: [RegistrationLines.greeting, LookLines.greeting], at: WallClock.seconds())
        settings.security = { channel in try identity.encrypt(channel) { _ in } }
        let toll = try await RelayToll.house(configuration, name: config, key: key, logger: logger)
        settings.toll = toll
        let name = settings.name
        let relay = Relay(settings, logger: logger) { _ in
            logger.info("relay started", metadata: ["relay": "\(name)#\(key.address.checksummed)"])
            ServiceNotify.ready()
        }
        let renewal = Task {
            await identity.keepRenewed(now: WallClock.seconds) { error in
                logger.warning("TLS key not renewed", metadata: ["error": "\(ForeignError.words(error))"])
            }
        }
        defer { renewal.cancel() }
        // Machines vouch for what passed before the relay closes their connections.
        try await Services.run([relay] + (toll.map { [$0] } ?? []) + [NotifyService()], logger: logger)
        logger.info("relay stopped")
    }

    static func settings(_ table: Configuration.Relay) throws -> Relay.Settings {
        guard !table.name.isEmpty else {
            throw CommandError(
                "relay.name is empty, and machines sign the name of the relay that they register at",
                fix: "Set it to the HOST:PORT by which machines dial this relay.")
        }
        let listen = try RelayAddress(table.listen)
        var settings = Relay.Settings(
            name: try RelayAddress(table.name).description, host: listen.host, port: listen.port
        ) { WallClock.seconds() }
        settings.takesPlainMachines = table.plainMachines
        settings.limits.machines = Int(clamping: table.machinesMax)
        settings.limits.tunnels = Int(clamping: table.connectionsMax)
        settings.limits.tunnelsOfPeer = Int(clamping: table.connectionsPerPeerMax)
        settings.limits.bytesOfMachine.perSecond = Int(clamping: table.machineBytesPerSecond)
        settings.limits.idleTime = .seconds(Int64(clamping: table.idleSeconds))
        return settings
    }
}

/// A relay's price, where its owner asks for one.
enum RelayToll {
    private static let priceKey = "relay.price_gib_base_units"

    /// - Parameter name: the configuration's file.
    /// - Returns: nil where nothing is asked.
    static func house(
        _ configuration: Configuration, name: String, key: some KeyCustody, logger: Logger
    ) async throws -> TollHouse? {
        let isTyped = configuration.typed[priceKey] != nil  // bounded: a dictionary
        guard isTyped || configuration.relay.priceGiB > .zero else { return nil }
        let ledger = HTTPLedger(try ServerAddress(configuration.ledger.endpoint))
        let relay =
            isTyped
            ? try configuration.priced(in: try await ledger.identity().money, name: name).relay : configuration.relay
        let grant: Signed<MachineGrant> = try Documents.read(relay.grant, what: "machine grant")
        guard grant.document.machine == key.address else {
            throw CommandError(
                "\(relay.grant) is for \(grant.document.machine.checksummed), and the relay is \(key.address.checksummed)",
                fix: "Make one with `gcx key grant --machine \(key.address.checksummed)`.")
        }
        let settings = TollHouse.Settings(
            price: relay.priceGiB, places: Int(clamping: relay.machinesMax), folder: "\(relay.stateDirectory)/machines")
        return TollHouse(settings, key: key, grant: grant, ledger: ledger) {
            logger.warning("not paid yet", metadata: ["error": "\($0)"])
        }
    }
}
