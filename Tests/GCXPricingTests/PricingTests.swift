import GCXModel
import GCXPricing
import Testing

/// Seeded, so that a failure is a number to replay.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Fractions over one denominator by schoolbook long arithmetic in base 10^9: slow, and written without the code it checks.
struct Oracle {
    /// Digits in base 10^9, least first.
    private var digits: [UInt64] = []
    private static let base: UInt64 = 1_000_000_000

    static func owed(_ usage: Usage, _ rates: Rates) -> UInt128 {
        // Over 3600 × 10^9 × 2^30: a multiple of every unit, and another one than the code under test uses.
        var sum = Oracle()
        for time in [
            (UInt128(usage.leaseNanoseconds), rates.leaseHour), (UInt128(usage.coreNanoseconds), rates.coreHour),
            (UInt128(usage.gpuNanoseconds), rates.gpuHour),
        ] { sum.add([time.0, time.1.value, 1 << 30]) }
        for held in [
            (usage.memoryByteSeconds.value, rates.memoryGiBHour),
            (usage.storageByteSeconds.value, rates.storageGiBHour),
        ] { sum.add([held.0, held.1.value, 1_000_000_000]) }
        sum.add([UInt128(usage.egressBytes), rates.egressGiB.value, 3_600_000_000_000])
        return sum.divided(by: [3_600, 1_000_000_000, 1 << 30])
    }

    private mutating func add(_ factors: [UInt128]) {
        var product: [UInt64] = [1]
        for factor in factors { product = Self.multiply(product, Self.split(factor)) }
        var carry: UInt64 = 0
        for index in 0..<(max(digits.count, product.count) + 1) {
            if index == digits.count { digits.append(0) }
            let total = digits[index] + (index < product.count ? product[index] : 0) + carry
            digits[index] = total % Self.base
            carry = total / Self.base
        }
    }

    private func divided(by divisors: [UInt64]) -> UInt128 {
        var quotient = digits
        for divisor in divisors {
            var remainder: UInt128 = 0
            for index in quotient.indices.reversed() {
                let current = remainder * UInt128(Self.base) + UInt128(quotient[index])
                quotient[index] = UInt64(current / UInt128(divisor))
                remainder = current % UInt128(divisor)
            }
        }
        return quotient.reversed().reduce(0) { $0 * UInt128(Self.base) + UInt128($1) }
    }

    private static func split(_ value: UInt128) -> [UInt64] {
        var (rest, digits) = (value, [UInt64]())
        repeat {
            digits.append(UInt64(rest % UInt128(base)))
            rest /= UInt128(base)
        } while rest > 0
        return digits
    }

    private static func multiply(_ left: [UInt64], _ right: [UInt64]) -> [UInt64] {
        var result = [UInt64](repeating: 0, count: left.count + right.count + 1)
        for (i, a) in left.enumerated() {
            var carry: UInt128 = 0
            for j in 0..<(right.count + 1) {
                let total = UInt128(result[i + j]) + UInt128(a) * UInt128(j < right.count ? right[j] : 0) + carry
                result[i + j] = UInt64(total % UInt128(base))
                carry = total / UInt128(base)
            }
        }
        return result
    }
}

@Suite("Pricing")
struct PricingTests {
    static let free = Rates(
        leaseHour: 0, coreHour: 0, memoryGiBHour: 0, gpuHour: 0, storageGiBHour: 0, egressGiB: 0)

    static func usage(_ random: inout SplitMix) -> Usage {
        let bits = UInt64.random(in: 1...50, using: &random)
        func count() -> UInt64 { UInt64.random(in: 0...(1 << bits), using: &random) }
        return Usage(
            leaseNanoseconds: count(), coreNanoseconds: count(),
            memoryByteSeconds: ByteSeconds(UInt128(count()) << 20), gpuNanoseconds: count(),
            storageByteSeconds: ByteSeconds(UInt128(count()) << 10), egressBytes: count())
    }

    static func rates(_ random: inout SplitMix) -> Rates {
        func rate() -> Amount { Amount(UInt128(UInt64.random(in: 0...(1 << 40), using: &random))) }
        return Rates(
            leaseHour: rate(), coreHour: rate(), memoryGiBHour: rate(), gpuHour: rate(), storageGiBHour: rate(),
            egressGiB: rate())
    }

