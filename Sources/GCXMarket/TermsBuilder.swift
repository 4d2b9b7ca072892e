package import GCXModel
package import GCXPricing

/// What the buyer chooses besides the demand and the offer.
package struct LeaseChoice: Equatable, Sendable {
    /// Unix seconds.
    package var startsAt: UInt64
    /// Signs the vouchers.
    package var session: Address
    /// Random.
    package var salt: Digest

    package init(startsAt: UInt64, session: Address, salt: Digest) {
        self.startsAt = startsAt
        self.session = session
        self.salt = salt
    }
}

extension LeaseTerms {
    /// The terms that follow from a demand and an offer.
    ///
    /// The credit is worth a few receipts of this lease, at most what the offer gives. The deposit is what the whole lease costs
    /// in full use and the credit on top, at most the budget; the burst is one receipt period and the credit, so that an
    /// honest job never meets the rate cap. What the job can send, where the offer gives it a network, is in burst and cap too.
    ///
    /// - Throws: `PricingError` when the rates are too large to multiply, or the end is too late to be written.
    package init(
        demand: Demand, demandDigest: Digest, offer: Offer, offerDigest: Digest, choice: LeaseChoice
    ) throws(PricingError) {
        let resources = demand.resources
        let whole = try Pricing.ceiling(resources, rates: offer.rates, seconds: demand.durationSeconds)
        let period = try Self.most(resources, of: offer, seconds: offer.receiptSeconds)
        let credit = try LeaseMoney.credit(
            resources, rates: offer.rates, receiptSeconds: offer.receiptSeconds, most: offer.creditLimit)
        let (end, isLate) = choice.startsAt.addingReportingOverflow(demand.durationSeconds)
        guard !isLate else { throw .endsTooLate(startsAt: choice.startsAt, seconds: demand.durationSeconds) }
        self.init(
            offer: offerDigest, demand: demandDigest, payer: demand.buyer, payee: offer.owner, machine: offer.machine,
            session: choice.session, resources: resources, rates: offer.rates, startsAt: choice.startsAt,
            endsAt: end,
            // Also a lease for nothing puts something into escrow (``LeaseMoney``).
            deposit: min(demand.budget, max(whole.adding(credit) ?? whole, 1)),
            burst: period.adding(credit) ?? period,
            hourlyCap: try Self.most(resources, of: offer, seconds: 3_600),
            closeWindowSeconds: offer.closeWindowSeconds, receiptSeconds: offer.receiptSeconds,
            creditLimit: credit, graceSeconds: offer.graceSeconds, salt: choice.salt)
    }

    /// What a job can use up in so long, with all that it sends. A bandwidth that cannot be priced is none: it is the offer's
    /// own word, and ends no contract.
    private static func most(
        _ resources: Resources, of offer: Offer, seconds: UInt64
    ) throws(PricingError) -> Amount {
        let use = try Pricing.ceiling(resources, rates: offer.rates, seconds: seconds)
        let bandwidth = offer.facts.first { $0.name == Fact.egressName }?.value ?? 0
        let sent = try? Pricing.egressCeiling(bytesPerSecond: bandwidth, rates: offer.rates, seconds: seconds)
        return use.adding(sent ?? .zero) ?? use
    }
}
