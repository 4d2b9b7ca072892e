import NIOCore

/// Hands on small reads in buffers of their own size.
///
/// The decoder of HTTP/2 keeps the buffer of its last read, and that of TLS makes itself another then. Both have room for two records of
/// TLS (32 KiB), which a connection that waits fills with a ping now and then, and there are thousands of such connections.
final class SmallReads: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        guard buffer.readableBytes <= RelayLimits.smallReadBytes else { return context.fireChannelRead(data) }
        context.fireChannelRead(wrapInboundOut(ByteBuffer(bytes: buffer.readableBytesView)))
    }
}