    @Test("a share is rounded down, never more than the whole, and exact at the ends of 128 bits")
    func shares() {
        #expect(Pricing.share(10, 1, of: 3) == 3)
        #expect(Pricing.share(10, 0, of: 3) == .zero)
        #expect(Pricing.share(10, 3, of: 3) == 10)
        #expect(Pricing.share(10, 4, of: 3) == 10)
        #expect(Pricing.share(10, 0, of: 0) == 10)
        #expect(Pricing.share(Amount(.max), .max - 1, of: .max) == Amount(.max - 1))
        #expect(Pricing.share(Amount(.max), 1, of: .max) == 1)
    }

    @Test("one hour of one core costs exactly the rate, and a nanosecond less costs one unit less")
    func oneHour() throws {
        var rates = Self.free
        rates.coreHour = 3_600_000_000_000
        var usage = Usage.zero
        usage.coreNanoseconds = 3_600_000_000_000
        #expect(try Pricing.amountOwed(usage, rates: rates) == 3_600_000_000_000)
        usage.coreNanoseconds -= 1
        #expect(try Pricing.amountOwed(usage, rates: rates) == 3_599_999_999_999)
    }

    @Test("halves of a unit from two resources add up to one: there is one rounding, not one for each")
    func oneRounding() throws {
        var rates = Self.free
        (rates.coreHour, rates.memoryGiBHour) = (1, 1)
        var usage = Usage.zero
        usage.coreNanoseconds = 1_800_000_000_000
        usage.memoryByteSeconds = ByteSeconds((3_600 << 30) / 2)
        #expect(try Pricing.amountOwed(usage, rates: rates) == 1)
        usage.coreNanoseconds -= 1
        #expect(try Pricing.amountOwed(usage, rates: rates) == 0)
    }

    @Test("the amount is that of long arithmetic", arguments: [1, 2, 3, UInt64.random(in: 0 ... .max)])
    func againstOracle(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        for _ in 0..<200 {
            let (usage, rates) = (Self.usage(&random), Self.rates(&random))
            #expect(try Pricing.amountOwed(usage, rates: rates).value == Oracle.owed(usage, rates), "seed \(seed)")
        }
    }

    @Test("more usage never costs less", arguments: [4, 5, UInt64.random(in: 0 ... .max)])
    func monotone(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        for _ in 0..<200 {
            let rates = Self.rates(&random)
            var usage = Self.usage(&random)
            let before = try Pricing.amountOwed(usage, rates: rates)
            usage.coreNanoseconds += UInt64.random(in: 0...1_000_000, using: &random)
            usage.egressBytes += UInt64.random(in: 0...1_000, using: &random)
            #expect(try Pricing.amountOwed(usage, rates: rates) >= before, "seed \(seed)")
        }
    }

    @Test("whatever fits into the lease costs no more than its ceiling", arguments: [6, UInt64.random(in: 0 ... .max)])
    func ceiling(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        for _ in 0..<200 {
            let resources = Resources(cores: 4, memoryBytes: 1 << 33, storageBytes: 1 << 34, gpus: 1)
            let rates = Self.rates(&random)
            let seconds = UInt64.random(in: 1...100_000, using: &random)
            var usage = Pricing.fullUse(of: resources, seconds: seconds)
            usage.coreNanoseconds = UInt64.random(in: 0...usage.coreNanoseconds, using: &random)
            let owed = try Pricing.amountOwed(usage, rates: rates)
            #expect(owed <= (try Pricing.ceiling(resources, rates: rates, seconds: seconds)), "seed \(seed)")
        }
    }

    @Test("an amount beyond 128 bits is an error and not a small amount")
    func overflow() {
        var rates = Self.free
        rates.coreHour = Amount(.max)
        var usage = Usage.zero
        usage.coreNanoseconds = .max
        #expect(throws: PricingError.self) { try Pricing.amountOwed(usage, rates: rates) }
        #expect(throws: PricingError.self) { try Pricing.accrued(hourly: Amount(.max), seconds: 3_601) }
    }

    @Test("what accrues is rounded down, and an hour of it is the hourly amount")
    func accrued() throws {
        #expect(try Pricing.accrued(hourly: 7_200, seconds: 1) == 2)
        #expect(try Pricing.accrued(hourly: 3_599, seconds: 1) == 0)
        #expect(try Pricing.accrued(hourly: Amount(.max), seconds: 3_600) == Amount(.max))
        #expect(Pricing.secondsCovered(by: 2, hourly: 7_200) == 1)
        #expect(Pricing.secondsCovered(by: 2, hourly: 0) == nil)
    }
}
