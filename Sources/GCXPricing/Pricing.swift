package import GCXModel

/// The only place that multiplies, divides or rounds an `Amount`.
package enum Pricing {
    /// Nanoseconds in an hour.
    static let hourNanoseconds: UInt128 = 3_600_000_000_000
    /// Byte-seconds in a GiB-hour.
    static let gibHourByteSeconds: UInt128 = 3_600 << 30
    /// The least number that both of the above and 2^30 divide: 3600 × 2^30 × 5^9. All terms are summed over it, so
    /// that there is one rounding and not one for each resource.
    static let denominator: UInt128 = gibHourByteSeconds * 1_953_125  // bounded: of two constants, below 2^63

    /// The amount owed since the lease began, rounded down once.
    ///
    /// - Parameters:
    ///   - usage: cumulative, in ns, byte-seconds and bytes.
    ///   - rates: base units per hour, GiB-hour and GiB.
    /// - Returns: `floor(Σ usage × rate)`, exact; it never falls when a usage grows.
    /// - Throws: ``PricingError/overflow(usage:rate:)``; the previous receipt stays valid.
    /// - Complexity: six 256-bit products and one division, no allocation.
    package static func amountOwed(_ usage: Usage, rates: Rates) throws(PricingError) -> Amount {
        var sum = UInt256.zero
        for term in terms(usage, rates) {
            guard let product = UInt256.product(term.quantity, term.rate.value, term.weight),
                let larger = sum.adding(product)
            else { throw .overflow(usage: "\(term.quantity) \(term.unit)", rate: term.rate) }
            sum = larger
        }
        guard let (quotient, _) = sum.divided(by: denominator) else {
            throw .overflow(usage: "everything used", rate: terms(usage, rates).map(\.rate).max() ?? .zero)
        }
        return Amount(quotient)
    }

    /// `amount × part / whole`, rounded down, exact; all of it where the part is the whole or more.
    ///
    /// - Complexity: O(1), no allocation.
    package static func share(_ amount: Amount, _ part: UInt128, of whole: UInt128) -> Amount {
        guard part < whole else { return amount }
        let (quotient, _) = whole.dividingFullWidth(amount.value.multipliedFullWidth(by: part))
        return Amount(quotient)
    }

    /// What an hourly amount comes to in `seconds`, rounded down.
    package static func accrued(hourly: Amount, seconds: UInt64) throws(PricingError) -> Amount {
        guard let (quotient, _) = UInt256.product(hourly.value, UInt128(seconds), 1)?.divided(by: 3_600) else {
            throw .overflow(usage: "\(seconds) s", rate: hourly)
        }
        return Amount(quotient)
    }

    /// What `seconds` cost at the most, with every leased resource in full use all the time, rounded up.
    ///
    /// Egress is not in it: it is bought by the GiB and bounded by the deposit.
    package static func ceiling(
        _ resources: Resources, rates: Rates, seconds: UInt64
    ) throws(PricingError) -> Amount {
        let owed = try amountOwed(fullUse(of: resources, seconds: seconds), rates: rates)
        guard let roundedUp = owed.adding(1) else { throw .overflow(usage: "\(seconds) s", rate: owed) }
        return owed == .zero && isFree(rates) ? .zero : roundedUp
    }

    /// What sending for so long costs at the most, rounded up.
    ///
    /// - Parameter bytesPerSecond: the most that can be sent.
    package static func egressCeiling(
        bytesPerSecond: UInt64, rates: Rates, seconds: UInt64
    ) throws(PricingError) -> Amount {
        var most = Usage.zero
        most.egressBytes = bytesPerSecond.saturatingProduct(seconds)
        let owed = try amountOwed(most, rates: rates)
        guard owed > .zero, let roundedUp = owed.adding(1) else { return owed }
        return roundedUp
    }

    /// The ceiling of one hour: what demands compare and rate caps are made of.
    package static func hourlyCeiling(_ resources: Resources, rates: Rates) throws(PricingError) -> Amount {
        try ceiling(resources, rates: rates, seconds: 3_600)
    }

    /// Whole seconds that `amount` pays at `hourly`, rounded down; nil when they are without end.
    package static func secondsCovered(by amount: Amount, hourly: Amount) -> UInt64? {
        guard hourly.value > 0, let (quotient, _) = UInt256.product(amount.value, 3_600, 1)?.divided(by: hourly.value)
        else { return nil }
        return UInt64(clamping: quotient)
    }

    /// `1 / parts` of an amount, rounded down. Precondition: `parts` is not zero.
    package static func share(_ amount: Amount, parts: UInt64) -> Amount {
        precondition(parts > 0, "an amount is shared among at least one")
        return Amount(amount.value / UInt128(parts))  // bounded: the precondition above
    }

    /// Every leased resource used to the full for `seconds`.
    package static func fullUse(of resources: Resources, seconds: UInt64) -> Usage {
        // bounded here: products of two 64-bit numbers at most, in 128 bits
        let nanoseconds = Nanoseconds.of(seconds: seconds)
        func times(_ count: UInt32) -> UInt64 { UInt64(clamping: UInt128(nanoseconds) * UInt128(count)) }
        return Usage(
            leaseNanoseconds: nanoseconds, coreNanoseconds: times(resources.cores),
            memoryByteSeconds: ByteSeconds(UInt128(resources.memoryBytes) * UInt128(seconds)),
            gpuNanoseconds: times(resources.gpus),
            storageByteSeconds: ByteSeconds(UInt128(resources.storageBytes) * UInt128(seconds)), egressBytes: 0)
    }

    private struct Term {
        /// For the error alone: a text for each term of each bill would cost more than the bill.
        let unit: StaticString
        let quantity: UInt128
        let rate: Amount
        /// `denominator` divided by the quantity that one rate unit buys.
        let weight: UInt128
    }

    private static func terms(_ usage: Usage, _ rates: Rates) -> [Term] {
        // bounded here: of constants
        let perHour = denominator / hourNanoseconds
        let perGiBHour = denominator / gibHourByteSeconds
        return [
            Term(
                unit: "ns of lease", quantity: UInt128(usage.leaseNanoseconds), rate: rates.leaseHour, weight: perHour),
            Term(unit: "ns of CPU", quantity: UInt128(usage.coreNanoseconds), rate: rates.coreHour, weight: perHour),
            Term(
                unit: "byte-seconds of memory", quantity: usage.memoryByteSeconds.value, rate: rates.memoryGiBHour,
                weight: perGiBHour),
            Term(unit: "ns of GPU", quantity: UInt128(usage.gpuNanoseconds), rate: rates.gpuHour, weight: perHour),
            Term(
                unit: "byte-seconds of storage", quantity: usage.storageByteSeconds.value, rate: rates.storageGiBHour,
                weight: perGiBHour),
            Term(
                unit: "bytes of egress", quantity: UInt128(usage.egressBytes), rate: rates.egressGiB,
                weight: denominator >> 30),
        ]
    }

    private static func isFree(_ rates: Rates) -> Bool {
        [rates.leaseHour, rates.coreHour, rates.memoryGiBHour, rates.gpuHour, rates.storageGiBHour]
            .allSatisfy { $0 == .zero }
    }
}
