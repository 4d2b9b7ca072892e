import GCXAgent
import GCXLedger
import GCXMarket
import GCXMetering
import GCXModel
import GCXPricing

@testable import GCXAgent

/// One lease as an honest provider keeps it: the phases, the credit and the judgement of vouchers are the agent's own.
struct ProviderRun {
    let id: LeaseID
    let terms: LeaseTerms
    var phase: LeasePhase
    /// Seconds that its job has run in full use.
    var used: UInt64 = 0
    /// Amounts of the receipts, in order.
    var receipts: [Amount] = []
    var receiptAt: UInt64
    var pausedAt: UInt64 = 0
    /// The best voucher that was taken, and the most that the buyer ever signed.
    var vouched = Amount.zero
    var signed = Amount.zero
    var claimed = Amount.zero
    var settlingSince: UInt64 = 0
    /// Seconds that a job still runs after it was told to end.
    var ending: UInt64 = 0

    var owed: Amount {
        (try? Pricing.amountOwed(Pricing.fullUse(of: terms.resources, seconds: used), rates: terms.rates))
            ?? Amount(.max)
    }

    /// What full use costs for so long.
    func ceiling(_ seconds: UInt64) -> Amount {
        (try? Pricing.ceiling(terms.resources, rates: terms.rates, seconds: seconds)) ?? Amount(.max)
    }
}

extension Simulation {
    /// A second of the provider's work on all its leases.
    mutating func work() throws {
        for id in order {
            guard var run = runs[id] else { continue }
            try work(on: &run)
            runs[id] = run
        }
    }

    private mutating func work(on run: inout ProviderRun) throws {
        let record = try? state.lease(run.id)
        switch run.phase {
        case .proposed(let since):
            if let record {
                run.phase = record.escrow.isClosed ? .closed(nil) : .running
                run.receiptAt = now
            } else if now > since + AgentLimits.proposalSeconds {
                run.phase = .closed(nil)
            }
        case .running, .paused, .ending: if let record { try meter(&run, record) }
        case .settling: if let record { try settle(&run, record) }
        default: break
        }
    }

    private mutating func meter(_ run: inout ProviderRun, _ record: LeaseRecord) throws {
        if case .paused = run.phase {} else { run.used += 1 }
        if case .closing = record.escrow { try claim(&run, record, force: true) }
        if case .ending(let reason) = run.phase {
            guard run.ending == 0 else { return run.ending -= 1 }
            return try exit(&run, reason, record)
        }
        if !record.escrow.isOpen { return end(&run, .cancelled(by: .buyer)) }
        if now >= run.terms.endsAt, !lapses.contains(.end) { return end(&run, .timeLimit) }
        let policy = CreditPolicy(
            creditLimit: run.terms.creditLimit, deposit: record.deposit,
            reserve: run.ceiling(2))
        let decision = lapses.contains(.credit) ? .run : policy.decide(metered: run.owed, vouched: run.vouched)
        if decision == .pause, case .running = run.phase {
            receipt(&run)
            (run.phase, run.pausedAt) = (.paused(since: now), now)
        } else if decision == .run, case .paused = run.phase {
            run.phase = .running
        }
        if case .paused = run.phase, now > run.pausedAt + run.terms.graceSeconds, !lapses.contains(.grace) {
            return end(&run, .budget)
        }
        if now >= run.receiptAt + run.terms.receiptSeconds { receipt(&run) }
        try claim(&run, record, force: false)
    }

    private func receipt(_ run: inout ProviderRun) {
        run.receipts.append(run.owed)
        run.receiptAt = now
    }

    private mutating func end(_ run: inout ProviderRun, _ reason: ExitReason) {
        run.phase = .ending(reason)
        run.ending = random(0...2)
    }

    private mutating func exit(_ run: inout ProviderRun, _ reason: ExitReason, _ record: LeaseRecord) throws {
        receipt(&run)
        run.phase = .settling(reason, since: now)
        run.settlingSince = now
        try settle(&run, record)
    }

    private mutating func settle(_ run: inout ProviderRun, _ record: LeaseRecord) throws {
        if record.escrow.isClosed { return run.phase = .closed(nil) }
        try claim(&run, record, force: true)
        let isLate = now >= run.settlingSince + AgentLimits.finalVoucherSeconds
        guard run.vouched >= run.owed || isLate || !record.escrow.isOpen else { return }
        let request = CloseRequest(channel: run.id, requester: world.machine.address, requestedAt: now)
        if (try? post(.closeRequest(unsigned(request)))) != nil { run.phase = .closed(nil) }
    }

    /// The best voucher goes to the ledger, which pays it or not.
    private mutating func claim(_ run: inout ProviderRun, _ record: LeaseRecord, force: Bool) throws {
        let unclaimed = run.vouched.subtracting(run.claimed) ?? .zero
        let share = Pricing.share(record.deposit, parts: AgentLimits.claimsPerDeposit)
        let some = run.ceiling(run.terms.receiptSeconds * AgentLimits.claimReceipts)
        guard unclaimed > .zero, force || unclaimed >= min(share, some) else { return }
        let voucher = Voucher(channel: run.id, cumulative: run.vouched, receipt: .zero)
        if (try? post(.claim(unsigned(voucher)))) != nil { run.claimed = run.vouched }
    }

    /// A voucher of the buyer's, taken or refused as the agent does.
    func take(_ amount: Amount, _ run: inout ProviderRun) {
        run.signed = max(run.signed, amount)
        guard run.receipts.contains(amount) || lapses.contains(.receipts), amount > run.vouched,
            let record = try? state.lease(run.id), !record.escrow.isClosed
        else { return }
        if amount <= record.payable(at: now) { run.vouched = amount }
    }
}

extension Escrow {
    var isOpen: Bool { if case .open = self { true } else { false } }
}
