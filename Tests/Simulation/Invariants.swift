import GCXModel

@testable import GCXAgent
@testable import GCXLedger

// What holds after every step, whatever anybody did.
extension Simulation {
    /// What does not hold; empty when all does. Looks at what is not over and at what the step touched.
    mutating func broken() -> [String] {
        var broken = violations
        for deal in live { broken += named(deal) }
        for fraud in liveFrauds { broken += check(fraud) }
        for wish in touched { broken += check(wish) }
        open = open.filter { record($0)?.escrow.isClosed == false }
        return broken + capacity() + sales() + reservations() + conservation()
    }

    /// The same for everything there ever was.
    mutating func brokenInAll() -> [String] {
        deals.flatMap { named($0) } + frauds.flatMap { check($0) } + wishes.flatMap { check($0) } + broken()
    }

    private var isDark: Bool { isAway || isSilent }

    /// More than so long ago, and the agent has been there all the while.
    private func isOverdue(_ since: UInt64, by seconds: UInt64) -> Bool {
        !isDark && now > max(since, awayUntil, silentUntil) + seconds + Bounds.lookSeconds
    }

    private func named(_ deal: Deal) -> [String] { check(deal).map { "\($0) (its buyer: \(deal.plan))" } }

    private func check(_ deal: Deal) -> [String] {
        var broken = times(deal) + terms(deal)
        guard let record = record(deal.contract), let from = deal.contract.from else { return broken }
        let (settled, price) = (record.settled, deal.contract.price)
        broken += reservation(deal, record, from: from)
        let time = (now > from ? now - from : 0) + Bounds.lookSeconds
        if settled.value > price.of(time) { broken.append("the buyer paid \(settled) for \(time) s") }
        broken += loss(deal, record)
        if record.escrow.isOpen { return broken + orphan(deal) }
        if case .closing(_, _, let requestedAt, _) = record.escrow, deal.phase.mayHaveProcess,
            isOverdue(requestedAt, by: deal.stopSeconds)
        {
            broken.append("a job runs on after the request to close")
        }
        return broken
    }

    /// The buyer pays what it signed, or the reservation where that is more, and the owner gets no less.
    private func reservation(_ deal: Deal, _ record: LeaseRecord, from: UInt64) -> [String] {
        let until: UInt64
        switch record.escrow {
        case .open: until = now
        case .closing(_, _, let requestedAt, _): until = requestedAt
        case .closed(_, _, let closedAt): until = deal.contract.asked ?? closedAt
        }
        let end = min(until, deal.terms.endsAt)
        let (seconds, settled) = (end > from ? end - from : 0, record.settled.value)
        // What one rounds up may be rounded down by the other.
        let reserved = Bounds.reserved(deal.contract, deposit: record.deposit, seconds: seconds)
        if settled > max(deal.signed.value, reserved + 1) {
            return ["the buyer paid \(settled), signed \(deal.signed), and the reservation is \(reserved)"]
        }
        guard record.escrow.isClosed, settled + 1 < reserved else { return [] }
        return ["the owner got \(settled) for \(seconds) s of a lease, and the reservation is \(reserved)"]
    }

    /// What was worked for and is not paid; while the lease is open, what is beyond the vouchers.
    private func loss(_ deal: Deal, _ record: LeaseRecord) -> [String] {
        let isClosed = record.escrow.isClosed
        let paid = isClosed ? record.settled : max(record.settled, deal.vouched)
        let lost = deal.owed.subtracting(paid) ?? .zero
        let missed = isClosed && !deal.sawClosing && deal.blind > 0
        let most = Bounds.loss(on: deal, missedWindow: missed)
        var broken: [String] = []
        if lost.value > most { broken.append("the provider lost \(lost), and the most is \(most)") }
        if isClosed, record.settled < deal.certain, !missed {
            broken.append("a voucher of \(deal.certain) was good, and \(record.settled) was paid")
        }
        return broken
    }

    private func terms(_ deal: Deal) -> [String] {
        let (terms, price) = (deal.terms, deal.contract.price)
        var broken: [String] = []
        if terms.creditLimit > market.stalls[deal.stall].offer.creditLimit {
            broken.append("the machine signed a credit of \(terms.creditLimit), which is above the offer's")
        }
        let least = price.of(min(terms.endsAt - terms.startsAt, terms.receiptSeconds * 3)) - 1
        if terms.deposit.value < least { broken.append("a machine is held for a deposit of \(terms.deposit)") }
        return broken
    }

