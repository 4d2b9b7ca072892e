import NIOCore
import NIOSSL
import NIOTLS

/// Stands behind the handler of TLS, on either end: lets a connection on when it is encrypted and both sides named a protocol,
/// and ends it when that takes too long or does not come about.
final class HandshakeGate: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let deadline: Duration
    private var onEnd: ((Result<String, HandshakeError>) -> Void)?
    private var timer: Scheduled<Void>?
    private var isRefused = false

    /// - Parameter onEnd: called once, on the connection's event loop, with the protocol that both sides named or with what
    ///   went wrong.
    init(deadline: Duration, onEnd: @escaping (Result<String, HandshakeError>) -> Void) {
        self.deadline = deadline
        self.onEnd = onEnd
    }

    func handlerAdded(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(deadline)) { [self] in
            fail(.timedOut(after: deadline), context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { end(.failure(.closed)) }

    func channelInactive(context: ChannelHandlerContext) {
        end(.failure(.closed))
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted(let negotiated) = event {
            guard let negotiated else { return fail(.noProtocol, context) }
            end(.success(negotiated))
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Of a connection that was not let on, nobody further in hears how it ends: an answer would cost more than the handshake.
        guard !isRefused else { return }
        guard onEnd != nil else { return context.fireErrorCaught(error) }
        fail(error is NIOSSLError || error is BoringSSLError ? .notTLS : .closed, context)
    }

    private func fail(_ error: HandshakeError, _ context: ChannelHandlerContext) {
        guard onEnd != nil else { return }
        isRefused = true
        end(.failure(error))
        context.close(promise: nil)
    }

    private func end(_ result: Result<String, HandshakeError>) {
        timer?.cancel()
        timer = nil
        let told = onEnd
        onEnd = nil
        told?(result)
    }
}
