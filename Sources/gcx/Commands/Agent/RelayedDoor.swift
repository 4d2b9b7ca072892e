import GCXAgent
import GCXConfig
import GCXLedger
import GCXLinux
import GCXModel
import GCXRelay
import GCXServer
import GCXSigning
import GCXTransport
import GCXWire
import Logging
import ServiceLifecycle

/// Where buyers come in through relays: the machine dials the relays, and what they pass on goes to a door of the agent's own
/// server, which ends the encryption as it does for whoever comes straight.
struct RelayedDoor: Service {
    /// Where the agent's server takes what relays pass on.
    let entrance = RelayedEntrance()
    private let relays: [NamedRelay]
    private let key: any KeyCustody
    /// Who pays each relay that asks for it.
    private var payers: [RelayAddress: TollPayer] = [:]
    private let logger: Logger

    /// - Parameter words: `HOST:PORT#0xRELAY` each, as the configuration checked them.
    /// - Returns: nil for none.
    init?(_ words: [String], key: any KeyCustody, logger: Logger) throws {
        guard !words.isEmpty else { return nil }
        relays = try words.map { try NamedRelay($0) }
        (self.key, self.logger) = (key, logger)
    }

    /// Pays relays from now on that ask no more than the owner allows.
    mutating func pay(_ agent: Configuration.Agent, on ledger: any Ledger) {
        let payers = relays.map { relay in
            let payer = TollPayer(
                relay: relay.signer, priceMax: agent.relayMaxPriceGiB, key: key, ledger: ledger,
                folder: "\(agent.stateDirectory)/relays")
            return (relay.address, payer)
        }
        self.payers = Dictionary(payers) { first, _ in first }
    }

    func run() async throws {
        let port = await cancelWhenGracefulShutdown { await entrance.ports.first { _ in true } }
        guard let port else { return }
        try await RelayLink(settings, custody: key, acceptor: acceptor(to: port)) { [logger] event in
            Self.say(event, logger)
        }.run()
    }

    private func acceptor(to port: UInt16) throws -> StreamAcceptor {
        let numbers = Dictionary(zip(relays.map(\.address), UInt8(0)...)) { first, _ in first }
        return try LocalForward.acceptor(toLoopback: port) { [entrance] port, origin in
            // bounded: a dictionary
            guard let relay = numbers[origin.relay] else { return }
            entrance.announce(port: port, relay: relay, network: origin.peer.bytes)
        }
    }

    private var settings: RelayLink.Settings {
        var settings = RelayLink.Settings(relays: relays.map(\.address), clock: WallClock.seconds)
        let signers = Dictionary(relays.map { ($0.address, $0.signer) }) { first, _ in first }
        // bounded here: dictionaries
        settings.payer = { [payers] address in payers[address] }
        settings.security = { address in RelaySecurity.of(signers[address], RegistrationLines.greeting) }
        return settings
    }

    private static func say(_ event: LinkEvent, _ logger: Logger) {
        switch event {
        case .connected(let relay, let latency):
            logger.info("relay connected", metadata: ["relay": "\(relay)", "latency": "\(latency.words)"])
        case .lost(let relay): logger.notice("relay lost", metadata: ["relay": "\(relay)"])
        case .failed(let relay, let error):
            logger.warning(
                "relay not reached",
                metadata: [
                    "relay": "\(relay)", "error": "\(error.description)", "remedy": "\(error.remedy.instruction)",
                ])
        }
    }
}

/// The dialling side of TLS to a relay.
enum RelaySecurity {
    /// - Parameters:
    ///   - signer: whose relay it has to be.
    ///   - greeting: what is spoken inside.
    static func of(_ signer: Address?, _ greeting: String) -> LinkSecurity {
        { channel, onFailure in
            guard let signer else { throw RelayError.closed }
            try Handshake.encrypt(
                channel, as: BindingExpectation(signer: signer), protocols: [greeting], at: WallClock.seconds()
            ) { onFailure($0.description) }
        }
    }
}
