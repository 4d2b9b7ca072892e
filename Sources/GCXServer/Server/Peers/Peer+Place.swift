import GCXModel

extension Peer {
    /// Where it is, for people who want to know whether that is they.
    var place: Untrusted {
        switch self {
        case .user(let number): "user \(number) of the machine"
        case .loopback: "the machine itself"
        case .address(let bytes): Untrusted(Self.text(of: bytes))
        case .relayed(_, let bytes) where bytes.isEmpty: "somewhere behind a relay"
        case .relayed(_, let bytes): Untrusted("\(Self.text(of: bytes)), as a relay says")
        }
    }

    private static func text(of bytes: [UInt8]) -> String {
        bytes.count == 4 ? bytes.map { "\($0)" }.joined(separator: ".") : "\(groups(bytes))::/64"
    }

    /// The first half of an IPv6 address: four groups, each without zeros at its beginning (RFC 5952, 4.1).
    private static func groups(_ bytes: [UInt8]) -> String {
        // bounded here: pairs that are there, of 8 bits each
        stride(from: 0, to: bytes.count - bytes.count % 2, by: 2).map { place in
            String(UInt16(bytes[place]) << 8 | UInt16(bytes[place + 1]), radix: 16)
        }.joined(separator: ":")
    }
}
