package import GCXModel
import GCXPricing

/// How far vouchers may reach at a moment: `burst + hourly × time`, rounded down. It bounds what a stolen session key can pay
/// away, and what a machine can bill for time that has not passed.
///
/// A part of ``VoucherWorth``.
package struct RateCap: Equatable, Sendable {
    package var burst: Amount
    /// Growth in an hour.
    package var hourly: Amount
    /// Time counts from here: the start of the lease, or its opening if that was later. Unix seconds.
    package var from: UInt64
    /// Time stands still from here: the payer's request to close, or the closing. Nil while the lease is open.
    package var until: UInt64?

    package init(burst: Amount, hourly: Amount, from: UInt64, until: UInt64?) {
        self.burst = burst
        self.hourly = hourly
        self.from = from
        self.until = until
    }

    /// That of a lease that was opened at a moment of the ledger's clock.
    package init(_ terms: LeaseTerms, openedAt: UInt64, until: UInt64? = nil) {
        self.init(
            burst: terms.burst, hourly: terms.hourlyCap, from: max(openedAt, terms.startsAt), until: until)
    }

    /// The most that a voucher may say at that moment. A cap beyond 128 bits is no cap.
    package func allowed(at time: UInt64) -> Amount {
        let end = until.map { min($0, time) } ?? time
        let seconds = end > from ? end - from : 0  // bounded: the smaller from the larger
        guard let accrued = try? Pricing.accrued(hourly: hourly, seconds: seconds), let sum = burst.adding(accrued)
        else { return Amount(.max) }
        return sum
    }
}
