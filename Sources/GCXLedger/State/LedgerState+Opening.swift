import GCXMarket
import GCXModel
import GCXPricing
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
        let agreement = Agreement(terms: terms, offer: offer, demand: demand)
        try requireKept(agreement.foundingBreaches, by: terms)
        if posting.isStrict {
            try requireTwoSides(of: terms, at: posting.index)
            try requireFree(demand, for: terms)
            try requireKept(agreement.laterBreaches, by: terms)
        }
        guard posting.time < terms.endsAt else { throw .expired(.leaseOpened, id, at: terms.endsAt) }
        try requireCapacity(for: terms, of: offer, ofMachine: posting.isStrict)
        let escrow = Escrow.open(deposit: terms.deposit, settled: .zero)
        return [
            .balance(terms.payer, try remainder(of: terms.payer, after: terms.deposit)),
            .lease(
                LeaseRecord(
                    id: id, signed: signed, index: posting.index, openedAt: posting.time, escrow: escrow,
                    reservationHour: try reservation(of: terms, by: offer))),
        ]
    }

    private func reservation(of terms: LeaseTerms, by offer: Offer) throws(LedgerError) -> Amount? {
        do { return try Reservation.hourly(terms.resources, of: offer) } catch { throw .amountOverflow(.leaseOpened) }
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

    private func requireKept(_ breaches: [Breach], by terms: LeaseTerms) throws(LedgerError) {
        guard let first = breaches.first else { return }
        throw LedgerError(first, of: terms)
    }

    /// A demand serves one lease at a time, and all its leases together cost no more than its budget.
    private func requireFree(_ demand: Demand, for terms: LeaseTerms) throws(LedgerError) {
        let use = use(of: demand)
        if let open = use.openLease {
            throw .notAllowed(terms.payer, reason: "the demand is served by lease \(open) until that is closed")
        }
        guard terms.deposit <= use.rest else {
            throw .termsDiffer(
                field: "deposit", from: .demand,
                required: "\(use.rest) or less, for \(use.spent) of its budget is spent", got: "\(terms.deposit)")
        }
    }

    private func requireCapacity(
        for terms: LeaseTerms, of offer: Offer, ofMachine: Bool
    ) throws(LedgerError) {
        let free = freeCapacity(of: offer, from: terms.startsAt, until: terms.endsAt, ofMachine: ofMachine)
        guard let first = terms.resources.shortages(in: free).first else { return }
        throw .overCapacity(
            offer: terms.offer, resource: Untrusted(first.part.rawValue), free: first.free, asked: first.wanted)
    }
}

extension LedgerError {
    /// What a ledger says of terms that do not keep to their offer or demand.
    init(_ breach: Breach, of terms: LeaseTerms) {
        switch breach {
        case .differs(let field, let document, let required, let got):
            self = .termsDiffer(field: field, from: document.kind, required: required, got: got)
        case .withOneself(let party): self = .notAllowed(party, reason: "nobody leases from oneself")
        case .paidSession(let session):
            self = .notAllowed(session, reason: "a key of the side that is paid cannot sign the payments")
        case .denied(let party, let document):
            self = .notAllowed(party, reason: Untrusted("the \(document.rawValue) denies it"))
        case .notAllowed(let party, let document):
            self = .notAllowed(party, reason: Untrusted("the \(document.rawValue) allows only others"))
        case .unmet(let mismatch):
            self = .termsDiffer(
                field: "what it needs of the machine", from: .demand, required: Untrusted(mismatch.description),
                got: "offer \(terms.offer)")
        case .money(let fault):
            self = .termsDiffer(
                field: Untrusted(fault.field), from: .offer, required: Untrusted(fault.bound), got: "\(fault.value)")
        case .unpriced(let error):
            self = .malformed(.leaseOpened, field: "rates", reason: Untrusted(error.description))
        }
    }
}

extension Breach.Document {
    fileprivate var kind: EntryKind {
        switch self {
        case .offer: .offer
        case .demand: .demand
        }
    }
}
