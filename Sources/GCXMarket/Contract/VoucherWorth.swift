package import GCXModel

/// What vouchers of a lease are worth, by its money, its rate cap and the state of its end.
///
/// The ledger pays claims by it, the agent takes vouchers by it, and the buyer's side signs none that it does not let be paid.
/// Each has its own clock and its own view of the lease.
package struct VoucherWorth: Equatable, Sendable {
    /// Until when claims are taken.
    package enum Claims: Equatable, Sendable {
        /// Nobody has asked to close.
        case open
        /// The payer has; Unix seconds of the first moment without claims.
        case before(UInt64)
        case over
    }

    package var deposit: Amount
    /// Paid so far.
    package var settled: Amount
    package var cap: RateCap
    package var claims: Claims
    /// Whether a voucher that is worth less than it says is paid in part.
    package var paysInPart: Bool

    package init(deposit: Amount, settled: Amount, cap: RateCap, claims: Claims, paysInPart: Bool) {
        self.deposit = deposit
        self.settled = settled
        self.cap = cap
        self.claims = claims
        self.paysInPart = paysInPart
    }

    /// Of a lease of which nobody has asked for the end.
    ///
    /// - Parameter openedAt: the ledger's Unix seconds.
    package init(open terms: LeaseTerms, openedAt: UInt64, deposit: Amount) {
        self.init(
            deposit: deposit, settled: .zero, cap: RateCap(terms, openedAt: openedAt), claims: .open, paysInPart: false)
    }

    /// The most that a claim at that moment of the ledger's clock may say to be paid as a whole: rate cap and deposit, and
    /// nothing once claims are over.
    ///
    /// It never falls while the lease is open, so a voucher that was payable once stays so until the window ends.
    package func payable(at time: UInt64) -> Amount {
        switch claims {
        case .open: break
        case .before(let end): guard time < end else { return .zero }
        case .over: return .zero
        }
        return min(deposit, cap.allowed(at: time))
    }

    /// What is paid in all after a claim of so much at that moment of the ledger's clock; what is ``settled`` already when
    /// the claim pays nothing.
    package func payment(of cumulative: Amount, at time: UInt64) -> Amount {
        let payable = payable(at: time)
        guard cumulative <= payable || paysInPart else { return settled }
        return max(settled, min(cumulative, payable))
    }
}
