import GCXModel
import GCXWire
import Glibc
import NIOCore
import NIOPosix

/// The relay's side of ``LookLines``, behind the greeting.
final class LookHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let desk: RelayDesk
    private let peer: RelayPeer
    private var lines: LineCollector
    private var hasAsked = false

    /// - Parameter lines: what came behind the greeting.
    init(_ desk: RelayDesk, _ peer: RelayPeer, _ lines: LineCollector) {
        self.desk = desk
        self.peer = peer
        self.lines = lines
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let from = context.remoteAddress.map(AddressText.of) ?? "unknown"
        send(LookLines.Sight(at: desk.settings.clock(), from: Untrusted(from)), context)
        takeLine(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasAsked else { return }
        lines.add(unwrapInboundIn(data))
        takeLine(context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func takeLine(_ context: ChannelHandlerContext) {
        do throws(RelayError) {
            guard !hasAsked, let line = try lines.next() else { return }
            hasAsked = true
            try look(RegistrationLines.read(line, as: LookLines.Wish.self), context)
        } catch {
            finish(LookLines.Answer(ports: [], refusal: Untrusted(error.description), problem: error.problem), context)
        }
    }

    private func look(_ wish: LookLines.Wish, _ context: ChannelHandlerContext) throws(RelayError) {
        guard wish.ports.count <= LookLimits.portsMax,
            wish.ports.allSatisfy({ $0.port > 0 })
        else { throw .lineMalformed(reason: "it asks about more than \(LookLimits.portsMax) ports") }
        guard desk.mayRegister(peer) else { throw .full(what: "questions of this address") }
        let tries = wish.ports.map { dial($0, context) }
        EventLoopFuture.whenAllSucceed(tries, on: context.eventLoop).assumeIsolated().whenComplete { [self] found in
            finish(LookLines.Answer(ports: (try? found.get()) ?? []), context)
        }
    }

    /// One connection to whoever asks.
    private func dial(
        _ wanted: LookLines.WantedPort, _ context: ChannelHandlerContext
    ) -> EventLoopFuture<LookLines.TriedPort> {
        let port = wanted.port
        guard let address = context.remoteAddress.flatMap({ AddressText.address(like: $0, port: port) }) else {
            return context.eventLoop.makeSucceededFuture(LookLines.TriedPort(port: port, outcome: .unreachable))
        }
        return ClientBootstrap(group: context.eventLoop)
            .connectTimeout(TimeAmount(LookLimits.dialTime))
            .connect(to: address)
            .map { channel in
                let said = wanted.word.map { ByteBuffer(bytes: LookLines.line(of: $0)) } ?? ByteBuffer()
                channel.writeAndFlush(said).whenComplete { _ in channel.close(promise: nil) }
                return LookLines.TriedPort(port: port, outcome: .open)
            }
            .recover { LookLines.TriedPort(port: port, outcome: Self.outcome(of: $0)) }
    }

    private static func outcome(of error: any Error) -> LookLines.Outcome {
        switch (error as? IOError)?.errnoCode {
        case ECONNREFUSED, ECONNRESET: .refused
        case ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL: .unreachable
        default: .silent
        }
    }

    private func finish(_ answer: LookLines.Answer, _ context: ChannelHandlerContext) {
        hasAsked = true
        let channel = context.channel
        send(answer, context)
        context.close(mode: .output, promise: nil)
        context.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
    }

    private func send(_ value: some Encodable, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: RegistrationLines.line(value))), promise: nil)
    }
}
