import GCXAgent
import GCXConfig
import GCXLedger
import GCXLinux
import GCXModel
import GCXServer
import GCXSigning
import GCXTransport
import GCXWire
import Logging
import ServiceLifecycle
import Synchronization

/// Where the agent answers, and who may come in there.
struct AgentDoor {
    private let endpoints: [Endpoint]
    private let identity: ServerIdentity?
    /// What comes through relays, where the configuration names any.
    private let relayed: RelayedDoor?
    private let group: UInt32?
    /// The group that the configuration names and the machine does not have.
    private let missing: String?
    private let logger: Logger

    /// - Parameter key: who the agent is to other machines.
    init(_ agent: Configuration.Agent, key: some KeyCustody, logger: Logger) async throws {
        relayed = try RelayedDoor(agent.relays, key: key, logger: logger)
        endpoints = try agent.listen.map { try Endpoint($0) }
        identity = try await ServerIdentity.of(
            endpoints, told: agent.told, relays: agent.relayPlaces, key: key,
            own: OwnCertificate(agent.certificate, agent.certificateKey))
        group = UserGroup.number(of: agent.socketGroup)
        missing =
            endpoints.contains(where: \.isUnixSocket) && group == nil && !agent.socketGroup.isEmpty
            ? agent.socketGroup : nil
        self.logger = logger
    }

    /// Shows another certificate from now on: a new one, or what is in the owner's files now.
    func renew() async throws { try await identity?.renew(at: WallClock.seconds()) }

    /// A server that says when it listens.
    ///
    /// - Parameter isReachedByRelays: whether it takes what ``links(paying:on:)`` bring.
    func server(
        _ agent: any AgentHost, isReachedByRelays: Bool = false, onListening: @escaping @Sendable () -> Void = {}
    ) throws -> AgentServer {
        let entrance = isReachedByRelays ? relayed?.entrance : nil
        let open = DoorCount(entrance == nil ? endpoints.count : endpoints.count + 1)  // bounded: what a file names
        return try AgentServer(
            agent, at: endpoints, as: identity, socketGroup: group, relayed: entrance, logger: logger
        ) { [logger, missing] _ in
            guard open.isLast() else { return }
            if let missing {
                logger.notice(
                    "no buyer on this machine but root reaches the agent: there is no such group",
                    metadata: ["group": "\(missing)", "remedy": "groupadd --system \(missing)"])
            }
            ServiceNotify.ready()
            onListening()
        }
    }
}

extension AgentDoor {
    /// Keep the machine's connections to relays; none where it names none.
    ///
    /// - Parameters:
    ///   - agent: says what a relay may ask, in base units.
    ///   - ledger: where relays are paid that ask for it.
    func links(paying agent: Configuration.Agent, on ledger: any Ledger) -> [any Service] {
        guard var relayed else { return [] }
        relayed.pay(agent, on: ledger)
        return [relayed]
    }
}

/// Counts the places that are open, for whoever waits for the last.
final class DoorCount: Sendable {
    private let left: Mutex<Int>

    init(_ count: Int) { left = Mutex(count) }

    /// Called once for each place.
    func isLast() -> Bool {
        left.withLock { left in
            left -= 1  // bounded: places that a list holds
            return left == 0
        }
    }
}

extension ServerIdentity {
    /// What a server shows behind TLS; nil when none of its places is encrypted.
    static func of(
        _ endpoints: [Endpoint], told: [String], relays: [String] = [], key: some KeyCustody, own: OwnCertificate?
    ) async throws -> ServerIdentity? {
        guard endpoints.contains(where: \.isSecure) || !relays.isEmpty else { return nil }
        let places = ServerPlaces(
            endpoints: Configuration.reachable(told).map { Untrusted($0) }, relays: relays.map { Untrusted($0) })
        return try await ServerIdentity(
            for: places, by: key, protocols: ["http/1.1"], own: own, at: WallClock.seconds())
    }
}

extension OwnCertificate {
    /// Nil where the configuration names none.
    init?(_ certificate: String, _ key: String) {
        guard !certificate.isEmpty else { return nil }
        self.init(certificate: certificate, key: key)
    }
}
