import GCXAgent
import GCXLinux
import GCXModel
import GCXRelay
import GCXSigning
import GCXTransport
import GCXWire
import Logging
import ServiceLifecycle

/// Where buyers come in through relays: the machine dials the relays, and what they pass on goes to a door of the agent's own
/// server, which ends the encryption as it does for whoever comes straight.
struct RelayedDoor: Service {
    /// Where the agent's server takes what relays pass on: nobody else on this machine needs it, and it costs them nothing.
    static let endpoint = Endpoint.secure(SecurePlace(host: "127.0.0.1", port: 0))

    private let relays: [NamedRelay]
    private let key: any KeyCustody
    private let logger: Logger
    private let doors: AsyncStream<UInt16>
    private let opened: AsyncStream<UInt16>.Continuation

    /// - Parameter words: `HOST:PORT#0xRELAY` each, as the configuration checked them.
    /// - Returns: nil for none.
    init?(_ words: [String], key: any KeyCustody, logger: Logger) throws {
        guard !words.isEmpty else { return nil }
        relays = try words.map { try NamedRelay($0) }
        (self.key, self.logger) = (key, logger)
        (doors, opened) = AsyncStream.makeStream(of: UInt16.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Tells where the server answers; other places than its own are none of its business.
    func isOpen(at endpoint: Endpoint) {
        guard case .secure(let place) = endpoint, case .secure(let own) = Self.endpoint, place.host == own.host else {
            return
        }
        opened.yield(place.port)
    }

    func run() async throws {
        let port = await cancelWhenGracefulShutdown { await doors.first { _ in true } }
        guard let port else { return }
        try await RelayLink(settings, custody: key, acceptor: LocalForward.acceptor(toLoopback: port)) {
            [logger] event in
            Self.say(event, logger)
        }.run()
    }

    private var settings: RelayLink.Settings {
        var settings = RelayLink.Settings(relays: relays.map(\.address), clock: WallClock.seconds)
        let signers = Dictionary(relays.map { ($0.address, $0.signer) }) { first, _ in first }
        // bounded: a dictionary
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
