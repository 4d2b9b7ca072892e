package import GCXLedger
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
    private var service: HTTPService
    private let logger: Logger
    private var quotas = PostLimits()

    /// - Parameters:
    ///   - socketMode: 0600 keeps others out; 0666 lets every user of the machine read and post, which is safe: what
    ///     is posted carries its own signatures. Of no effect on a port.
    ///   - onListening: called once connections are accepted, with the real port where 0 was given.
    package init(
        _ ledger: any Ledger, at endpoint: Endpoint, socketMode: UInt32 = 0o600, logger: Logger,
        onListening: @escaping @Sendable (Endpoint) async -> Void = { _ in }
    ) {
        self.ledger = ledger
        self.logger = logger
        service = HTTPService(
            endpoint: endpoint, socketMode: socketMode, limits: .ledger, logger: logger, onListening: onListening)
    }

    /// Serves until a graceful shutdown. Throws ``ServingError``.
    package func run() async throws {
        let router = APIRouter.enveloped(logger: logger)
        LedgerRoutes(ledger: ledger, quota: PostQuota(quotas)).add(to: router)
        try await service.run(router)
    }

    /// The same server with other bounds on its connections and posts.
    func limited(_ limits: ConnectionLimits = .ledger, posts: PostLimits = PostLimits()) -> Self {
        var copy = self
        (copy.service.limits, copy.quotas) = (limits, posts)
        return copy
    }
}
