import AsyncHTTPClient
import GCXModel
import GCXTransport
import GCXWire
import Glibc
import NIOCore
import NIOPosix

/// How a call failed on its way.
enum TransportError: Error, Equatable {
    /// No connection came about: the server has not seen the call.
    case notSent(String)
    /// The socket's mode keeps this user out: the same.
    case notPermitted
    /// Whoever answers there is not the server that was asked for, or no TLS came about: the same.
    case notTrusted(HandshakeError)
    /// The connection ended before the answer: the server may have done what was asked.
    case broken(String)
    /// No answer in time: the same.
    case timedOut
    /// The answer is larger than a client reads.
    case answerTooLarge(bytesMax: Int)
    /// A transfer that hardly moves.
    case tooSlow
    /// Our own task was cancelled: the same as `broken`.
    case cancelled

    var detail: String {
        switch self {
        case .notSent(let detail): detail
        case .notPermitted: "this user may not open the socket"
        case .notTrusted(let error): error.description
        case .broken(let detail): "the connection broke off: \(detail)"
        case .timedOut: "no answer in time"
        case .answerTooLarge(let most): "the answer is larger than \(NumberText.count(most, "byte"))"
        case .tooSlow:
            "less than \(NumberText.count(WireLimits.paceBytesMin, "byte")) moved in \(WireLimits.paceWindow.components.seconds) s"
        case .cancelled: "the call was cancelled"
        }
    }

    /// Whether the server cannot have seen the call.
    var isBeforeSending: Bool {
        switch self {
        case .notSent, .notPermitted, .notTrusted: true
        default: false
        }
    }

    /// Whether another way to the same server may be better.
    var isOfTheWay: Bool {
        switch self {
        case .notSent, .notPermitted, .notTrusted, .broken, .timedOut: true
        case .answerTooLarge, .tooSlow, .cancelled: false
        }
    }

    /// Why whoever answers is not trusted, and what a person has to change before; nil when the same call may succeed later.
    var distrust: (why: String, remedy: String)? {
        guard case .notTrusted(let why) = self, case .fix(let remedy) = why.remedy else { return nil }
        return (why.description, remedy)
    }

    /// A relay that has no connection of the machine says so in place of TLS: that is no word about the machine.
    init(_ error: any Error, at address: ServerAddress) {
        let found = TransportError(error)
        switch found {
        case .notTrusted(.notTLS) where address.isRelayed, .notTrusted(.closed) where address.isRelayed:
            self = .notSent("the relay has no connection to this machine now")
        default: self = found
        }
    }

    init(_ error: any Error) {
        switch error {
        case let error as TransportError: self = error
        case is CancellationError: self = .cancelled
        case is NIOTooManyBytesError: self = .answerTooLarge(bytesMax: ClientLimits.documentAnswerBytesMax)
        case let error as HandshakeError: self = .notTrusted(error)
        case let error where HandshakeError.isCause(of: error): self = .notTrusted(.notTLS)
        case let error as NIOConnectionError: self = Self.refusal(error)
        case let error as IOError where Self.connectErrors.contains(error.errnoCode):
            self = Self.refusal(error.errnoCode)
        case let error as HTTPClientError: self = Self.classify(error)
        default: self = .broken(NetworkWords.text(error))
        }
    }

    private static func classify(_ error: HTTPClientError) -> TransportError {
        switch error {
        case .tlsHandshakeTimeout: .notTrusted(.timedOut(after: ClientLimits.connectTimeout))
        case .connectTimeout, .getConnectionFromPoolTimeout: .notSent("no connection in time")
        case .invalidURL, .emptyHost, .missingSocketPath: .notSent("it is no address that can be called")
        case .deadlineExceeded, .readTimeout, .writeTimeout: .timedOut
        case .cancelled: .cancelled
        case .remoteConnectionClosed: .broken("the other side closed it")
        default: .broken("what came is no answer in HTTP/1.1")
        }
    }

    /// What connect(2) answers and a connection that was once there does not.
    private static let connectErrors: Set<Int32> = [ECONNREFUSED, ENOENT, EACCES, ENOTSOCK, EAGAIN]

    private static func refusal(_ error: NIOConnectionError) -> TransportError {
        let numbers = error.connectionErrors.compactMap { ($0.error as? IOError)?.errnoCode }
        return numbers.first.map(refusal) ?? .notSent("no connection came about")
    }

    private static func refusal(_ number: Int32) -> TransportError {
        number == EACCES ? .notPermitted : .notSent(NetworkWords.text(number))
    }
}
