/// A value of a fixed number of bytes, written as `0x` and hexadecimal digits in JSON and text.
package protocol FixedBytes: Codable, Hashable, Sendable, CustomStringConvertible, LosslessStringConvertible,
    CodingKeyRepresentable
{
    /// The number of bytes.
    static var length: Int { get }
    /// Exactly ``length`` bytes.
    var bytes: [UInt8] { get }
    /// Called with exactly ``length`` bytes.
    init(checkedBytes: [UInt8])
}

extension FixedBytes {
    /// Nil unless there are exactly ``length`` bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.length else { return nil }
        self.init(checkedBytes: bytes)
    }

    /// Nil unless the text is ``length`` bytes in hexadecimal, with or without `0x`.
    package init?(_ description: String) {
        guard let bytes = Hex.decode(description) else { return nil }
        self.init(bytes: bytes)
    }

    /// All bytes zero: "none".
    package static var zero: Self { Self(checkedBytes: [UInt8](repeating: 0, count: length)) }

    /// Random bytes from the system's generator.
    package static func random() -> Self {
        // bounded: a constant of the type
        Self(checkedBytes: (0..<length).map { _ in UInt8.random(in: .min ... .max) })
    }

    package var description: String { Hex.encode(bytes) }

    /// The first eight digits, for people; never for comparing.
    package var short: String { "0x" + Hex.encodeBare(bytes.prefix(4)) }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let value = Self(text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription:
                        "\(NumberText.count(Self.length, "byte")) in hexadecimal stand here, not “\(PlainText.excerpt(text))”"
                ))
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    package var codingKey: any CodingKey { TextKey(description) }

    package init?(codingKey: some CodingKey) {
        self.init(codingKey.stringValue)
    }
}

/// A coding key that is just its text.
package struct TextKey: CodingKey {
    package let stringValue: String
    package var intValue: Int? { nil }

    package init(_ text: String) { stringValue = text }
    package init?(stringValue: String) { self.stringValue = stringValue }
    package init?(intValue: Int) { nil }
}

/// An account: the last 20 bytes of the Keccak-256 digest of a public key.
package struct Address: FixedBytes {
    package static let length = 20
    package let bytes: [UInt8]
    package init(checkedBytes: [UInt8]) { bytes = checkedBytes }
}

/// A 32-byte digest, id or nonce.
package struct Digest: FixedBytes, Comparable {
    package static let length = 32
    package let bytes: [UInt8]
    package init(checkedBytes: [UInt8]) { bytes = checkedBytes }

    /// Byte order, for listings and tie breaks that everybody computes alike.
    package static func < (left: Digest, right: Digest) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

/// A recoverable secp256k1 signature: r (32), s (32), v (27 or 28).
package struct Signature: FixedBytes {
    package static let length = 65
    package let bytes: [UInt8]
    package init(checkedBytes: [UInt8]) { bytes = checkedBytes }
}

/// The id of a lease: the digest of its ``LeaseTerms`` in the ledger's domain.
package typealias LeaseID = Digest
