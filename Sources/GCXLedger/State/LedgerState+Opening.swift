import GCXMarket
import GCXModel
import GCXSigning

// dictionaries: balances, leases, offers, demands, running, leasesOfParty, loads, loadsOfMachine, leasesOfDemand, escrowed

// A lease opens: two signatures, an offer, a demand, free capacity and money.
//
// What a demand says binds every lease that names it, and all of them together, whatever the buyer's key signed besides: it
// is the word of which the buyer's budget was made.
extension LedgerState {
    func open(_ signed: CountersignedTerms, _ id: LeaseID, in posting: Posting) throws(LedgerError) -> [Effect] {
        let terms = signed.terms
        try terms.requireForm(in: posting)
        try requireSigners(of: signed, id, in: posting)
        let (offer, demand) = (try standingOffer(of: terms, in: posting), try standingDemand(of: terms, in: posting))
        try Agreement(terms: terms, offer: offer, demand: demand).require()
        if posting.isNew {
            try requireTwoSides(of: terms, at: posting.index)
            try requireDemandMet(by: terms, demand, offer)
        }
        guard posting.time < terms.endsAt else { throw .expired(.leaseOpened, id, at: terms.endsAt) }
        try requireCapacity(for: terms, of: offer, ofMachine: posting.isNew)
        let escrow = Escrow.open(deposit: terms.deposit, settled: .zero)
        return [
            .balance(terms.payer, try remainder(of: terms.payer, after: terms.deposit)),
            .lease(
                LeaseRecord(id: id, signed: signed, index: posting.index, openedAt: posting.time, escrow: escrow)),
        ]
    }

    /// What an account holds once `amount` is taken from it.
    func remainder(of account: Address, after amount: Amount) throws(LedgerError) -> Amount {
        let balance = balances[account] ?? .zero
        guard let rest = balance.subtracting(amount) else {
            throw .insufficientFunds(account, holds: balance, needs: amount)
        }
        return rest
    }

    mutating func place(_ record: LeaseRecord) {
        let terms = record.terms
        if leases[record.id] == nil {
            for party in Set([terms.payer, terms.payee, terms.machine]) {
                leasesOfParty[party, default: []].append(record.id)
            }
            if let series = demands[terms.demand]?.document.series {
                leasesOfDemand[series, default: []].append(record.id)
            }
        }
        hold(record, instead: leases[record.id]?.escrow.held ?? .zero)
        leases[record.id] = record
        guard let series = offers[terms.offer]?.document.series else { return }
        if record.escrow.isClosed {
            guard running[series]?.remove(record.id) != nil else { return }
            loads[series]?.remove(terms.resources, from: terms.startsAt, until: terms.endsAt)
            loadsOfMachine[terms.machine]?.remove(terms.resources, from: terms.startsAt, until: terms.endsAt)
        } else if running[series, default: []].insert(record.id).inserted {
            loads[series, default: LoadTimeline()].add(terms.resources, from: terms.startsAt, until: terms.endsAt)
            loadsOfMachine[terms.machine, default: LoadTimeline()].add(
                terms.resources, from: terms.startsAt, until: terms.endsAt)
        }
    }

    /// The lease holds what it holds now, and no longer what it held before.
    private mutating func hold(_ record: LeaseRecord, instead before: Amount) {
        let payer = record.terms.payer
        // All the money there is fits one amount, so neither can fail.
        let rest = (escrowed[payer] ?? .zero).subtracting(before) ?? .zero
        escrowed[payer] = rest.adding(record.escrow.held) ?? rest
    }

    private func standingOffer(of terms: LeaseTerms, in posting: Posting) throws(LedgerError) -> Offer {
        guard let record = offers[terms.offer] else { throw .unknownOffer(terms.offer) }
        try requireStanding(record, .offer, at: posting.time)
        try requireLiveGrant(of: record.document, at: posting.time)
        return record.document
    }

    private func standingDemand(of terms: LeaseTerms, in posting: Posting) throws(LedgerError) -> Demand {
        guard let record = demands[terms.demand] else { throw .unknownDemand(terms.demand) }
        try requireStanding(record, .demand, at: posting.time)
        return record.document
    }

    /// A demand serves one lease at a time, of what it asks for, and all its leases together cost no more than its budget.
    private func requireDemandMet(by terms: LeaseTerms, _ demand: Demand, _ offer: Offer) throws(LedgerError) {
        let others = (leasesOfDemand[demand.series] ?? []).compactMap { leases[$0] }
        if let open = others.first(where: { !$0.escrow.isClosed }) {
            throw .notAllowed(terms.payer, reason: "the demand is served by lease \(open.id) until that is closed")
        }
        let spent = others.reduce(Amount.zero) { $0.adding($1.settled) ?? Amount(.max) }
        let rest = demand.budget.subtracting(spent) ?? .zero
        guard terms.deposit <= rest else {
            throw .termsDiffer(
                field: "deposit", from: .demand, required: "\(rest) or less, for \(spent) of its budget is spent",
                got: "\(terms.deposit)")
        }
        for part in ResourcePart.allCases {
            let (asked, given) = (part.amount(of: demand.resources), part.amount(of: terms.resources))
            guard given == asked else {
                throw .termsDiffer(
                    field: Untrusted(part.rawValue), from: .demand, required: "\(asked)", got: "\(given)")
            }
        }
        if let unmet = Matching.unmet(demand, by: offer).first {
            throw .termsDiffer(
                field: "what it needs of the machine", from: .demand, required: Untrusted(unmet.description),
                got: "offer \(terms.offer)")
        }
    }

