import Glibc
import NIOCore

/// Who is at the other end of a connection, as far as the kernel says so. Bounds are counted for each.
enum Peer: Hashable, Sendable {
    /// The user of a process on this machine.
    case user(UInt32)
    /// Everybody who comes through the loopback interface. Any process may take any address of 127.0.0.0/8, and the far
    /// ends of a tunnel look alike, so they share one account.
    case loopback
    /// An IPv4 address, or the first half of an IPv6 address: a household or a server has all that follow it.
    case address([UInt8])
    /// A buyer behind a relay, by the relay's number and what it says of the buyer's address. A relay may lie, so nothing but its own
    /// places depends on it.
    case relayed(by: UInt8, [UInt8])

    /// The relay that it comes through.
    var relay: UInt8? {
        if case .relayed(let relay, _) = self { relay } else { nil }
    }

    /// Whether the machine's owner is there: root, or the user of the server itself.
    var isOwner: Bool { self == .user(0) || self == .user(geteuid()) }

    /// Source: unix(7), SO_PEERCRED: the credentials at the time of connect(2), which nobody can forge.
    static func of(_ channel: any Channel, isUnixSocket: Bool) -> EventLoopFuture<Peer> {
        guard isUnixSocket, let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeSucceededFuture(Peer(channel.remoteAddress))
        }
        let credentials: EventLoopFuture<Credentials> = provider.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
        // Whoever is gone already gets the account of nobody.
        return credentials.map { .user($0.user) }.recover { _ in .user(.max) }
    }

    /// Who comes from an address. Whoever is gone already comes through the loopback interface.
    ///
    /// Source: ip(7) and ipv6(7): behind family and port lies the address, in IPv6 behind four bytes of flow.
    init(_ address: SocketAddress?) {
        let bytes =
            unsafe address?.withSockAddr { pointer, size in
                unsafe Array(UnsafeRawBufferPointer(start: pointer, count: size))
            } ?? []
        switch address {
        case .v4: self = Self.of(Array(bytes.dropFirst(4).prefix(4)))
        case .v6: self = Self.of(Array(bytes.dropFirst(8).prefix(16)))
        default: self = .loopback
        }
    }

    /// - Parameter bytes: 4 or 16. An IPv4 address may stand in an IPv6 one (RFC 4291, 2.5.5.2).
    static func of(_ bytes: [UInt8]) -> Peer {
        let mapped: [UInt8] = [UInt8](repeating: 0, count: 10) + [255, 255]  // bounded: joins bytes
        if bytes.count == 16, bytes.starts(with: mapped) { return of(Array(bytes.suffix(4))) }
        if bytes.count == 4 { return bytes.first == 127 ? .loopback : .address(bytes) }
        let isOwn = bytes.last == 1 && bytes.dropLast().allSatisfy { $0 == 0 }
        return isOwn ? .loopback : .address(Array(bytes.prefix(8)))
    }

    /// `struct ucred`.
    private struct Credentials: Sendable {
        var process: Int32 = 0
        var user: UInt32 = 0
        var group: UInt32 = 0
    }
}