    private func times(_ deal: Deal) -> [String] {
        let terms = deal.terms
        var broken: [String] = []
        if deal.phase.mayHaveProcess {
            if now < terms.startsAt { broken.append("a job runs before its lease") }
            if isOverdue(terms.endsAt, by: deal.stopSeconds) { broken.append("a job runs after its lease") }
        }
        if deal.isPaused, isOverdue(deal.pausedAt, by: terms.graceSeconds) {
            broken.append("a job stands still beyond the grace")
        }
        if case .proposed(let since) = deal.phase, isOverdue(since, by: Bounds.reservationSeconds) {
            broken.append("a machine is held for a lease that nobody opens")
        }
        if case .open = deal.phase, isOverdue(max(deal.openSince, terms.startsAt), by: Bounds.idleSeconds) {
            broken.append("a machine is held for a lease without a job")
        }
        if case .settling = deal.phase, isOverdue(deal.settlingAt, by: Bounds.settlingSeconds) {
            broken.append("a lease waits for its last voucher beyond its time")
        }
        return broken
    }

    /// Open on the ledger while the provider is through with it.
    private func orphan(_ deal: Deal) -> [String] {
        guard deal.isClosed, !isDark else {
            deal.orphanedAt = nil
            return []
        }
        let since = deal.orphanedAt ?? now
        deal.orphanedAt = since
        return isOverdue(since, by: Bounds.orphanSeconds) ? ["a lease is open, and nobody serves it"] : []
    }

    private func check(_ fraud: Fraud) -> [String] {
        guard let record = record(fraud.contract), let from = fraud.contract.from else { return [] }
        let (settled, terms) = (record.settled, fraud.contract.terms)
        var broken: [String] = []
        if terms.payer == terms.machine { broken.append("a machine is its own customer") }
        let end = if case .closing(_, _, let requestedAt, _) = record.escrow { requestedAt } else { now }
        if settled.value > Bounds.theft(fraud.contract, seconds: end > from ? end - from : 0) {
            broken.append("vouchers took \(settled), which is above the cap")
        }
        if fraud.trick != .thief, settled > .zero, !fraud.signed.contains(settled) {
            broken.append("the buyer paid \(settled) and never signed that")
        }
        let most = Bounds.bill(fraud, at: now)
        if fraud.vouched.value > most {
            broken.append("the buyer vouched for \(fraud.vouched), and \(most) is the most that its time costs")
        }
        return broken
    }

    /// What a demand says binds all leases that name it together.
    private func check(_ wish: Wish) -> [String] {
        let records = wish.contracts.compactMap { record($0) }
        let bound = records.reduce(UInt128(0)) { $0 + ($1.escrow.isClosed ? $1.settled : $1.deposit).value }
        let cores = records.filter { !$0.escrow.isClosed }.reduce(0) { $0 + $1.terms.resources.cores }
        let demand = wish.document
        if cores > demand.resources.cores { return ["a demand of \(demand.resources.cores) cores has \(cores)"] }
        return bound > demand.budget.value + wish.raised ? ["a demand of \(demand.budget) has \(bound) bound"] : []
    }

    /// What the honest provider holds.
    private func capacity() -> [String] {
        let held = live.filter(\.phase.holdsCapacity).reduce(0) { $0 + $1.terms.resources.cores }
        let most = market.stalls[0].offer.capacity.cores
        return held > most ? ["the provider holds \(held) of \(most) cores"] : []
    }

    /// What the ledger sold of the honest machine.
    private func sales() -> [String] {
        let machine = market.stalls[0].offer.machine
        let terms = open.map(\.terms).filter { $0.machine == machine }
        let peaks = terms.map { one in
            terms.filter { $0.startsAt <= one.startsAt && one.startsAt < $0.endsAt }.map(\.resources.cores).reduce(0, +)
        }
        let most = market.stalls[0].offer.capacity.cores
        guard let peak = peaks.max(), peak > most else { return [] }
        return ["the ledger sold \(peak) of \(most) cores"]
    }

    private func reservations() -> [String] {
        let payers = Dictionary(grouping: live.filter(\.isProposal), by: \.terms.payer)
        let most = payers.values.map(\.count).max() ?? 0
        return most > AgentLimits.proposalsPerPayerMax ? ["one payer has \(most) leases signed and not opened"] : []
    }

    /// The money for what is signed is there when it is signed.
    mutating func noteReservation(_ terms: LeaseTerms) {
        let own = live.filter { $0.isProposal && $0.terms.payer == terms.payer }
        let needed = own.reduce(terms.deposit.value) { $0 + $1.terms.deposit.value }
        guard account(terms.payer).value < needed else { return }
        violations.append("a machine is held for \(needed) of a payer who has \(account(terms.payer))")
    }

    private mutating func conservation() -> [String] {
        touched = []
        guard state.size != lookedAt else { return [] }
        lookedAt = state.size
        return state.conservation().isKept ? [] : ["money came from nowhere, or went there"]
    }
}
