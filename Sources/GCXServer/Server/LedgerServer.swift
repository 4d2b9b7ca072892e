package import GCXLedger
package import GCXTransport
package import GCXWire
package import Logging
import ServiceLifecycle

/// Gives a ledger to other processes of this machine.
///
/// ```swift
/// let server = LedgerServer(ledger, at: try Endpoint("unix:/run/gcx/ledger.sock"), socketMode: 0o666, logger: logger)
/// try await ServiceGroup(services: [server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger).run()
/// ```
package struct LedgerServer: Service {
    private let ledger: any Ledger
    private var services: [HTTPService]
    private let logger: Logger
    private var quotas = PostLimits()

    /// - Parameters:
    ///   - endpoints: where it answers, all at once.
    ///   - identity: who it is behind TLS; needed where one of the endpoints is encrypted.
    ///   - socketMode: 0600 keeps others out; 0666 lets every user of the machine read and post, which is safe: what
    ///     is posted carries its own signatures. Of no effect on a port.
    ///   - onListening: called once connections are accepted, with the real port where 0 was given.
    package init(
        _ ledger: any Ledger, at endpoints: [Endpoint], as identity: ServerIdentity? = nil,
        socketMode: UInt32 = 0o600, logger: Logger,
        onListening: @escaping @Sendable (Endpoint) async -> Void = { _ in }
    ) {
        self.ledger = ledger
        self.logger = logger
        services = endpoints.map {
            HTTPService(
                endpoint: $0, socketMode: socketMode, limits: .ledger, identity: identity, logger: logger,
                onListening: onListening)
        }
    }

    /// One that answers at one place.
    package init(
        _ ledger: any Ledger, at endpoint: Endpoint, socketMode: UInt32 = 0o600, logger: Logger,
        onListening: @escaping @Sendable (Endpoint) async -> Void = { _ in }
    ) {
        self.init(ledger, at: [endpoint], socketMode: socketMode, logger: logger, onListening: onListening)
    }

    /// Serves until a graceful shutdown. Throws ``ServingError``.
    package func run() async throws {
        let routes = LedgerRoutes(ledger: ledger, quota: PostQuota(quotas))
        try await HTTPService.run(services) {
            let router = APIRouter.enveloped(logger: logger)
            routes.add(to: router)
            return router
        }
    }

    /// The same server with other bounds on its connections and posts.
    func limited(_ limits: ConnectionLimits = .ledger, posts: PostLimits = PostLimits()) -> Self {
        var copy = self
        for index in copy.services.indices { copy.services[index].limits = limits }  // bounded: its own indices
        copy.quotas = posts
        return copy
    }
}
