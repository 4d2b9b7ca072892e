import NIOCore
import NIOHTTP2

/// Closes an HTTP/2 connection on which no ping comes back, and says how long the way is.
///
/// Behind the handler of HTTP/2, which answers the other side's pings by itself.
final class PingHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private let pause: TimeAmount
    private let onAnswer: (TimeAmount) -> Void
    private var number: UInt64 = 0
    /// When the ping that is under way was sent.
    private var sentAt: NIODeadline?
    private var task: Scheduled<Void>?

    init(every pause: TimeAmount, onAnswer: @escaping (TimeAmount) -> Void = { _ in }) {
        self.pause = pause
        self.onAnswer = onAnswer
    }

    func handlerAdded(context: ChannelHandlerContext) { schedule(context) }

    func handlerRemoved(context: ChannelHandlerContext) {
        task?.cancel()
        task = nil
    }

    private func schedule(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        task = context.eventLoop.scheduleTask(in: pause) { bound.value.0.tick(bound.value.1) }
    }

    private func tick(_ context: ChannelHandlerContext) {
        guard sentAt == nil else { return context.close(promise: nil) }
        number &+= 1
        sentAt = .now()
        let frame = HTTP2Frame(
            streamID: .rootStream, payload: .ping(HTTP2PingData(withInteger: number), ack: false))
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
        schedule(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        guard case .ping(let ping, ack: true) = frame.payload, ping.integer == number, let sent = sentAt else {
            return context.fireChannelRead(data)
        }
        sentAt = nil
        onAnswer(.now() - sent)  // bounded: two moments of one clock
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What is wrong with a stream ends that stream; the rest is a fault of the connection.
        if error is NIOHTTP2Errors.StreamError || error is NIOHTTP2Errors.NoSuchStream { return }
        context.close(promise: nil)
    }
}
