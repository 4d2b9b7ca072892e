import GCXBuyer
import GCXClient
import GCXLedger
import GCXMarket
import GCXModel
import GCXPricing
import GCXSigning
import GCXWire

/// What a buyer wants to lease, before there is an offer for it.
struct Wish: Sendable {
    var resources: Resources
    var constraints: [Constraint] = []
    var regions: [Untrusted] = []
    var isolation = IsolationLevel.container
    /// Length of the lease.
    var seconds: UInt64
    /// The most it may cost in all, base units; nil takes what the cheapest offer asks.
    var priceMax: Amount?

    /// - Parameter now: the ledger's Unix seconds.
    func demand(of buyer: Address, at now: UInt64) -> Demand {
        Demand(
            demandID: .random(), revision: 1, buyer: buyer, issuedAt: now, expiresAt: now, startsFrom: now,
            startsUntil: now, durationSeconds: seconds, resources: resources, constraints: constraints,
            hourlyMax: Amount(.max), budget: priceMax ?? Amount(.max), regions: regions, isolationMin: isolation,
            allow: [], deny: []
        ).standing(from: now)
    }
}

/// The best offer for a wish, and what it costs there. Nobody has signed anything for it.
struct Quote: Sendable {
    /// Binds the price that is shown: it is what the buyer signs when he agrees.
    let demand: Demand
    let match: Match
    let offer: Offer
    /// What the whole time costs in full use.
    let whole: Amount

    /// What goes into escrow, and so the most that can be paid.
    var deposit: Amount { demand.budget }
}

/// A lease that is open, and how to use and to pay it.
struct Bought: Sendable {
    let flow: JobFlow
    let terms: LeaseTerms
    var lease: LeaseID { flow.lease }
}

/// The buyer's way from a wish to an open lease, in one go.
///
/// Nothing is written before the price is agreed to, and what is signed then is that price. ``Holding`` knows at every moment
/// what has to be taken back.
struct Purchase: Sendable {
    let ledger: any Ledger
    let agents: AgentSearch
    let buyer: any KeyCustody
    /// Where the session key lies as long as the lease is open.
    let folder: BuyerFolder

    /// How long a demand stands. It is answered at once or not at all, so what a command leaves that was killed lapses soon: two
    /// minutes are long for a machine to sign a lease, and for the ledger to take it.
    static let demandSeconds: UInt64 = 120

    private var contract: LeaseFlow { LeaseFlow(ledger: ledger, agents: agents, buyer: buyer) }

    /// Looks for the best offer and prices it. Only reads.
    ///
    /// - Throws: ``CommandError`` when no offer serves, or the buyer has not got the deposit.
    func quote(_ wish: Wish) async throws -> Quote {
        let now = try await ledger.identity().ledgerTime
        var demand = wish.demand(of: buyer.address, at: now)
        let match = try await contract.match(
            demand, nil,
            fix:
                "Ask for less, or more with --max-price; `gcx offer list` shows what there is, `gcx offer show` one offer."
        )
        let offer = try await ledger.offer(match.offer).document
        let terms = try LeaseTerms(
            demand: demand, demandDigest: .zero, offer: offer, offerDigest: match.offer,
            choice: LeaseChoice(startsAt: match.startsAt, session: buyer.address, salt: .zero))
        try await contract.checkFunds(terms)
        (demand.budget, demand.hourlyMax) = (terms.deposit, match.hourly)
        return Quote(
            demand: demand, match: match, offer: offer,
            whole: try Pricing.ceiling(wish.resources, rates: offer.rates, seconds: wish.seconds))
    }

    /// Signs and posts the demand, has both sides sign the lease, and moves the deposit into escrow.
    ///
    /// - Parameter holding: hears of every step before it is done, so that it can be taken back after any error.
    func open(_ quote: Quote, _ holding: Holding) async throws -> Bought {
        let identity = try await ledger.identity()
        // Somebody may have looked at the price for long, and pays for no minute of that.
        let wanted = quote.demand.standing(from: identity.ledgerTime)
        var match = quote.match
        match.startsAt = Matching.start(of: wanted, on: quote.offer, now: identity.ledgerTime)
        let demand = try await Signed(wanted, by: buyer, in: identity.domain)
        let digest = demand.digest(in: identity.domain)
        holding.hold(.demand(digest))
        try await ledger.post(.demand(demand))
        let key = PrivateKey.generate()
        let draft = try await contract.draft(wanted, digest, match: match, session: key.address)
        let bought = try await bought(draft, key)
        try folder.keep(key, of: draft.id)
        holding.hold(.proposal(bought, demand: digest))
        try await contract.conclude(draft)
        holding.hold(.lease(bought))
        return bought
    }

    private func bought(_ draft: LeaseDraft, _ key: PrivateKey) async throws -> Bought {
        let agent = try await agents.agent(for: draft.offer)
        let caller = try await CallerOptions.caller(
            buyer, of: agent, machine: draft.terms.machine, in: draft.domain)
        return Bought(
            flow: JobFlow(
                ledger: ledger, agent: agent, lease: draft.id,
                session: MemoryCustody(key), caller: caller),
            terms: draft.terms)
    }
}

extension Demand {
    /// The same from a moment on, Unix seconds.
    fileprivate func standing(from now: UInt64) -> Demand {
        var demand = self
        let end = now.saturatingSum(Purchase.demandSeconds)
        (demand.issuedAt, demand.startsFrom, demand.startsUntil, demand.expiresAt) = (now, now, end, end)
        return demand
    }
}
