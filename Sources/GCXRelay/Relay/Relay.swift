import GCXLinux
import GCXWire
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Passes connections on to machines that cannot be dialled, by the name in the TLS handshake.
///
/// It holds no key of what it passes on and sees only what TLS shows everybody. All of it runs on one event loop: it copies bytes, and one
/// core copies more of them than a line carries.
///
/// ```swift
/// let relay = Relay(Relay.Settings(name: "relay.example:443", host: "::", port: 443), logger: logger)
/// try await ServiceGroup(services: [relay], gracefulShutdownSignals: [.sigterm], logger: logger).run()
/// ```
package final class Relay: Service {
    package struct Settings: Sendable {
        /// The `HOST:PORT` by which machines dial this relay: they sign it.
        package var name: String
        /// The address to listen on.
        package var host: String
        /// 0 lets the kernel choose one.
        package var port: UInt16
        package var limits = RelayLimits()
        /// Whether machines may register without TLS. What passes between machine and buyer is encrypted all the same; but whoever
        /// is on the way can cut the connection and see who is registered.
        package var takesPlainMachines = false
        /// The server's side of TLS for machines that register, with ALPN ``RegistrationLines/greeting``.
        package var security: ChannelSecurity?
        /// Who is paid for what passes; nil lets it pass for nothing.
        package var toll: TollHouse?
        /// Unix seconds.
        package var clock: @Sendable () -> UInt64

        package init(name: String, host: String, port: UInt16, clock: @escaping @Sendable () -> UInt64) {
            self.name = name
            self.host = host
            self.port = port
            self.clock = clock
        }
    }

    private let settings: Settings
    private let logger: Logger
    private let onListening: @Sendable (UInt16) -> Void
    private let desk = Mutex<NIOLoopBound<RelayDesk>?>(nil)

    /// - Parameter onListening: called once connections are accepted, with the real port.
    package init(
        _ settings: Settings, logger: Logger, onListening: @escaping @Sendable (UInt16) -> Void = { _ in }
    ) {
        self.settings = settings
        self.logger = logger
        self.onListening = onListening
    }

    /// Relays until a graceful shutdown or until the task is cancelled; then every connection is closed, and machines and buyers
    /// go to another relay.
    ///
    /// - Throws: ``RelayError/listenFailed(_:reason:)``.
    package func run() async throws {
        _ = try ResourceLimits.raiseOpenFiles(to: settings.limits.filesMax)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let made = try await loop.submit { [settings, logger] in
            NIOLoopBound(RelayDesk(settings, loop: loop, logger: logger), eventLoop: loop)
        }.get()
        desk.withLock { $0 = made }
        do {
            let server = try await listen(group, made)
            onListening(server.localAddress?.port.flatMap(UInt16.init(exactly:)) ?? settings.port)
            await waitForEnd(server)
        } catch {
            try? await group.shutdownGracefully()
            throw RelayError.listenFailed(
                "\(settings.host) port \(settings.port)", reason: NetworkWords.text(error))
        }
        desk.withLock { $0 = nil }
        try? await loop.submit { made.value.closeAll() }.get()
        try? await group.shutdownGracefully()
    }

    private func waitForEnd(_ server: any Channel) async {
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                _ = try? await server.closeFuture.get()
            } onGracefulShutdown: {
                server.close(promise: nil)
            }
        } onCancel: {
            server.close(promise: nil)
        }
    }

    private func listen(_ group: any EventLoopGroup, _ desk: NIOLoopBound<RelayDesk>) async throws -> any Channel {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Int32(clamping: RelayLimits.backlog))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelOption(.recvAllocator, value: Self.buffers)
            .childChannelOption(.writeBufferWaterMark, value: Self.watermark)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try desk.value.accept(channel) }
            }
            // bounded: 16 bits
            .bind(host: settings.host, port: Int(settings.port)).get()
    }

    /// A silent connection costs little, and a busy one reads a quarter of a window at once.
    static let buffers = AdaptiveRecvByteBufferAllocator(
        minimum: 2_048, initial: 4_096, maximum: RelayLimits.watermarkBytes)
    static let watermark = ChannelOptions.Types.WriteBufferWaterMark(
        low: RelayLimits.watermarkBytes / 2, high: RelayLimits.watermarkBytes)

    /// What is open now; nil before it listens and after its end.
    package func standing() async -> RelayStanding? {
        guard let desk = desk.withLock({ $0 }) else { return nil }
        return try? await desk.eventLoop.submit { desk.value.standing }.get()
    }
}
