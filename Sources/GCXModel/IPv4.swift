/// An IPv4 address; its text is four numbers with dots.
package struct IPv4Address: Hashable, Comparable, Sendable, LosslessStringConvertible {
    /// The first byte is the most significant.
    package let bits: UInt32

    package init(bits: UInt32) { self.bits = bits }

    /// Nil for anything but four numbers from 0 to 255; a leading zero is refused, because some read it as octal.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard part.utf8.allSatisfy({ (48...57).contains($0) }), let byte = UInt8(part, radix: 10), "\(byte)" == part
            else {
                return nil
            }
            bits = bits &<< 8 | UInt32(clamping: byte)
        }
        self.bits = bits
    }

    package static func < (left: IPv4Address, right: IPv4Address) -> Bool { left.bits < right.bits }

    package var description: String {
        ([24, 16, 8, 0] as [UInt32]).map { "\(bits >> $0 & 255)" }.joined(separator: ".")
    }

    /// The network of this address alone.
    package var alone: IPv4Network { IPv4Network(containing: self, prefix: 32) }
}

/// An IPv4 network, as `ADDRESS/PREFIX`; an address alone is a network of one.
package struct IPv4Network: Hashable, Sendable, LosslessStringConvertible {
    /// The lowest address.
    package let first: IPv4Address
    /// Bits that all addresses share, 0 to 32.
    package let prefix: UInt8

    /// The network of that size in which the address lies. Precondition: `prefix` is at most 32.
    package init(containing address: IPv4Address, prefix: UInt8) {
        precondition(prefix <= 32, "an IPv4 prefix has at most 32 bits")
        first = IPv4Address(bits: address.bits & Self.mask(prefix))
        self.prefix = prefix
    }

    /// Nil when bits beyond the prefix are set: whoever writes `10.1.2.3/8` means something else than `10.0.0.0/8`.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let address = parts.first.flatMap(IPv4Address.init) else { return nil }
        var prefix: UInt8 = 32
        if parts.count == 2, let text = parts.last {
            guard let number = UInt8(text, radix: 10), number <= 32, "\(number)" == text else { return nil }
            prefix = number
        }
        self.init(containing: address, prefix: prefix)
        guard first == address else { return nil }
    }

    /// The highest address.
    package var last: IPv4Address { IPv4Address(bits: first.bits | ~Self.mask(prefix)) }

    package var description: String { prefix == 32 ? "\(first)" : "\(first)/\(prefix)" }

    package func contains(_ address: IPv4Address) -> Bool { first <= address && address <= last }

    package func overlaps(_ other: IPv4Network) -> Bool { first <= other.last && other.first <= last }

    private static func mask(_ prefix: UInt8) -> UInt32 {
        prefix == 0 ? 0 : ~0 << UInt32(32 - prefix)  // bounded: a prefix is at most 32, `init` requires it
    }
}

/// A stretch of IPv4 addresses, both ends included.
package struct IPv4Range: Equatable, Sendable, CustomStringConvertible {
    package var first: IPv4Address
    package var last: IPv4Address

    package var description: String { first == last ? "\(first)" : "\(first)-\(last)" }

    /// The same addresses in the fewest ranges, in order, none touching another.
    package static func merged(_ networks: [IPv4Network]) -> [IPv4Range] {
        var ranges: [IPv4Range] = []
        for network in networks.sorted(by: { ($0.first, $0.last) < ($1.first, $1.last) }) {
            // bounded: the largest address is asked for first
            if let before = ranges.last, before.last.bits == .max || network.first.bits <= before.last.bits + 1 {
                ranges[ranges.count - 1].last = max(before.last, network.last)  // bounded: there is a last one
            } else {
                ranges.append(IPv4Range(first: network.first, last: network.last))
            }
        }
        return ranges
    }
}

extension IPv4Address: Codable {
    package init(from decoder: any Decoder) throws { self = try Self.read(decoder) }
    package func encode(to encoder: any Encoder) throws { try write(to: encoder) }
}

extension IPv4Network: Codable {
    package init(from decoder: any Decoder) throws { self = try Self.read(decoder) }
    package func encode(to encoder: any Encoder) throws { try write(to: encoder) }
}

extension LosslessStringConvertible {
    fileprivate static func read(_ decoder: any Decoder) throws -> Self {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let value = Self(text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "“\(PlainText.excerpt(text))” is no IPv4 address or network"))
        }
        return value
    }

    fileprivate func write(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
