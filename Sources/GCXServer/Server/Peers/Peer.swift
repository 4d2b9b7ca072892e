import Glibc
import NIOCore

/// Who is at the other end of a connection, as far as the kernel says so. Bounds are counted for each.
enum Peer: Hashable, Sendable {
    /// The user of a process on this machine.
    case user(UInt32)
    /// Everybody who comes through the loopback interface. Any process may take any address of 127.0.0.0/8, and the far
    /// ends of a tunnel look alike, so they share one account.
    case loopback

    /// Whether the machine's owner is there: root, or the user of the server itself.
    var isOwner: Bool { self == .user(0) || self == .user(geteuid()) }

    /// Source: unix(7), SO_PEERCRED: the credentials at the time of connect(2), which nobody can forge.
    static func of(_ channel: any Channel, isUnixSocket: Bool) -> EventLoopFuture<Peer> {
        guard isUnixSocket, let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeSucceededFuture(.loopback)
        }
        let credentials: EventLoopFuture<Credentials> = provider.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
        // Whoever is gone already gets the account of nobody.
        return credentials.map { .user($0.user) }.recover { _ in .user(.max) }
    }

    /// `struct ucred`.
    private struct Credentials: Sendable {
        var process: Int32 = 0
        var user: UInt32 = 0
        var group: UInt32 = 0
    }
}
