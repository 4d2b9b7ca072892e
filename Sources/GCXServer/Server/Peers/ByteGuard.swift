import GCXModel
import GCXWire
import NIOCore

/// The outermost handler of a connection: counts bytes both ways, keeps the deadlines, and swallows what still comes
/// after the connection was given up, so that the last answer is not lost.
final class ByteGuard: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    private let visit: Visit
    private let requests: RequestGuard
    private var progress: ConnectionProgress { requests.progress }
    private var nextTick: Scheduled<Void>?
    private var swallowed = 0

    init(_ visit: Visit, _ requests: RequestGuard) {
        self.visit = visit
        self.requests = requests
    }

    func channelActive(context: ChannelHandlerContext) {
        keepDeadlines(context.eventLoop)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { stop() }

    private func stop() {
        nextTick?.cancel()
        nextTick = nil
        visit.table.remove(visit.id)
    }

    private func keepDeadlines(_ loop: any EventLoop) {
        switch progress.verdict(at: .now()) {
        case .fine: break
        case .close: requests.close()
        case .tooSlow(let what): requests.fail(.tooSlow(Untrusted(what)))
        }
        guard !requests.isEnding else { return }
        nextTick = loop.assumeIsolated().scheduleTask(in: TimeAmount(visit.table.limits.tick)) { [self] in
            keepDeadlines(loop)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let count = unwrapInboundIn(data).readableBytes
        guard !requests.isEnding else { return swallow(count) }
        visit.table.moved(visit.id, count)
        progress.took(count, at: .now())
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // TLS hands on what it has decrypted now, and not before: a body that came with its head was counted with it.
        context.fireChannelReadComplete()
        if progress.isHeadTooLarge { requests.fail(.headersTooLarge(bytesMax: ServerLimits.headersBytesMax)) }
        // Nobody further in asks any more.
        if requests.isEnding { context.read() }
    }

    private func swallow(_ count: Int) {
        swallowed += count  // bounded: bytes that came on one connection, which is closed above `swallowedBytesMax`
        if swallowed > ServerLimits.swallowedBytesMax { requests.close() }
    }

    func read(context: ChannelHandlerContext) {
        progress.asked(at: .now())
        context.read()
    }

    /// Large pieces are cut, so that a reader who is slow can be told from one who does not read.
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .byteBuffer(var buffer) = unwrapOutboundIn(data) else {
            return context.write(data, promise: promise)
        }
        repeat {
            let piece = buffer.readSlice(length: min(buffer.readableBytes, WireLimits.chunkBytes)) ?? buffer
            let count = piece.readableBytes
            let delivered = context.eventLoop.makePromise(of: Void.self)
            progress.wrote(count, at: .now())
            let isLast = buffer.readableBytes == 0
            delivered.futureResult.assumeIsolated().whenComplete { [self] result in
                progress.delivered(count, at: .now())
                visit.table.moved(visit.id, count)
                if isLast { promise?.completeWith(result) }
            }
            context.write(wrapOutboundOut(.byteBuffer(piece)), promise: delivered)
        } while buffer.readableBytes > 0
    }
}
