/// A whole 128-bit count that JSON carries as decimal text, because JSON readers round large numbers.
package protocol DecimalCoded: Codable, Hashable, Comparable, Sendable, CustomStringConvertible,
    LosslessStringConvertible
{
    var value: UInt128 { get }
    init(_ value: UInt128)
}

extension DecimalCoded {
    package static var zero: Self { Self(UInt128(0)) }

    /// Nil unless the text is decimal digits of a value below 2^128, without sign, space or leading zero.
    package init?(_ description: String) {
        let digits = description.utf8
        // bounded: constants
        guard !digits.isEmpty, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            digits.count == 1 || digits.first != UInt8(ascii: "0"), let value = UInt128(description)
        else { return nil }
        self.init(value)
    }

    package var description: String { String(value) }

    package static func < (left: Self, right: Self) -> Bool { left.value < right.value }

    /// Nil when the sum does not fit.
    package func adding(_ other: Self) -> Self? {
        let (sum, overflow) = value.addingReportingOverflow(other.value)
        return overflow ? nil : Self(sum)
    }

    /// Nil when `other` is larger.
    package func subtracting(_ other: Self) -> Self? {
        other.value <= value ? Self(value - other.value) : nil  // bounded: the smaller from the larger
    }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let parsed = Self(text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription:
                        "a decimal number below 2^128 stands here as text, not “\(PlainText.excerpt(text))”"))
        }
        self = parsed
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Money: a whole number of token base units.
///
/// Only `GCXPricing` multiplies, divides or rounds one; everybody may add and compare.
package struct Amount: DecimalCoded, ExpressibleByIntegerLiteral {
    package let value: UInt128
    package init(_ value: UInt128) { self.value = value }
    package init(integerLiteral value: UInt64) { self.init(UInt128(value)) }
}

/// Bytes held, times the seconds they were held.
package struct ByteSeconds: DecimalCoded, ExpressibleByIntegerLiteral {
    package let value: UInt128
    package init(_ value: UInt128) { self.value = value }
    package init(integerLiteral value: UInt64) { self.init(UInt128(value)) }
}
