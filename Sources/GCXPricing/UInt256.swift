/// A sum of products too wide for 128 bits: just enough arithmetic for one exact division at the end.
struct UInt256: Equatable {
    var high: UInt128
    var low: UInt128

    static let zero = UInt256(high: 0, low: 0)

    /// Nil when the sum needs more than 256 bits.
    func adding(_ other: UInt256) -> UInt256? {
        let (low, carry) = low.addingReportingOverflow(other.low)
        let (high, overflow) = high.addingReportingOverflow(other.high)
        let (carried, overflowAgain) = high.addingReportingOverflow(carry ? 1 : 0)
        return overflow || overflowAgain ? nil : UInt256(high: carried, low: low)
    }

    /// `left × middle × right`; nil when it needs more than 256 bits.
    static func product(_ left: UInt128, _ middle: UInt128, _ right: UInt128) -> UInt256? {
        // What fits 128 bits, which is nearly every bill, needs no wider product.
        let (narrow, isWide) = left.multipliedReportingOverflow(by: middle)
        let (all, isWider) = narrow.multipliedReportingOverflow(by: right)
        if !isWide, !isWider { return UInt256(high: 0, low: all) }
        let first = left.multipliedFullWidth(by: middle)
        let low = first.low.multipliedFullWidth(by: right)
        let high = first.high.multipliedReportingOverflow(by: right)
        let (top, overflow) = high.partialValue.addingReportingOverflow(low.high)
        return high.overflow || overflow ? nil : UInt256(high: top, low: low.low)
    }

    /// Quotient, rounded down, and remainder; nil when the quotient needs more than 128 bits.
    func divided(by divisor: UInt128) -> (quotient: UInt128, remainder: UInt128)? {
        guard high < divisor else { return nil }
        guard high > 0 else { return low.quotientAndRemainder(dividingBy: divisor) }
        return divisor.dividingFullWidth((high, low))
    }
}
