import GCXModel

// What each document must look like by itself, whatever the ledger holds.

/// Collects the checks on one document, so that each reads as one line.
struct Form {
    let kind: EntryKind
    /// Whether sizes and characters are looked at: the bounds of the day when an old entry was written were others.
    let isStrict: Bool

    init(_ kind: EntryKind, in posting: Posting) {
        self.kind = kind
        isStrict = posting.isStrict
    }

    /// A text for people: short, on one line, and nothing in it that a terminal obeys or a reader misses.
    func text(_ field: String, _ text: Untrusted, max: Int = Limits.nameBytesMax) throws(LedgerError) {
        guard isStrict else { return }
        guard text.byteCount <= max else { throw .documentTooLarge(kind, field: Untrusted(field), max: max) }
        guard let refusal = text.refusal else { return }
        throw .malformed(kind, field: Untrusted(field), reason: Untrusted(refusal))
    }

    func count(_ field: String, _ count: Int, max: Int) throws(LedgerError) {
        guard !isStrict || count <= max else { throw .documentTooLarge(kind, field: Untrusted(field), max: max) }
    }

    func require(_ holds: Bool, _ field: String, _ reason: @autoclosure () -> String) throws(LedgerError) {
        guard holds else { throw .malformed(kind, field: Untrusted(field), reason: Untrusted(reason())) }
    }

    func facts(_ facts: [Fact]) throws(LedgerError) {
        try count("facts", facts.count, max: Limits.factsMax)
        for fact in facts {
            try text("facts.name", fact.name, max: Limits.factNameBytesMax)
            try text("facts.unit", fact.unit, max: Limits.factUnitBytesMax)
        }
    }

    func revision(_ revision: UInt64) throws(LedgerError) {
        try require(
            (1...LedgerLimits.revisionMax).contains(revision), "revision", "is not in 1 ... \(LedgerLimits.revisionMax)"
        )
    }

    func resources(_ field: String, _ resources: Resources) throws(LedgerError) {
        try require(resources.cores > 0 || resources.gpus > 0, field, "has neither a core nor a GPU")
    }
}

extension MachineGrant {
    func requireForm(in posting: Posting) throws(LedgerError) {
        let form = Form(.grant, in: posting)
        try form.text("label", label)
        try form.require(machine != .zero, "machine", "is the zero address")
    }
}

extension AttestationRecord {
    func requireForm(in posting: Posting) throws(LedgerError) {
        let form = Form(.attestation, in: posting)
        try form.text("kernelVersion", kernelVersion)
        try form.facts(facts)
        try form.count("contradictions", contradictions.count, max: LedgerLimits.contradictionsMax)
        for line in contradictions { try form.text("contradictions", line, max: Limits.eventBytesMax) }
    }
}

extension Offer {
    func requireForm(in posting: Posting) throws(LedgerError) {
        let form = Form(.offer, in: posting)
        try form.revision(revision)
        try form.text("region", region)
        try form.facts(facts)
        try form.count("allow", allow.count, max: Limits.partiesMax)
        try form.count("deny", deny.count, max: Limits.partiesMax)
        try form.resources("capacity", capacity)
        try form.require(availableFrom < availableUntil, "availableUntil", "is not after availableFrom")
        try form.require(leaseSecondsMin <= leaseSecondsMax, "leaseSecondsMax", "is below leaseSecondsMin")
        try form.require(receiptSeconds > 0, "receiptSeconds", "is zero")
        try form.require(
            Limits.closeWindowSeconds.contains(closeWindowSeconds), "closeWindowSeconds",
            "is not in \(Limits.closeWindowSeconds)")
        try conduct?.requireForm(form)
    }
}

extension OfferConduct {
    fileprivate func requireForm(_ form: Form) throws(LedgerError) {
        try form.count("conduct.endpoints", endpoints.count, max: Limits.endpointsMax)
        for endpoint in endpoints {
            try form.text("conduct.endpoints", endpoint, max: Limits.endpointBytesMax)
            try form.require(!endpoint.isEmpty, "conduct.endpoints", "has an empty one")
        }
        for (field, seconds, most) in [
            ("conduct.signSeconds", signSeconds, Limits.signSecondsMax),
            ("conduct.idleSeconds", idleSeconds, Limits.idleSecondsMax),
        ] {
            try form.require(seconds <= most, field, "is above \(most)")
        }
        try form.require(reservationPercent <= 100, "conduct.reservationPercent", "is above 100")
    }
}

extension Demand {
    func requireForm(in posting: Posting) throws(LedgerError) {
        let form = Form(.demand, in: posting)
        try form.revision(revision)
        try form.count("constraints", constraints.count, max: Limits.constraintsMax)
        for constraint in constraints {
            try form.text("constraints.fact", constraint.fact, max: Limits.factNameBytesMax)
        }
        try form.count("regions", regions.count, max: LedgerLimits.regionsMax)
        for region in regions { try form.text("regions", region) }
        try form.count("allow", allow.count, max: Limits.partiesMax)
        try form.count("deny", deny.count, max: Limits.partiesMax)
        try form.resources("resources", resources)
        try form.require(startsFrom <= startsUntil, "startsUntil", "is before startsFrom")
        try form.require(durationSeconds > 0, "durationSeconds", "is zero")
        try form.require(budget > .zero, "budget", "is zero")
    }
}

extension Withdrawal {
    func requireForm(in posting: Posting) throws(LedgerError) {
        try Form(.withdrawal, in: posting).text("reason", reason, max: LedgerLimits.reasonBytesMax)
    }
}

extension LeaseTerms {
    func requireForm(in posting: Posting) throws(LedgerError) {
        let form = Form(.leaseOpened, in: posting)
        try form.require(startsAt < endsAt, "endsAt", "is not after startsAt")
        try form.require(deposit > .zero, "deposit", "is zero")
        try form.require(session != .zero, "session", "is the zero address")
        try form.resources("resources", resources)
    }
}

extension Rating {
    func requireForm(in posting: Posting) throws(LedgerError) {
        let form = Form(.rating, in: posting)
        try form.require((1...5).contains(stars), "stars", "is \(stars), not 1 ... 5")
        try form.text("comment", comment, max: Limits.ratingCommentBytesMax)
    }
}
