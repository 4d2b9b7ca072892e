import GCXLinux
import GCXModel
import GCXTransport
import GCXWire
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

typealias APIRouter = Router<BasicRequestContext>

/// What both servers share: the listening socket, its mode, the limits, and an orderly end.
///
/// A graceful shutdown stops listening at once, ends calls that wait (they see their task cancelled) and lets the
/// others finish.
struct HTTPService: Sendable {
    let endpoint: Endpoint
    let socketMode: UInt32
    var socketGroup: UInt32?
    var limits = ConnectionLimits()
    /// Who the server is behind TLS; needed at an https endpoint and of no effect elsewhere.
    var identity: ServerIdentity?
    /// Where only what relays pass on comes in; nil where everybody does.
    var entrance: RelayedEntrance?
    let logger: Logger
    /// Called once the server accepts connections, with the real port.
    let onListening: @Sendable (Endpoint) async -> Void

    /// Serves at several places until a graceful shutdown; when one of them throws ``ServingError``, at none.
    static func run(_ services: [HTTPService], _ router: () -> APIRouter) async throws {
        let renewal = Task { await services.first(where: \.endpoint.isSecure)?.renew() }
        defer { renewal.cancel() }
        let open = try ResourceLimits.raiseOpenFiles(to: files(of: services))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in fitting(services, openFiles: open) {
                let router = router()
                service.addBinding(to: router)
                group.addTask { try await service.run(router) }
            }
            // The first that throws ends the others.
            while try await group.next() != nil {}
        }
    }

    /// Files that services take at the most: what relays pass on takes two for each connection.
    static func files(of services: [HTTPService]) -> UInt64 {
        services.reduce(UInt64(clamping: ServerLimits.filesBesideConnectionsMax)) { sum, service in
            let limits = service.limits
            // bounded: a limit of ours
            let connections = service.entrance == nil ? limits.connectionsMax : limits.connectionsMax * 2
            return sum.saturatingSum(UInt64(clamping: connections)).saturatingSum(UInt64(clamping: limits.waitingMax))
        }
    }

    /// The services with waiting rooms that a process has room for that may open so many files: each gives up its share.
    static func fitting(_ services: [HTTPService], openFiles: UInt64) -> [HTTPService] {
        let wanted = files(of: services)
        // bounded here: the larger less the smaller, and services that a list holds
        let missing = Int(clamping: wanted - min(wanted, openFiles))
        let share = missing / max(services.count, 1) + (missing == 0 ? 0 : 1)
        return services.map { service in
            var copy = service
            copy.limits.waitingMax = max(copy.limits.waitingMax - share, 0)  // bounded: a limit of ours
            return copy
        }
    }

    /// Serves until a graceful shutdown, or throws ``ServingError``.
    func run(_ router: APIRouter) async throws {
        switch endpoint {
        case .unix(let path): try await serve(router, on: UnixSocketFile(path, mode: socketMode, group: socketGroup))
        case .loopback(let host, let port):
            try await serve(router, host: host.rawValue, port: port) { .loopback(host, port: $0) }
        case .secure(let place):
            guard identity != nil else {
                throw ServingError.listenFailed("\(endpoint)", reason: "nobody's key is there to answer for the server")
            }
            try await serve(router, host: place.host, port: place.port) {
                .secure(SecurePlace(host: place.host, port: $0))
            }
        }
    }

    private func serve(_ router: APIRouter, on file: UnixSocketFile) async throws {
        let failure = Mutex<ServingError?>(nil)
        do {
            try await application(router, .unixDomainSocket(path: file.staging)) { [endpoint, onListening] channel in
                do throws(ServingError) {
                    try file.publish()
                } catch {
                    failure.withLock { $0 = error }
                    return channel.close(promise: nil)
                }
                await onListening(endpoint)
            }.run()
        } catch {
            file.retract()
            throw ServingError.listenFailed("\(endpoint)", reason: NetworkWords.text(error))
        }
        if let failed = failure.withLock({ $0 }) { throw failed }
        file.remove()
    }

    /// Tells whoever asks what the server's certificate does not say when it is its owner's own.
    private func addBinding(to router: APIRouter) {
        guard let identity else { return }
        router.get("v1/binding") { _, _ in try Response.json(identity.binding) }
    }

    /// Keeps the server's key fresh until it is cancelled.
    private func renew() async {
        await identity?.keepRenewed(now: WallClock.seconds) { [logger] error in
            logger.warning("TLS key not renewed", metadata: ["error": "\(ForeignError.words(error))"])
        }
    }

    private func serve(
        _ router: APIRouter, host: String, port: UInt16, _ found: @escaping @Sendable (UInt16) -> Endpoint
    ) async throws {
        do {
            // bounded: 16 bits
            try await application(router, .hostname(host, port: Int(port))) { [onListening, entrance] channel in
                let bound = channel.localAddress?.port.flatMap(UInt16.init(exactly:)) ?? port
                entrance?.opened.yield(bound)
                await onListening(found(bound))
            }.run()
        } catch {
            throw ServingError.listenFailed("\(endpoint)", reason: NetworkWords.text(error))
        }
    }

    private func application(
        _ router: APIRouter, _ address: BindAddress,
        _ onServerRunning: @escaping @Sendable (any Channel) async -> Void
    ) -> GuardedApplication {
        let table = ConnectionTable(limits)
        let encryption = endpoint.isSecure ? identity.map { Encryption($0, limits) } : nil
        let application = Application(
            router: router,
            server: HTTPServerBuilder { [isUnixSocket = endpoint.isUnixSocket, entrance, encryption] responder in
                GuardedChannel(
                    table: table, isUnixSocket: isUnixSocket, entrance: entrance, encryption: encryption,
                    responder: responder)
            },
            configuration: .init(address: address, backlog: ServerLimits.connectionsWaitingMax),
            onServerRunning: onServerRunning, logger: logger)
        return GuardedApplication(table: table, serve: { try await application.run() })
    }
}

/// A server, and who is connected to it.
private struct GuardedApplication {
    let table: ConnectionTable
    let serve: @Sendable () async throws -> Void

    /// Serves until a graceful shutdown, which lets nobody wait any longer.
    func run() async throws {
        try await withGracefulShutdownHandler {
            try await serve()
        } onGracefulShutdown: {
            table.dismiss()
        }
    }
}

extension APIRouter {
    /// A router that answers every error with an envelope.
    static func enveloped(logger: Logger) -> APIRouter {
        let router = APIRouter()
        router.add(middleware: ErrorMiddleware(logger: logger))
        router.add(middleware: PeerMiddleware())
        return router
    }
}
