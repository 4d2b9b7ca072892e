import NIOCore
import NIOHPACK
import NIOHTTP2

/// Makes a channel of bytes out of a stream of HTTP/2 that began with CONNECT.
///
/// Source: RFC 9113, 8.5: after the headers there is nothing but DATA, and a frame with END_STREAM is like TCP's FIN.
final class StreamBytes: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = HTTP2Frame.FramePayload

    private var hasOutputEnded = false
    /// Judges the other side's headers, which come before its first byte; false ends the stream.
    private let isGood: (HPACKHeaders) -> Bool

    /// What this side begins the stream with; nil where that is said already.
    private let opening: HPACKHeaders?

    init(opening: HPACKHeaders? = nil, _ isGood: @escaping (HPACKHeaders) -> Bool) {
        self.opening = opening
        self.isGood = isGood
    }

    func handlerAdded(context: ChannelHandlerContext) {
        guard let opening else { return }
        context.write(wrapOutboundOut(.headers(.init(headers: opening))), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let frame):
            guard isGood(frame.headers) else { return context.close(promise: nil) }
            if frame.endStream { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        case .data(let frame):
            if case .byteBuffer(let buffer) = frame.data, buffer.readableBytes > 0 {
                context.fireChannelRead(wrapInboundOut(buffer))
            }
            guard frame.endStream else { return }
            context.fireChannelReadComplete()
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        default: break
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let frame = HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(unwrapOutboundIn(data))))
        context.write(wrapOutboundOut(frame), promise: promise)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .output else { return context.close(mode: mode, promise: promise) }
        guard !hasOutputEnded else {
            promise?.succeed()
            return
        }
        hasOutputEnded = true
        let last = HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(ByteBuffer()), endStream: true))
        context.writeAndFlush(wrapOutboundOut(last), promise: promise)
    }
}
