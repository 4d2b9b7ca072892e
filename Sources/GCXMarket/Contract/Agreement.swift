package import GCXModel
package import GCXPricing

/// The terms of a lease beside the offer and the demand that they name: what each side said before it signed.
///
/// The agent asks before it reserves anything, the buyer's side before it signs, and the ledger before it takes the deposit: the
/// three read the same list, so that what one of them signs no other refuses.
///
/// - An offer binds the machine: rates, times, parties, and the most credit that it gives.
/// - A demand binds the buyer's account, whichever key signed the lease: what is leased, of what machine, where, when, and what it
///   may cost.
/// - The money follows ``LeaseMoney``.
package struct Agreement: Equatable, Sendable {
    package let terms: LeaseTerms
    package let offer: Offer
    package let demand: Demand

    package init(terms: LeaseTerms, offer: Offer, demand: Demand) {
        (self.terms, self.offer, self.demand) = (terms, offer, demand)
    }

    /// Everything that is wrong with the terms; none when both sides can sign them.
    ///
    /// - Complexity: O(constraints × facts), and one pass over the lists of parties.
    package var breaches: [Breach] {
        foundingBreaches + laterBreaches  // bounded: joins lists
    }

    /// What was asked of terms when the first ledgers were founded, and still is.
    package var foundingBreaches: [Breach] {
        // bounded here: joins lists
        parties + offerKept + demandKept
    }

    /// What is asked since a demand binds all that it says, and terms are judged by what they cost.
    package var laterBreaches: [Breach] {
        // bounded here: joins lists
        sides + exactly + needs + money
    }

    /// The machine is the payee's, so it neither pays nor signs the payments. What keys else are one person's only a ledger knows,
    /// which has seen their grants.
    private var sides: [Breach] {
        // bounded here: joins lists
        let paid = [terms.payee, terms.machine]
        return (terms.payer == terms.machine ? [.withOneself(terms.payer)] : [])
            + (paid.contains(terms.session) ? [.paidSession(terms.session)] : [])
    }

    private var parties: [Breach] {
        // bounded here: joins lists
        let same = [
            differs("machine", .offer, offer.machine, terms.machine),
            differs("payee", .offer, offer.owner, terms.payee), differs("payer", .demand, demand.buyer, terms.payer),
            terms.payer == terms.payee ? .withOneself(terms.payer) : nil,
        ].compactMap(\.self)
        return same + admission(of: terms.payer, allow: offer.allow, deny: offer.deny, by: .offer)
            + admission(of: terms.payee, allow: demand.allow, deny: demand.deny, by: .demand)
    }

    private var offerKept: [Breach] {
        [
            differs("rates", .offer, offer.rates, terms.rates),
            differs("closeWindowSeconds", .offer, offer.closeWindowSeconds, terms.closeWindowSeconds),
            differs("receiptSeconds", .offer, offer.receiptSeconds, terms.receiptSeconds),
            above("creditLimit", .offer, most: offer.creditLimit, terms.creditLimit),
            differs("graceSeconds", .offer, offer.graceSeconds, terms.graceSeconds),
            outside("length in seconds", .offer, offer.leaseSecondsMin, offer.leaseSecondsMax, seconds),
            outside("startsAt", .offer, offer.availableFrom, offer.availableUntil, terms.startsAt),
            outside("endsAt", .offer, offer.availableFrom, offer.availableUntil, terms.endsAt),
        ].compactMap(\.self)
    }

    private var demandKept: [Breach] {
        let others: [Breach?] = [
            differs("length in seconds", .demand, demand.durationSeconds, seconds),
            outside("startsAt", .demand, demand.startsFrom, demand.startsUntil, terms.startsAt),
            above("deposit", .demand, most: demand.budget, terms.deposit),
            offer.isolation >= demand.isolationMin
                ? nil
                : .differs(
                    "isolation", .demand, required: "\(demand.isolationMin) or more", got: "\(offer.isolation)"),
            demand.regions.isEmpty || demand.regions.contains(offer.region)
                ? nil : .differs("region", .demand, required: demand.regions.joined(by: " or "), got: offer.region),
        ]
        let less = demand.resources.shortages(in: terms.resources).map {
            Breach.differs(
                Untrusted($0.part.rawValue), .demand, required: "\($0.wanted) or more", got: "\($0.free)")
        }
        return others.compactMap(\.self) + less  // bounded: joins lists
    }

    /// What a demand asks for is what a lease on it gets, and not more.
    private var exactly: [Breach] {
        terms.resources.shortages(in: demand.resources).map {
            .differs(Untrusted($0.part.rawValue), .demand, required: "\($0.free)", got: "\($0.wanted)")
        }
    }

    private var needs: [Breach] { Matching.unmet(demand, by: offer).map(Breach.unmet) }

    private var money: [Breach] {
        do { return try LeaseMoney(terms).faults(creditMax: offer.creditLimit).map(Breach.money) } catch {
            return [.unpriced(error)]
        }
    }

    /// Terms that end before they begin last no time.
    private var seconds: UInt64 {
        terms.endsAt > terms.startsAt ? terms.endsAt - terms.startsAt : 0  // bounded: the smaller from the larger
    }

    private func differs<Value: Equatable>(
        _ field: Untrusted, _ document: Breach.Document, _ required: Value, _ got: Value
    ) -> Breach? {
        guard required != got else { return nil }
        return .differs(
            field, document, required: Untrusted(String(describing: required)), got: Untrusted(String(describing: got)))
    }

    private func above(_ field: Untrusted, _ document: Breach.Document, most: Amount, _ got: Amount) -> Breach? {
        got <= most ? nil : .differs(field, document, required: "\(most) or less", got: "\(got)")
    }

    private func outside(
        _ field: Untrusted, _ document: Breach.Document, _ first: UInt64, _ last: UInt64, _ got: UInt64
    ) -> Breach? {
        first <= got && got <= last ? nil : .differs(field, document, required: "\(first)...\(last)", got: "\(got)")
    }

    private func admission(
        of party: Address, allow: [Address], deny: [Address], by document: Breach.Document
    ) -> [Breach] {
        if deny.contains(party) { return [.denied(party, by: document)] }
        return allow.isEmpty || allow.contains(party) ? [] : [.notAllowed(party, by: document)]
    }
}

