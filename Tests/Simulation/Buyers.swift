import GCXAgent
import GCXMetering
import GCXModel

@testable import GCXLedger

// What a buyer does about its lease, by its plan.
extension Simulation {
    mutating func act(_ deal: Deal) {
        guard deal.contract.from != nil else { return openOrNot(deal) }
        if deal.isProposal || deal.phase == .open, sendsJob(deal) { submit(deal) }
        switch deal.plan {
        case .honest:
            inspect(deal)
            vouch(deal)
        case .erratic, .reserver, .crowd: doAnything(deal)
        case .cheat: cheat(deal)
        case .silent: if deal.phase.exit != nil || chance(60) { leave(deal) }
        case .crumb, .reuser, .larger, .both, .early:
            vouch(deal)
            if chance(20) { leave(deal) }
        case .late, .idle: if chance(deal.plan == .idle ? 20 : 40) { leave(deal) }
        case .cutter: cut(deal)
        case .closer, .clinger: wait(deal)
        case .forger: forge(deal)
        case .spender: spend(deal)
        case .absent: if (now / 50).isMultiple(of: 2) { vouch(deal) } else if chance(30) { leave(deal) }
        }
        takeBack(deal)
    }

    private func sendsJob(_ deal: Deal) -> Bool { deal.plan != .idle && deal.plan != .late }

    private mutating func openOrNot(_ deal: Deal) {
        guard !deal.isForgotten else { return }
        switch deal.plan {
        case .reserver: deal.isForgotten = !chance(20)
        case .crowd: deal.isForgotten = !chance(4)
        // Its place is given away by now, or its start is over.
        case .late: if deal.isClosed || chance(30) { return tryToOpen(deal) } else { return }
        case .erratic: if !chance(3) { return }
        default: break
        }
        if !deal.isForgotten { tryToOpen(deal) }
    }

    private mutating func tryToOpen(_ deal: Deal) {
        if !postOpening(deal.contract), chance(10) { deal.isForgotten = true }
    }

    /// For the last receipt, unless that is vouched for.
    private mutating func vouch(_ deal: Deal) {
        guard let amount = deal.receipts.last?.amount, amount > deal.vouched else { return }
        accept(amount, deal)
    }

    /// What an honest machine writes, an honest buyer pays for, as far as the deposit goes.
    private mutating func inspect(_ deal: Deal) {
        guard let openedAt = deal.contract.openedAt else { return }
        for index in deal.inspected..<deal.receipts.count {
            let receipt = deal.receipts[index]
            let last = index > 0 ? (receipt: deal.receipts[index - 1], digest: deal.receipts[index - 1].logDigest) : nil
            switch refusal(receipt, of: deal.contract, after: last, openedAt: openedAt) {
            case nil, .overDeposit: break
            case .some(let error): violations.append("an honest receipt is refused: \(error)")
            }
        }
        deal.inspected = deal.receipts.count
    }

    /// Asks the ledger to close.
    private mutating func leave(_ deal: Deal) {
        guard record(deal.contract)?.escrow.isOpen == true else { return }
        _ = postClose(deal.contract, by: deal.terms.payer)
    }

    /// Takes back what is left in the first second in which it may, or tries before.
    private mutating func takeBack(_ deal: Deal) {
        guard case .closing(_, _, _, let closesAt) = record(deal.contract)?.escrow else { return }
        if now >= closesAt || chance(4) { _ = postFinalize(deal.contract) }
    }

    private mutating func cheat(_ deal: Deal) {
        vouch(deal)
        guard deal.vouched > deal.claimed, let record = record(deal.contract) else { return }
        if deal.vouched > record.payable(at: now) || chance(25) { leave(deal) }
    }

    /// Cuts the agent's line to the ledger for long enough that the job runs on beyond the burst, and for less than the window.
    private mutating func cut(_ deal: Deal) {
        let window = deal.terms.closeWindowSeconds
        let pays = deal.vouched > deal.claimed && deal.phase == .running
        if pays, !isCalm, !isAway, !isSilent, window > 40, chance(10) { silentUntil = now + random(25...40) }
        let dark = isSilent ? silentUntil - now : 0
        if pays, dark > 20, dark < window { leave(deal) }
        vouch(deal)
    }

    private mutating func wait(_ deal: Deal) {
        let unclaimed = deal.vouched.value - min(deal.claimed.value, deal.vouched.value)
        let isDark = isAway && awayUntil - now > deal.terms.closeWindowSeconds
        let isHigh = deal.plan == .clinger && unclaimed * 3 > deal.risk * 2
        if isDark && deal.vouched > .zero || isHigh { leave(deal) } else { vouch(deal) }
    }

    private mutating func forge(_ deal: Deal) {
        let last = deal.receipts.last?.amount ?? .zero
        switch random(0...4) {
        case 0: accept(Amount(last.value + UInt128(random(1...200))), deal)
        case 1: accept(deal.terms.deposit, deal)
        case 2: if let first = deal.receipts.first?.amount { accept(first, deal) }
        case 3: accept(Amount(UInt128(random(0...100_000))), deal)
        default: vouch(deal)
        }
        if chance(25) { leave(deal) }
    }

    private mutating func spend(_ deal: Deal) {
        vouch(deal)
        if deal.isPaused, chance(4) { postTopUp(deal.contract, by: UInt128(random(1...200))) }
        if chance(60) {
            leave(deal)
            postTopUp(deal.contract, by: 1_000)
        }
    }

    private mutating func doAnything(_ deal: Deal) {
        switch random(0...19) {
        case 0..<11: if let amount = deal.receipts.last?.amount { accept(amount, deal) }
        case 11: if let amount = deal.receipts.randomElement(using: &generator)?.amount { accept(amount, deal) }
        case 12: accept(Amount(UInt128(random(0...100_000))), deal)
        case 13 where chance(3): leave(deal)
        case 14: postTopUp(deal.contract, by: UInt128(random(1...5_000)))
        case 15: _ = postFinalize(deal.contract)
        case 16 where chance(4): cancel(deal)
        case 17: _ = postOpening(deal.contract)
        case 18: hold(deal)
        default: break
        }
    }
}
