import GCXModel
import Glibc
import NIOCore
import NIOPosix

/// What kept a connection from coming about, in words of ours.
enum ConnectionWords {
    static func text(_ error: any Error) -> String {
        switch error {
        case let error as IOError: text(error.errnoCode)
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { text($0.error) } ?? "no address of that name was found"
        case is ChannelError: "the connection is closed"
        default: ForeignError.words(error)
        }
    }

    private static func text(_ number: Int32) -> String {
        switch number {
        case ECONNREFUSED: "nobody listens there"
        case ENETUNREACH, EHOSTUNREACH: "this machine knows no way there"
        case ETIMEDOUT: "nobody answers there"
        default: unsafe strerror(number).map { unsafe String(cString: $0) } ?? "errno \(number)"
        }
    }
}