/// One thing in which terms do not keep to what was said before.
package enum Breach: Equatable, Sendable, CustomStringConvertible {
    /// Who said it: the machine in its offer, the buyer in its demand.
    package enum Document: String, Equatable, Sendable { case offer, demand }

    case differs(Untrusted, Document, required: Untrusted, got: Untrusted)
    case withOneself(Address)
    /// A key of the side that is paid would sign the payments.
    case paidSession(Address)
    case denied(Address, by: Document)
    case notAllowed(Address, by: Document)
    /// What the demand needs of the machine, or pays for an hour, and the offer is not.
    case unmet(Mismatch)
    case money(TermsFault)
    case unpriced(PricingError)

    package var description: String {
        switch self {
        case .differs(let field, let document, let required, let got):
            "their \(field.shown) is \(got.shown), and the \(document.rawValue) says \(required.shown)"
        case .withOneself(let party): "\(party) would lease from oneself"
        case .paidSession(let session): "their session key \(session) is of the side that is paid"
        case .denied(let party, let document): "the \(document.rawValue)'s lists leave out \(party)"
        case .notAllowed(let party, let document): "the \(document.rawValue)'s lists allow others, not \(party)"
        case .unmet(let mismatch): "the demand \(mismatch.description)"
        case .money(let fault): fault.description
        case .unpriced(let error): error.description
        }
    }

    package var remedy: String {
        switch self {
        case .differs(_, let document, _, _): "Make the terms from the \(document.rawValue)."
        case .paidSession: "Make a session key of the buyer's own with `gcx key new`."
        case .withOneself: "Lease from somebody else."
        case .denied, .notAllowed: "Choose another offer."
        case .unmet: "Choose another offer, or ask for less in the demand."
        case .money(let fault): fault.remedy
        case .unpriced: "Use an offer with lower rates."
        }
    }
}
