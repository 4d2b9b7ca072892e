import GCXMetering
import GCXModel
import GCXSigning

@testable import GCXAgent
@testable import GCXLedger

// A second of the honest provider: its jobs, and its agent when that is there. The order of things is `LeaseKeeper`'s.
extension Simulation {
    mutating func work() {
        for deal in live where deal.phase.mayHaveProcess { run(deal) }
        guard !isAway else { return }
        for deal in live {
            if !isSilent { post(queueOf: deal) }
            step(deal)
            if deal.phase.mayHaveProcess { follow(deal) }
            vouchesAreSafe(deal)
        }
        if now >= sweptAt + AgentLimits.cleanSeconds { sweep() }
    }

    /// The agent has had a second for what it took.
    private func vouchesAreSafe(_ deal: Deal) {
        guard !isSilent, let record = deal.sight else { return }
        if case .closing(_, _, _, let closesAt) = record.escrow, now >= closesAt { return }
        deal.certain = deal.good
    }

    /// What the job does, whether anybody looks or not. Its supervisor ends it with the lease.
    private func run(_ deal: Deal) {
        if isAway || isSilent { deal.blind += 1 }
        if case .ending = deal.phase {
            guard deal.stopLeft > 0 else { return }
            deal.stopLeft -= 1
        } else if isAway, now >= deal.terms.endsAt + deal.stopSeconds, lapse != .end {
            return
        }
        if deal.phase.isFrozen { deal.standing += 1 } else { deal.running += 1 }
    }

    private mutating func step(_ deal: Deal) {
        switch deal.phase {
        case .proposed(let since): lookForOpening(deal, since)
        case .open:
            if now >= deal.terms.endsAt || isIdle(deal) {
                take(.expiredUnused(at: now), deal)
            } else {
                follow(deal)
            }
        case .running, .paused, .held, .ending: meter(deal)
        case .settling: settle(deal)
        default: break
        }
    }

    private func isIdle(_ deal: Deal) -> Bool {
        lapse != .idle && now >= max(deal.openSince, deal.terms.startsAt) + Market.conduct.idleSeconds
    }

    /// An event of the agent's own, and what it does about it.
    private mutating func take(_ event: LeaseEvent, _ deal: Deal) {
        let (next, effects) = deal.phase.after(event)
        if case .paused = next, !deal.isPaused { deal.pausedAt = now }
        if case .open = next { deal.openSince = now }
        deal.phase = next
        for effect in effects {
            switch effect {
            case .stop: deal.stopLeft = deal.stopSeconds
            case .issueFinalReceipt: issueReceipt(deal, isFinal: true)
            case .settle:
                deal.settlingAt = now
                settle(deal)
            default: break
            }
        }
    }

    /// The lease on the ledger; nil when that does not answer or has none.
    @discardableResult
    private mutating func look(_ deal: Deal) -> LeaseRecord? {
        guard !isSilent, let record = record(deal.contract) else { return nil }
        deal.sight = record
        if case .closing(_, _, _, let closesAt) = record.escrow, now < closesAt { deal.sawClosing = true }
        return record
    }

    private mutating func lookForOpening(_ deal: Deal, _ since: UInt64) {
        guard !isSilent else { return }
        if let record = look(deal) {
            take(record.escrow.isClosed ? .closedOnLedger : .openedOnLedger, deal)
        } else if now > since + AgentLimits.proposalSeconds, lapse != .lapsing {
            take(.proposalLapsed, deal)
        }
    }

    private mutating func follow(_ deal: Deal) {
        guard lapse != .close, let record = look(deal) else { return }
        switch record.escrow {
        case .open: break
        case .closing:
            if lapse != .closing { claim(deal, force: true) }
            take(.mustEnd(.cancelled(by: .buyer)), deal)
            if case .open = deal.phase { take(.expiredUnused(at: now), deal) }
        case .closed: take(.closedOnLedger, deal)
        }
    }

    private mutating func meter(_ deal: Deal) {
        if case .ending(let reason) = deal.phase, deal.stopLeft == 0 { return take(.exited(reason, at: now), deal) }
        judge(deal)
        if deal.isPaused, now > deal.pausedAt + deal.terms.graceSeconds, lapse != .grace {
            take(.mustEnd(.budget), deal)
        }
        if now >= deal.terms.endsAt, lapse != .end { take(.mustEnd(.timeLimit), deal) }
        if deal.phase.mayHaveProcess, now >= deal.receiptAt + deal.terms.receiptSeconds { issueReceipt(deal) }
    }

    private mutating func judge(_ deal: Deal) {
        switch (decide(deal), deal.phase) {
        case (.pause, .running), (.pause, .held):
            issueReceipt(deal)
            take(.creditReached(at: now), deal)
        case (.run, .paused): take(.creditRestored, deal)
        default: break
        }
    }

    private mutating func issueReceipt(_ deal: Deal, isFinal: Bool = false) {
        let last = deal.receipts.last
        deal.receipts.append(
            Receipt(
                lease: deal.id, sequence: (last?.sequence ?? 0) + 1, previous: last?.logDigest ?? .zero, bootID: "b",
                periodStartNanoseconds: last?.periodEndNanoseconds ?? 0,
                periodEndNanoseconds: (deal.running + deal.standing) * 1_000_000_000, issuedAt: now, usage: deal.usage,
                // The log's digest stands for the receipt's own, which is no part of it.
                amount: deal.owed, logDigest: digest(), samplesDigest: .zero, isFinal: isFinal, events: []))
        deal.receiptAt = now
    }

