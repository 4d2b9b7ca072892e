/// Logarithms and powers of two in whole numbers, so that a rating is the same on every machine.
///
/// A logarithm is a signed number of 2^-32: 32 bits behind the point, each exact but the last.
enum BinaryLogarithm {
    private static let fractionBits = 32
    /// A factor in [1, 2) is a number of 2^-62.
    private static let unit: UInt64 = 1 << 62

    /// log2 of a number, rounded down to 2^-32. Nil for 0.
    ///
    /// - Complexity: 32 products; each squaring of the factor gives one more bit.
    static func of(_ number: UInt64) -> Int64? {
        guard number > 0 else { return nil }
        // bounded here: a number above 0 has at most 63 zeros before it; a factor is below 2^63
        let whole = 63 - number.leadingZeroBitCount
        var factor = whole <= 62 ? number << (62 - whole) : number >> 1
        var result = Int64(whole)
        for _ in 0..<fractionBits {
            var square = UInt64(truncatingIfNeeded: (UInt128(factor) * UInt128(factor)) >> 62)
            result <<= 1
            if square >= unit << 1 {
                result |= 1
                square >>= 1
            }
            factor = square
        }
        return result
    }

    /// `scale` × 2^logarithm, rounded to the nearest; the largest number where it does not fit.
    static func power(_ logarithm: Int64, scale: UInt32) -> UInt64 {
        // bounded here: a factor is below 2^63, a scale below 2^32; a shift from 32 to 126 is left
        let whole = logarithm >> fractionBits
        var factor = unit
        for (position, root) in roots.enumerated() where logarithm >> (31 - position) & 1 == 1 {
            factor = UInt64(truncatingIfNeeded: (UInt128(factor) * UInt128(root)) >> 62)
        }
        let scaled = UInt128(factor) * UInt128(scale)
        guard whole < 31 else { return .max }
        let shift = 62 - Int(whole)
        guard shift < 127 else { return 0 }
        return UInt64(clamping: (scaled + (1 << UInt128(shift - 1))) >> UInt128(shift))
    }

    /// 2^(1/2), 2^(1/4), … in units of 2^-62, each the root of the one before.
    private static let roots: [UInt64] = {
        var roots: [UInt64] = []
        // bounded here: 2^63 at most, and the candidates are below 2^64: all fit 128 bits
        var last = unit << 1
        for _ in 0..<fractionBits {
            last = squareRoot(UInt128(last) << 62)
            roots.append(last)
        }
        return roots
    }()

    /// The square root of a number below 2^126, rounded down: bit by bit from the top.
    private static func squareRoot(_ number: UInt128) -> UInt64 {
        var root: UInt128 = 0
        for bit in stride(from: 63, through: 0, by: -1) {
            // bounded here: bits from 63 to 0, so a candidate is below 2^64
            let candidate = root | (1 << UInt128(bit))
            if candidate * candidate <= number { root = candidate }
        }
        return UInt64(truncatingIfNeeded: root)
    }
}
