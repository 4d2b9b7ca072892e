import GCXAgent
import GCXWire
import Logging
import ServiceLifecycle

/// Lets buyers and the owner speak to the agent.
///
/// On a unix socket a call without a session is the owner's, so its mode must keep others out; over TCP every call but
/// the status, a proposal and a voucher needs a session, which the agent checks. A proposal and a voucher carry
/// signatures of their own.
package struct AgentServer: Service {
    private let agent: any AgentHost
    private var service: HTTPService
    private let trustsConnection: Bool
    private let logger: Logger

    /// - Parameter onListening: called once connections are accepted, with the real port where 0 was given.
    /// - Throws: ``ServingError/socketModeTooOpen(path:mode:)`` when `socketMode` has rights for others.
    package init(
        _ agent: any AgentHost, at endpoint: Endpoint, socketMode: UInt32 = 0o600, logger: Logger,
        onListening: @escaping @Sendable (Endpoint) async -> Void = { _ in }
    ) throws(ServingError) {
        if case .unix(let path) = endpoint, socketMode & 0o007 != 0 {
            throw .socketModeTooOpen(path: path, mode: socketMode)
        }
        self.agent = agent
        self.logger = logger
        trustsConnection = endpoint.isUnixSocket
        service = HTTPService(endpoint: endpoint, socketMode: socketMode, logger: logger, onListening: onListening)
    }

    /// Serves until a graceful shutdown. Throws ``ServingError``.
    package func run() async throws {
        let router = APIRouter.enveloped(logger: logger)
        AgentRoutes(agent: agent, trustsConnection: trustsConnection).add(to: router)
        try await service.run(router)
    }

    /// The same server with other bounds on its connections.
    func limited(_ limits: ConnectionLimits) -> Self {
        var copy = self
        copy.service.limits = limits
        return copy
    }
}
