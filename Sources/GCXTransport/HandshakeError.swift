package import GCXModel
package import GCXSigning
import NIOSSL

/// Why an encrypted connection did not come about.
package enum HandshakeError: RemediedError, Equatable {
    /// No connection, in words.
    case notReached(String)
    /// The other side speaks no TLS 1.3, or no TLS at all.
    case notTLS
    /// The other side closed the connection during the handshake.
    case closed
    /// The handshake was not done in time.
    case timedOut(after: Duration)
    /// The other side named none of the protocols that are spoken here (ALPN).
    case noProtocol
    /// What the server showed is no certificate that can be read.
    case certificateUnreadable
    /// Its certificate carries no binding, so nobody answers for it.
    case unbound
    /// What stands there is no binding.
    case bindingUnreadable(JSONError)
    /// The binding does not make it the server that was asked for.
    case refused(BindingError)

    package var description: String {
        switch self {
        case .notReached(let reason): "no connection: \(reason)"
        case .notTLS: "the other side does not speak TLS 1.3"
        case .closed: "the other side closed the connection before it was encrypted"
        case .timedOut(let after): "the connection was not encrypted within \(after.words)"
        case .noProtocol: "the other side names no protocol that is spoken here: HTTP/1.1 or HTTP/2, by ALPN"
        case .certificateUnreadable: "the server's certificate cannot be read"
        case .unbound: "the server's certificate is signed for by nobody: it carries no binding of a machine or ledger"
        case .bindingUnreadable(let error):
            "the binding in the server's certificate cannot be read: \(error.description)"
        case .refused(let error): error.description
        }
    }

    package var remedy: Remedy {
        switch self {
        case .notReached, .closed, .timedOut: .retry(after: .seconds(5))
        case .notTLS, .noProtocol, .certificateUnreadable, .unbound, .bindingUnreadable:
            .fix(
                "Check host and port: a server of gcx answers there with TLS 1.3, and nothing may stand before it that ends TLS."
            )
        case .refused(let error): error.remedy
        }
    }
}

extension HandshakeError {
    /// Whether a connection failed because of its handshake: the server then has not seen what was to be sent.
    package static func isCause(of error: any Error) -> Bool {
        switch error {
        case NIOSSLError.handshakeFailed, is NIOSSLExtraError: true
        default: false
        }
    }
}
