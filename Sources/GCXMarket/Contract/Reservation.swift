package import GCXModel
package import GCXPricing

/// What a lease costs at least while it is open, used or not: nobody else gets what it holds.
///
/// The ledger pays it at the close without anybody's voucher; what was vouched for counts towards it. It is a part of what the
/// lease costs in full use, so it never exceeds that, and the deposit bounds it.
package struct Reservation: Equatable, Sendable {
    package var hourly: Amount
    /// Time counts from here: the start of the lease, or its opening if that was later. Unix seconds.
    package var from: UInt64
    /// Time stands still from here: the end of the lease, the payer's request to close, or the closing.
    package var until: UInt64

    package init(hourly: Amount, from: UInt64, until: UInt64) {
        self.hourly = hourly
        self.from = from
        self.until = until
    }

    /// What is due at a moment, rounded down. A sum beyond 128 bits is all there is.
    package func due(at time: UInt64) -> Amount {
        // It grows as a rate cap does that begins at nothing.
        RateCap(burst: .zero, hourly: hourly, from: from, until: until).allowed(at: time)
    }

    /// The hourly price of keeping these resources by the word of an offer; nil where it asks for none.
    ///
    /// - Throws: `PricingError` when the rates are too large to multiply.
    package static func hourly(
        _ resources: Resources, of offer: Offer
    ) throws(PricingError) -> Amount? {
        guard let percent = offer.conduct?.reservationPercent, percent > 0 else { return nil }
        let full = try Pricing.hourlyCeiling(resources, rates: offer.rates)
        return Pricing.share(full, UInt128(percent), of: 100)
    }
}
