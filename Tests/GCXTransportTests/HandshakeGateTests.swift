import NIOCore
import NIOEmbedded
import NIOTLS
import Testing

@testable import GCXTransport

@Suite("The gate behind a handshake")
struct HandshakeGateTests {
    @Test("how a connection ends that was not let on is told to nobody further in")
    func errors() {
        #expect(Self.heard(after: nil) == 0)
        #expect(Self.heard(after: "http/1.1") == 1)
    }

    /// Errors that come through after a handshake that named this protocol.
    private static func heard(after negotiated: String?) -> Int {
        let listener = Listener()
        let gate = HandshakeGate(deadline: .seconds(10)) { _ in }
        let channel = EmbeddedChannel(handlers: [SlowClose(), gate, listener])
        let pipeline = channel.pipeline.syncOperations
        pipeline.fireUserInboundEventTriggered(TLSUserEvent.handshakeCompleted(negotiatedProtocol: negotiated))
        pipeline.fireErrorCaught(ChannelError.inputClosed)
        return listener.errors
    }
}

/// As TLS, which closes when the other side has answered.
private final class SlowClose: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {}
}

private final class Listener: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private(set) var errors = 0
    func errorCaught(context: ChannelHandlerContext, error: any Error) { errors += 1 }
}
