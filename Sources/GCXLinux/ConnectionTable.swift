import GCXModel

/// The TCP connections over IPv4 of the network namespace that the calling thread is in.
package enum ConnectionTable {
    /// One end of a connection.
    package struct End: Hashable, Sendable {
        package var address: IPv4Address
        package var port: UInt16

        package init(_ address: IPv4Address, _ port: UInt16) { (self.address, self.port) = (address, port) }
    }

    /// A connection as one of its ends sees it. One between two sockets of this machine is seen from both.
    package struct Connection: Hashable, Sendable {
        package var own: End
        package var other: End

        package init(own: End, other: End) { (self.own, self.other) = (own, other) }
    }

    /// Those that stand now.
    package static func read() throws(LinuxError) -> Set<Connection> {
        established(in: try Files.text("/proc/thread-self/net/tcp"))
    }

    /// Source: proc(5), /proc/net/tcp: behind a number stand both ends, in hexadecimal digits and the address as it lies in memory,
    /// and the state; 01 is TCP_ESTABLISHED.
    static func established(in text: String) -> Set<Connection> {
        let found = text.split(separator: "\n").dropFirst().compactMap { line -> Connection? in
            let fields = line.split(separator: " ").dropFirst().prefix(3)
            guard fields.count == 3, fields.last == "01", let own = fields.first.flatMap(end),
                let other = fields.dropFirst().first.flatMap(end)
            else { return nil }
            return Connection(own: own, other: other)
        }
        return Set(found)
    }

    private static func end(_ field: Substring) -> End? {
        let parts = field.split(separator: ":")
        guard parts.count == 2, let bits = parts.first.flatMap({ UInt32($0, radix: 16) }),
            let port = parts.last.flatMap({ UInt16($0, radix: 16) })
        else { return nil }
        return End(IPv4Address(bits: UInt32(bigEndian: bits)), port)
    }
}
