import GCXModel
import Glibc
import NIOCore
import NIOPosix

/// What the network and its libraries throw, in words of ours.
package enum NetworkWords {
    package static func text(_ error: any Error) -> String {
        switch error {
        case let error as IOError: text(error.errnoCode)
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { text($0.error) } ?? "no address of that name was found"
        case is ChannelError: "the connection is closed"
        default: ForeignError.words(error)
        }
    }

    package static func text(_ number: Int32) -> String {
        switch number {
        case ECONNREFUSED: "nobody listens there"
        case ENOENT: "there is no such socket"
        case EACCES, EPERM: "this user may not open the socket"
        case EADDRINUSE: "another process has this address"
        case EPIPE, ECONNRESET: "the other side closed it"
        default: unsafe strerror(number).map { unsafe String(cString: $0) } ?? "errno \(number)"
        }
    }
}
