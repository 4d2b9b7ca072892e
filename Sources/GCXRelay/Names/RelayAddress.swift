import GCXModel

/// Where a relay is dialled, `HOST:PORT`, and so its name: what a machine signs when it registers there.
package struct RelayAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name, or an address without brackets.
    package let host: String
    package let port: UInt16

    /// - Parameter text: `relay.example:443`, `192.0.2.7:443` or `[2001:db8::7]:443`.
    /// - Throws: ``RelayError/addressMalformed(_:)``.
    package init(_ text: String) throws(RelayError) {
        let parts = text.hasPrefix("[") ? Self.bracketed(text) : Self.plain(text)
        guard let (host, digits) = parts, let port = UInt16(digits: digits), port > 0, Self.isHost(host) else {
            throw .addressMalformed(text)
        }
        self.host = host
        self.port = port
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    private static func plain(_ text: String) -> (String, Substring)? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let host = parts.first, let digits = parts.last else { return nil }
        return (String(host), digits)
    }

    private static func bracketed(_ text: String) -> (String, Substring)? {
        let parts = text.dropFirst().split(separator: "]", omittingEmptySubsequences: false)
        guard parts.count == 2, let host = parts.first, host.contains(":"), let rest = parts.last, rest.first == ":"
        else {
            return nil
        }
        return (String(host), rest.dropFirst())
    }

    private static func isHost(_ text: String) -> Bool {
        (1...HelloLimits.nameBytesMax).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                // bounded here: constants
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"): true
                default: false
                }
            }
    }
}