    private func requireCapacity(
        for terms: LeaseTerms, of offer: Offer, ofMachine: Bool
    ) throws(LedgerError) {
        let free = freeCapacity(of: offer, from: terms.startsAt, until: terms.endsAt, ofMachine: ofMachine)
        for part in ResourcePart.allCases where part.amount(of: terms.resources) > part.amount(of: free) {
            throw .overCapacity(
                offer: terms.offer, resource: Untrusted(part.rawValue), free: part.amount(of: free),
                asked: part.amount(of: terms.resources))
        }
    }
}

/// The terms beside the offer and the demand they name.
private struct Agreement {
    let terms: LeaseTerms
    let offer: Offer
    let demand: Demand

    func require() throws(LedgerError) {
        try requireParties()
        try requireOfferKept()
        try requireDemandKept()
    }

    private func requireParties() throws(LedgerError) {
        try same("machine", .offer, offer.machine, terms.machine)
        try same("payee", .offer, offer.owner, terms.payee)
        try same("payer", .demand, demand.buyer, terms.payer)
        guard terms.payer != terms.payee else { throw .notAllowed(terms.payer, reason: "nobody leases from oneself") }
        try admit(terms.payer, allow: offer.allow, deny: offer.deny, by: "offer")
        try admit(terms.payee, allow: demand.allow, deny: demand.deny, by: "demand")
    }

    private func requireOfferKept() throws(LedgerError) {
        try same("rates", .offer, offer.rates, terms.rates)
        try same("closeWindowSeconds", .offer, offer.closeWindowSeconds, terms.closeWindowSeconds)
        try same("receiptSeconds", .offer, offer.receiptSeconds, terms.receiptSeconds)
        guard terms.creditLimit <= offer.creditLimit else {
            throw .termsDiffer(
                field: "creditLimit", from: .offer, required: "\(offer.creditLimit) or less",
                got: "\(terms.creditLimit)")
        }
        try same("graceSeconds", .offer, offer.graceSeconds, terms.graceSeconds)
        let seconds = terms.endsAt - terms.startsAt  // bounded: the form of terms begins before it ends
        // bounded here: the form of an offer has its bounds in order
        try within("length in seconds", .offer, offer.leaseSecondsMin...offer.leaseSecondsMax, seconds)
        try within("startsAt", .offer, offer.availableFrom...offer.availableUntil, terms.startsAt)
        try within("endsAt", .offer, offer.availableFrom...offer.availableUntil, terms.endsAt)
    }

    private func requireDemandKept() throws(LedgerError) {
        // bounded: the form of terms begins before it ends
        try same("length in seconds", .demand, demand.durationSeconds, terms.endsAt - terms.startsAt)
        // bounded: the form of a demand has its bounds in order
        try within("startsAt", .demand, demand.startsFrom...demand.startsUntil, terms.startsAt)
        for part in ResourcePart.allCases {
            let (needed, given) = (part.amount(of: demand.resources), part.amount(of: terms.resources))
            guard given >= needed else {
                throw .termsDiffer(
                    field: Untrusted(part.rawValue), from: .demand, required: "\(needed) or more", got: "\(given)")
            }
        }
        guard terms.deposit <= demand.budget else {
            throw .termsDiffer(
                field: "deposit", from: .demand, required: "\(demand.budget) or less", got: "\(terms.deposit)")
        }
        guard offer.isolation >= demand.isolationMin else {
            throw .termsDiffer(
                field: "isolation", from: .demand, required: "\(demand.isolationMin) or more", got: "\(offer.isolation)"
            )
        }
        guard demand.regions.isEmpty || demand.regions.contains(offer.region) else {
            throw .termsDiffer(
                field: "region", from: .demand,
                required: demand.regions.joined(by: " or "), got: offer.region)
        }
    }

    private func same<Value: Equatable>(
        _ field: String, _ kind: EntryKind, _ required: Value, _ got: Value
    ) throws(LedgerError) {
        guard required == got else {
            throw .termsDiffer(
                field: Untrusted(field), from: kind, required: Untrusted(String(describing: required)),
                got: Untrusted(String(describing: got)))
        }
    }

    private func within(
        _ field: String, _ kind: EntryKind, _ range: ClosedRange<UInt64>, _ got: UInt64
    ) throws(LedgerError) {
        guard range.contains(got) else {
            throw .termsDiffer(field: Untrusted(field), from: kind, required: "\(range)", got: "\(got)")
        }
    }

    private func admit(_ party: Address, allow: [Address], deny: [Address], by whose: String) throws(LedgerError) {
        guard !deny.contains(party) else { throw .notAllowed(party, reason: "the \(whose) denies it") }
        guard allow.isEmpty || allow.contains(party) else {
            throw .notAllowed(party, reason: "the \(whose) allows only others")
        }
    }
}