    private mutating func settle(_ deal: Deal) {
        let owed = deal.receipts.last?.amount ?? .zero
        let record = look(deal)
        claim(deal, force: true)
        guard let record else { return }
        let isLate = now >= deal.settlingAt + AgentLimits.finalVoucherSeconds
        guard deal.vouched >= owed || isLate || !record.escrow.isOpen else { return }
        if deal.claimed >= claimable(deal) ?? .zero || deal.isRefused { close(deal) }
        if self.record(deal.contract)?.escrow.isClosed == true { take(.closedOnLedger, deal) }
    }

    private mutating func close(_ deal: Deal) {
        _ = postClose(deal.contract, by: deal.terms.machine)
    }

    /// The best voucher, or, when the ledger does not pay that one, the best that it was known to pay.
    private func claimable(_ deal: Deal) -> Amount? {
        let best = deal.vouched > .zero ? deal.vouched : nil
        guard let best, let sight = deal.sight, best > sight.payable(at: now) else { return best }
        guard lapse != .sure else { return nil }
        return deal.sure > .zero ? deal.sure : nil
    }

    private mutating func claim(_ deal: Deal, force: Bool) {
        guard let amount = claimable(deal), let unclaimed = amount.subtracting(deal.claimed), unclaimed > .zero,
            force || isClaimDue(unclaimed, of: deal), deal.queue.last != amount
        else { return }
        deal.queue.append(amount)
        if !isSilent { post(queueOf: deal) }
    }

    /// The outbox: what the ledger refuses is not tried again.
    private mutating func post(queueOf deal: Deal) {
        for amount in deal.queue {
            let isPaid = postClaim(deal.contract, amount)
            if isPaid { deal.claimed = max(deal.claimed, amount) } else { deal.isRefused = true }
        }
        deal.queue = []
    }

    /// What the machine is through with and the ledger has open is closed there.
    private mutating func sweep() {
        guard !isSilent else { return }
        sweptAt = now
        guard lapse != .sweep else { return }
        for deal in live where deal.isClosed && record(deal.contract)?.escrow.isClosed == false { close(deal) }
    }

    /// A voucher of the buyer's, taken or refused as the agent does. False when it is not taken.
    @discardableResult
    mutating func accept(_ amount: Amount, _ deal: Deal) -> Bool {
        deal.signed = max(deal.signed, amount)
        guard !isAway, !deal.isClosed else { return false }
        let isReceipt = deal.receipts.contains { $0.amount == amount }
        guard isReceipt || lapse == .receipts else { return false }
        guard amount > deal.vouched else { return true }
        let seen = look(deal)
        guard let record = seen ?? deal.sight else { return false }
        guard isPayable(amount, record) else {
            if isReceipt { noteRefusal(amount, deal, record) }
            return false
        }
        deal.vouched = amount
        if seen != nil {
            (deal.sure, deal.good) = (amount, amount)
        }
        if case .settling = deal.phase { settle(deal) } else { claim(deal, force: isClosing(deal)) }
        if deal.isPaused { judge(deal) }
        return true
    }

    private func isClosing(_ deal: Deal) -> Bool {
        guard case .closing = deal.sight?.escrow else { return false }
        return lapse != .closing
    }

    /// An honest receipt of a lease that is open is payable, unless the deposit is used up.
    private mutating func noteRefusal(_ amount: Amount, _ deal: Deal, _ record: LeaseRecord) {
        guard case .open(let deposit, _) = record.escrow, amount <= deposit, !isSilent else { return }
        violations.append("a voucher of \(amount) for an honest receipt is not payable")
    }

    /// The buyer sends its job. Nothing happens unless the lease is open and its time has come.
    mutating func submit(_ deal: Deal) {
        guard !isAway, !isSilent else { return }
        if case .proposed(let since) = deal.phase { lookForOpening(deal, since) }
        guard case .open = deal.phase, let record = look(deal), record.escrow.isOpen, now < deal.terms.endsAt,
            now >= deal.terms.startsAt || lapse == .start
        else { return }
        take(.submitted, deal)
        take(.started, deal)
        deal.receiptAt = now
    }

    /// The buyer wants its job to stand still, or to go on.
    mutating func hold(_ deal: Deal) {
        guard !isAway else { return }
        if case .held = deal.phase { take(.releaseAsked, deal) } else { take(.holdAsked(by: .buyer), deal) }
    }

    /// The buyer tells the agent to end its job, or the lease that has none.
    mutating func cancel(_ deal: Deal) {
        guard !isAway, !isSilent else { return }
        if case .open = deal.phase { return take(.expiredUnused(at: now), deal) }
        take(.mustEnd(.cancelled(by: .buyer)), deal)
    }

    /// Both sides are through with it.
    func isOver(_ deal: Deal) -> Bool {
        guard deal.isClosed else { return false }
        guard let record = record(deal.contract) else { return deal.isForgotten || now >= deal.terms.endsAt }
        return record.escrow.isClosed
    }
}

extension Escrow {
    var isOpen: Bool { if case .open = self { true } else { false } }
}
