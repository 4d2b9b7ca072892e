package import GCXAgent
package import GCXTransport
package import GCXWire
package import Logging
import ServiceLifecycle

/// Lets buyers and the owner speak to the agent.
///
/// On a unix socket a call without a session is the owner's when the kernel says that root, or the agent's own user, made
/// the connection. Whoever else may open the socket is a stranger there, as everybody is over TCP: every call but the
/// status, a proposal and a voucher needs a session, which the agent checks. A proposal and a voucher carry signatures of
/// their own.
package struct AgentServer: Service {
    private let agent: any AgentHost
    private var services: [HTTPService]
    private let logger: Logger
    /// Which peers are the owner.
    private var isOwner: @Sendable (Peer) -> Bool = \.isOwner

    /// - Parameters:
    ///   - endpoints: where it answers, all at once.
    ///   - identity: who it is behind TLS; needed where one of the endpoints is encrypted.
    ///   - socketGroup: the users who may open the socket besides the agent's own, by the number of their group; the
    ///     socket has mode 0660 then. Of no effect on a port.
    ///   - relayed: a further door, for what relays pass on.
    ///   - onListening: called at each endpoint once connections are accepted, with the real port where 0 was given.
    /// - Throws: ``ServingError/socketModeTooOpen(path:mode:)`` when `socketMode` has rights for others.
    package init(
        _ agent: any AgentHost, at endpoints: [Endpoint], as identity: ServerIdentity? = nil,
        socketMode: UInt32 = 0o600, socketGroup: UInt32? = nil, relayed: RelayedEntrance? = nil, logger: Logger,
        onListening: @escaping @Sendable (Endpoint) async -> Void = { _ in }
    ) throws(ServingError) {
        for case .unix(let path) in endpoints where socketMode & 0o007 != 0 {
            throw .socketModeTooOpen(path: path, mode: socketMode)
        }
        self.agent = agent
        self.logger = logger
        services = endpoints.map {
            HTTPService(
                endpoint: $0, socketMode: socketGroup == nil ? socketMode : 0o660, socketGroup: socketGroup,
                identity: identity, logger: logger, onListening: onListening)
        }
        guard let relayed else { return }
        services.append(
            HTTPService(
                endpoint: RelayedEntrance.endpoint, socketMode: socketMode, identity: identity, entrance: relayed,
                logger: logger, onListening: onListening))
    }

    /// One that answers at one place.
    package init(
        _ agent: any AgentHost, at endpoint: Endpoint, socketMode: UInt32 = 0o600, socketGroup: UInt32? = nil,
        logger: Logger, onListening: @escaping @Sendable (Endpoint) async -> Void = { _ in }
    ) throws(ServingError) {
        try self.init(
            agent, at: [endpoint], socketMode: socketMode, socketGroup: socketGroup, logger: logger,
            onListening: onListening)
    }

    /// Serves until a graceful shutdown. Throws ``ServingError``.
    package func run() async throws {
        let routes = AgentRoutes(agent: agent, isOwner: isOwner)
        try await HTTPService.run(services) {
            let router = APIRouter.enveloped(logger: logger)
            routes.add(to: router)
            return router
        }
    }

    /// The same server with other bounds on its connections.
    func limited(_ limits: ConnectionLimits) -> Self {
        var copy = self
        for index in copy.services.indices { copy.services[index].limits = limits }  // bounded: its own indices
        return copy
    }

    /// The same server with another rule for who is the owner.
    func trusting(_ isOwner: @escaping @Sendable (Peer) -> Bool) -> Self {
        var copy = self
        copy.isOwner = isOwner
        return copy
    }
}
