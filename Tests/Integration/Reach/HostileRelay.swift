import GCXTransport
import NIOCore
import NIOPosix
import Synchronization

/// A relay that does evil to buyers: it stands at a real relay's place, lets machines register there, and does to buyers what a test
/// asks for.
final class HostileRelay: Sendable {
    enum Deed: Sendable {
        case none
        /// Ends the encryption itself, in the place of the machine that the buyer asked for.
        case answers(ServerIdentity)
        /// Leaves out every tenth record of TLS of what a buyer sends.
        case dropsRecords
    }

    /// What it got by it.
    struct Loot: Sendable {
        var handshakes = 0
        /// Bytes that it heard inside of encryption that it ended itself.
        var heard = 0
        var dropped = 0
    }

    final class Plan: Sendable {
        private let state = Mutex((deed: Deed.none, loot: Loot()))

        var deed: Deed { state.withLock { $0.deed } }
        var loot: Loot { state.withLock { $0.loot } }
        func turn(to deed: Deed) { state.withLock { $0 = (deed, Loot()) } }
        func note(_ change: (inout Loot) -> Void) { state.withLock { change(&$0.loot) } }
    }

    let plan = Plan()
    private let channel: any Channel

    /// - Parameter relay: the real one's port, on the same host.
    init(host: String, port: Int, before relay: Int) async throws {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { [plan] channel in
                channel.eventLoop.makeCompletedFuture {
                    let real = try SocketAddress(ipAddress: host, port: relay)
                    try channel.pipeline.syncOperations.addHandler(Front(plan, real))
                }
            }
            .bind(host: host, port: port).get()
    }

    func stop() async throws { try await channel.close() }
}

/// The end of a connection that a buyer or a machine has opened.
private final class Front: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let plan: HostileRelay.Plan
    private let real: SocketAddress
    private var relay: EventLoopFuture<any Channel>?
    private var sieve: Sieve?

    init(_ plan: HostileRelay.Plan, _ real: SocketAddress) { (self.plan, self.real) = (plan, real) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        if relay == nil {
            // What a machine says first names its protocol.
            let isMachine = String(decoding: buffer.readableBytesView, as: UTF8.self).contains("gcx-relay/1")
            switch isMachine ? .none : plan.deed {
            case .answers(let identity): return answer(identity, context, data)
            case .dropsRecords: passOn(context, Sieve(plan))
            case .none: passOn(context, nil)
            }
        }
        let passed = sieve?.sift(buffer) ?? buffer
        relay?.whenSuccess { $0.writeAndFlush(passed, promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) { relay?.whenSuccess { $0.close(promise: nil) } }

    private func answer(_ identity: ServerIdentity, _ context: ChannelHandlerContext, _ data: NIOAny) {
        do {
            try identity.encrypt(context.channel) { [plan] end in
                if case .success = end { plan.note { $0.handshakes += 1 } }
            }
            try context.pipeline.syncOperations.addHandler(Ear(plan))
        } catch { return context.close(promise: nil) }
        context.fireChannelRead(data)
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func passOn(_ context: ChannelHandlerContext, _ sieve: Sieve?) {
        self.sieve = sieve
        let front = context.channel
        let opened = ClientBootstrap(group: context.eventLoop).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Back(front))
            }
        }.connect(to: real)
        opened.whenFailure { _ in front.close(promise: nil) }
        relay = opened
    }
}

/// The end of the connection to the real relay.
private final class Back: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let front: any Channel

    init(_ front: any Channel) { self.front = front }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        front.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { front.close(promise: nil) }
}

/// Behind encryption that a relay ended itself.
private final class Ear: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let plan: HostileRelay.Plan

    init(_ plan: HostileRelay.Plan) { self.plan = plan }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let count = unwrapInboundIn(data).readableBytes
        plan.note { $0.heard += count }
    }
}

/// Lets through nine of ten records of TLS.
private final class Sieve {
    private let plan: HostileRelay.Plan
    private var held = ByteBuffer()
    private var count = 0

    init(_ plan: HostileRelay.Plan) { self.plan = plan }

    func sift(_ buffer: ByteBuffer) -> ByteBuffer {
        held.writeImmutableBuffer(buffer)
        var passed = ByteBuffer()
        // RFC 8446, 5.1: a byte of type, two of version, two of length.
        while let length = held.getInteger(at: held.readerIndex + 3, as: UInt16.self),
            var record = held.readSlice(length: 5 + Int(length))
        {
            count += 1
            if count.isMultiple(of: 10) { plan.note { $0.dropped += 1 } } else { passed.writeBuffer(&record) }
        }
        return passed
    }
}
