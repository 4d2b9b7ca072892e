import NIOCore
import NIOHPACK
import NIOHTTP2

/// The first bytes of a connection: a buyer's ClientHello, which is passed on as it came, or a machine that registers.
final class ArrivalHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Stage {
        /// There must be so many bytes before another look is worth while.
        case reading(bytesWanted: Int)
        /// A stream to the machine is being opened: nothing more is read until then.
        case opening
        /// Refused, or handed on.
        case done
    }

    private let desk: RelayDesk
    private let id: UInt64
    private let peer: RelayPeer
    private var stage = Stage.reading(bytesWanted: 1)
    private var held = ByteBuffer()
    private var hasInputEnded = false

    init(_ desk: RelayDesk, _ id: UInt64, _ peer: RelayPeer) {
        self.desk = desk
        self.id = id
        self.peer = peer
    }

    func read(context: ChannelHandlerContext) {
        if case .opening = stage { return }
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .done = stage { return }
        var buffer = unwrapInboundIn(data)
        held.writeBuffer(&buffer)
        guard held.readableBytes <= HelloLimits.heldBytesMax else { return refuse(context, .decodeError) }
        guard case .reading(let wanted) = stage, held.readableBytes >= wanted else { return }
        decide(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent {
            // A buyer may have said all it has before its machine is reached.
            guard case .opening = stage else { return context.close(promise: nil) }
            hasInputEnded = true
            return
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func decide(_ context: ChannelHandlerContext) {
        if held.readableBytesView.first == RegistrationLines.greeting.utf8.first {
            return register(context, security: nil)
        }
        switch ClientHello.read(Array(held.readableBytesView)) {
        case .incomplete(let wanted): stage = .reading(bytesWanted: wanted)
        case .notTLS: refuse(context, .decodeError)
        case .hello(let hello) where hello.protocols.contains(where: RegistrationHandler.greetings.contains):
            guard let security = desk.settings.security else { return refuse(context, .unrecognizedName) }
            register(context, security: security)
        case .hello(let hello): passOn(context, hello)
        }
    }

    /// Hands the connection over to a registration, behind encryption where there is any.
    private func register(_ context: ChannelHandlerContext, security: ChannelSecurity?) {
        stage = .done
        do {
            try security?(context.channel)
            try context.pipeline.syncOperations.addHandler(
                RegistrationHandler(desk, id, peer, isPlain: security == nil))
        } catch {
            return context.close(promise: nil)
        }
        context.fireChannelRead(wrapInboundOut(held))
        context.fireChannelReadComplete()
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func passOn(_ context: ChannelHandlerContext, _ hello: ClientHello) {
        guard let name = hello.serverName.flatMap(MachineName.init(serverName:)),
            let machine = desk.machines[name]  // bounded: a dictionary
        else {
            return refuse(context, .unrecognizedName)
        }
        guard desk.takeTunnel(to: machine, from: peer) else { return refuse(context, .internalError) }
        stage = .opening
        machine.openStream().assumeIsolated().whenComplete { [self] opened in
            do {
                try join(context, try opened.get(), machine)
            } catch {
                desk.releaseTunnel(to: machine, from: peer)
                refuse(context, .internalError)
            }
        }
    }

    /// From here on the two are one connection.
    private func join(
        _ context: ChannelHandlerContext, _ stream: any Channel, _ machine: MachineConnection
    ) throws {
        let meter = MachineTunnel(desk, machine, peer)
        guard context.channel.isActive else {
            stream.close(promise: nil)
            return desk.releaseTunnel(to: machine, from: peer)
        }
        let tunnel = Tunnel(meter: meter, lingering: TimeAmount(desk.limits.lingering))
        let (buyer, seller) = tunnel.ends()
        let from = context.channel.remoteAddress.map(AddressText.of) ?? "unknown"
        let asked = ReverseHTTP2.connect(to: machine.name.description, from: from)
        let accepts = StreamBytes(opening: asked) { $0.first(name: ":status") == "200" }
        try stream.pipeline.syncOperations.addHandlers([accepts, seller])
        try context.pipeline.syncOperations.addHandler(buyer)
        meter.watch(tunnel)
        desk.settle(id)
        stage = .done
        seller.write(held)
        seller.flush()
        meter.passed(held.readableBytes)
        if hasInputEnded { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        let channel = context.channel
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
        channel.read()
    }

    /// Says why in TLS's own words and closes, when the other side has had time to read it.
    private func refuse(_ context: ChannelHandlerContext, _ alert: Alert) {
        stage = .done
        held.clear()
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: alert.record)), promise: nil)
        context.close(mode: .output, promise: nil)
        context.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
    }
}
