import GCXModel
import GCXSigning
import GCXWire
import NIOCore
import NIOPosix

/// One attempt of a machine to register at one relay.
struct RelayDial: Sendable {
    private let relay: RelayAddress
    private let link: RelayLink
    private let group: any EventLoopGroup

    init(_ relay: RelayAddress, _ link: RelayLink, _ group: any EventLoopGroup) {
        self.relay = relay
        self.link = link
        self.group = group
    }

    private static func bootstrap(_ limits: LinkLimits, _ group: any EventLoopGroup) -> ClientBootstrap {
        ClientBootstrap(group: group)
            .connectTimeout(TimeAmount(limits.dialTime))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.recvAllocator, value: Relay.buffers)
            .channelOption(.writeBufferWaterMark, value: Relay.watermark)
    }

    /// How long a connection takes to come about, nanoseconds: one round trip. Nil when none does.
    static func latency(to relay: RelayAddress, _ limits: LinkLimits, _ group: any EventLoopGroup) async -> UInt64? {
        let began = NIODeadline.now()
        // bounded: 16 bits
        guard let channel = try? await bootstrap(limits, group).connect(host: relay.host, port: Int(relay.port)).get()
        else { return nil }
        let ended = NIODeadline.now()
        channel.close(promise: nil)
        return UInt64(clamping: (ended - began).nanoseconds)  // bounded: two moments of one clock
    }

    /// - Returns: the connection, over which the relay now sends buyers, and how long one round trip took.
    /// - Throws: ``RelayError/unreachable(_:reason:)``, or why the relay did not take the machine.
    func register() async throws(RelayError) -> (channel: any Channel, latency: Duration) {
        let loop = group.next()
        let registered = loop.makePromise(of: Duration.self)
        let channel: any Channel
        do {
            channel = try await Self.bootstrap(link.settings.limits, loop).channelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture { try prepare(channel, registered) }
            }
            // bounded: 16 bits
            .connect(host: relay.host, port: Int(relay.port)).get()
        } catch {
            registered.fail(error)
            throw .unreachable(relay.description, reason: NetworkWords.text(error))
        }
        do {
            let late = loop.scheduleTask(in: TimeAmount(link.settings.limits.dialTime)) { channel.close(promise: nil) }
            defer { late.cancel() }
            return (channel, try await registered.futureResult.get())
        } catch {
            channel.close(promise: nil)
            throw error as? RelayError ?? .unreachable(relay.description, reason: NetworkWords.text(error))
        }
    }

    private func prepare(_ channel: any Channel, _ registered: EventLoopPromise<Duration>) throws {
        try link.settings.security?(relay)(channel) { [relay] reason in
            registered.fail(RelayError.unreachable(relay.description, reason: reason))
        }
        try channel.pipeline.syncOperations.addHandler(LinkRegistration(relay, link, registered))
    }
}
