import GCXModel
import Testing

@testable import GCXPricing

@Suite("Sums of products beyond 128 bits")
struct UInt256Tests {
    private static let most = UInt128.max

    /// Numbers at which a carry begins or a half is full.
    private static let edges: [UInt128] = [
        0, 1, 2, 3, 1 << 63, 1 << 64, (1 << 64) - 1, 1 << 127, (1 << 127) - 1, most - 1, most,
    ]

    /// The same by schoolbook multiplication of 32-bit digits, least first; written without the code it checks.
    private static func plain(_ factors: [UInt128]) -> [UInt64] {
        factors.reduce([1]) { product, factor in
            let digits = (0..<4).map { UInt64(truncatingIfNeeded: factor >> UInt128(32 * $0)) & 0xFFFF_FFFF }
            var sum = [UInt64](repeating: 0, count: product.count + digits.count)
            for (i, a) in product.enumerated() {
                var carry: UInt64 = 0
                for (j, b) in digits.enumerated() {
                    let total = sum[i + j] + a * b + carry
                    (sum[i + j], carry) = (total & 0xFFFF_FFFF, total >> 32)
                }
                sum[i + digits.count] += carry
            }
            return sum
        }
    }

    private static func digits(_ number: UInt256) -> [UInt64] {
        [number.low, number.high].flatMap { half in
            (0..<4).map { UInt64(truncatingIfNeeded: half >> UInt128(32 * $0)) & 0xFFFF_FFFF }
        }
    }

    @Test("a product is the schoolbook's, or nothing when that has more than 256 bits", arguments: edges)
    func products(_ left: UInt128) {
        for middle in Self.edges {
            for right in Self.edges {
                let plain = Self.plain([left, middle, right])
                let product = UInt256.product(left, middle, right)
                let fits = plain.dropFirst(8).allSatisfy { $0 == 0 }
                #expect(
                    product.map(Self.digits) == (fits ? Array(plain.prefix(8)) : nil), "\(left) × \(middle) × \(right)")
            }
        }
    }

    @Test("a sum carries into its upper half, and is nothing beyond it")
    func sums() {
        func sum(_ left: UInt256, _ right: UInt256) -> UInt256? { left.adding(right) }
        #expect(sum(UInt256(high: 0, low: Self.most), UInt256(high: 0, low: 1)) == UInt256(high: 1, low: 0))
        #expect(sum(UInt256(high: 3, low: 5), UInt256(high: 4, low: 6)) == UInt256(high: 7, low: 11))
        #expect(sum(UInt256(high: Self.most, low: Self.most), .zero) == UInt256(high: Self.most, low: Self.most))
        #expect(sum(UInt256(high: Self.most, low: Self.most), UInt256(high: 0, low: 1)) == nil)
        #expect(sum(UInt256(high: Self.most, low: 0), UInt256(high: 1, low: 0)) == nil)
        #expect(sum(UInt256(high: Self.most - 1, low: 1), UInt256(high: 1, low: Self.most)) == nil)
    }

    @Test(
        "a quotient and its remainder give the number back, and what needs more than 128 bits is nothing",
        arguments: edges)
    func quotients(_ low: UInt128) {
        for high in Self.edges {
            for divisor in Self.edges where divisor > 0 {
                let number = UInt256(high: high, low: low)
                guard let (quotient, remainder) = number.divided(by: divisor) else {
                    #expect(high >= divisor, "\(high), \(low) / \(divisor)")
                    continue
                }
                #expect(high < divisor && remainder < divisor, "\(high), \(low) / \(divisor)")
                let back = UInt256.product(quotient, divisor, 1)?.adding(UInt256(high: 0, low: remainder))
                #expect(back == number, "\(high), \(low) / \(divisor)")
            }
        }
        #expect(UInt256(high: 0, low: low).divided(by: 0)?.quotient == nil)
    }
}
