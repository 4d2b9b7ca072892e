import NIOCore
import NIOPosix

@testable import GCXTransport

/// A server that answers whatever is sent with `200`, encrypted, on a port of the loopback interface.
struct TinyServer: Sendable {
    let port: UInt16
    private let channel: any Channel

    init(_ identity: ServerIdentity, deadline: Duration = TransportLimits.handshakeTimeout) async throws {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try identity.encrypt(channel, deadline: deadline) { _ in }
                    try channel.pipeline.syncOperations.addHandler(Answer())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = UInt16(channel.localAddress?.port ?? 0)
    }

    func stop() async throws { try await channel.close() }

    private final class Answer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let text = ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            context.writeAndFlush(wrapOutboundOut(text), promise: nil)
            context.close(promise: nil)
        }
    }
}
