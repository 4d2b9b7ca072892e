import GCXMarket
import GCXMetering
import GCXModel
import GCXPricing
import GCXSigning

@testable import GCXAgent
@testable import GCXLedger

// Every call of a rule that is sold, and how each is left out.

// The ledger's.
extension Simulation {
    /// Hands an entry to the ledger's rules.
    ///
    /// - Parameter digest: that of its document, where somebody names it.
    mutating func post(_ entry: Entry, as digest: Digest? = nil, isStrict: Bool = true) throws {
        let posting = Posting(
            index: state.size, time: max(now, state.lastPostedAt), checksSignatures: false,
            isStrict: isStrict)
        let key = EntryKey(kind: entry.kind, digest: digest ?? self.digest())
        let change = try state.check(entry, key: key, in: posting)
        let posted = PostedEntry(
            index: posting.index, postedAt: posting.time, previous: state.chain, entry: entry, json: [])
        state.commit(change, of: posted)
    }

    /// Posts the terms that both signed. False when the ledger refuses.
    mutating func postOpening(_ contract: Contract) -> Bool {
        var terms = contract.terms
        if lapse == .cap { terms.burst = Amount(.max) }
        if lapse == .demand, let other = publishAgain(contract) { terms.demand = other }
        let entry = Entry.leaseOpened(market.countersigned(terms))
        do { try post(entry, as: contract.id, isStrict: asksAll(of: contract)) } catch { return false }
        if lapse == .escrow { state.balances[terms.payer] = account(terms.payer).adding(terms.deposit) }
        if lapse == .reservation { state.leases[contract.id]?.reservationHour = nil }
        (contract.openedAt, contract.from) = (now, max(now, terms.startsAt))
        contract.wish.contracts.append(contract)
        open.append(contract)
        touched.append(contract.wish)
        return true
    }

    /// False leaves out the rules that an old journal is read without, of which one is to be missing. The others are asked
    /// here then.
    private func asksAll(of contract: Contract) -> Bool {
        let isOfTwo = contract.terms.payer != contract.terms.machine
        switch lapse {
        case .sides: return isOfTwo
        case .machine: return !isOfTwo || !isMet(contract)
        case .money, .deposit, .credit: return !isOfTwo || !isMet(contract) || !isFree(contract)
        default: return true
        }
    }

    /// Whether the demand asks for this, and for no other lease by now.
    private func isMet(_ contract: Contract) -> Bool {
        guard let record = try? state.demand(contract.terms.demand) else { return false }
        let spent = contract.wish.contracts.compactMap { try? state.lease($0.id).settled.value }.reduce(0, +)
        return contract.terms.resources == contract.wish.document.resources && state.isListed(record, at: now)
            && contract.terms.deposit.value + spent <= record.document.budget.value
    }

    private func isFree(_ contract: Contract) -> Bool {
        let terms = contract.terms
        guard
            let free = try? state.freeCapacity(of: terms.offer, from: terms.startsAt, until: terms.endsAt)
        else { return false }
        return terms.resources.shortages(in: free).isEmpty
    }

    /// The same demand under another name, as large as the terms want it, so that the ledger sees no second lease of it.
    private mutating func publishAgain(_ contract: Contract) -> Digest? {
        let digest = digest()
        var demand = contract.wish.document
        (demand.demandID, demand.resources) = (digest, contract.terms.resources)
        demand.budget = max(demand.budget, contract.terms.deposit)
        guard (try? post(.demand(market.unsigned(demand)), as: digest)) != nil else { return nil }
        return digest
    }

    func account(_ address: Address) -> Amount { state.account(address).balance }

    func record(_ contract: Contract) -> LeaseRecord? { try? state.lease(contract.id) }

    /// What the ledger says when a claim of so much comes. True when it was paid.
    mutating func postClaim(_ contract: Contract, _ amount: Amount) -> Bool {
        let before = state.leases[contract.id]
        if lapse == .late { extendWindow(contract, .max) }
        let voucher = Voucher(channel: contract.id, cumulative: amount, receipt: .zero)
        let isPaid = (try? post(.claim(market.unsigned(voucher)))) != nil
        guard case .closing(_, _, _, let closesAt) = before?.escrow else { return isPaid }
        if lapse == .late { extendWindow(contract, closesAt) }
        if isPaid, now >= closesAt { violations.append("a claim was paid \(now - closesAt) s after the window") }
        return isPaid
    }

    private mutating func extendWindow(_ contract: Contract, _ end: UInt64) {
        guard case .closing(let deposit, let settled, let requestedAt, _) = state.leases[contract.id]?.escrow
        else { return }
        state.leases[contract.id]?.escrow = .closing(
            deposit: deposit, settled: settled, requestedAt: requestedAt, closesAt: end)
    }

    mutating func postClose(_ contract: Contract, by requester: Address) -> Bool {
        let request = CloseRequest(channel: contract.id, requester: requester, requestedAt: now)
        guard (try? post(.closeRequest(market.unsigned(request)))) != nil else { return false }
        if requester == contract.terms.payer { contract.asked = now }
        return true
    }

    /// The buyer takes back what is left.
    mutating func postFinalize(_ contract: Contract) -> Bool {
        guard case .closing(_, _, _, let closesAt) = record(contract)?.escrow else { return false }
        let isDone =
            lapse == .window
            ? postClose(contract, by: contract.terms.machine) : (try? post(.finalize(contract.id))) != nil
        if isDone, now < closesAt { violations.append("the escrow is closed \(closesAt - now) s before the window") }
        return isDone
    }

    mutating func postTopUp(_ contract: Contract, by more: UInt128) {
        guard let deposit = record(contract)?.deposit, let sum = deposit.adding(Amount(more)) else { return }
        guard (try? post(.topUp(market.unsigned(TopUp(channel: contract.id, deposit: sum))))) != nil else { return }
        contract.wish.raised += more
        touched.append(contract.wish)
    }
}

// The agent's.
extension Simulation {
    /// Whether the agent signs.
    func isAdmitted(_ terms: LeaseTerms, of wish: Wish, on number: Int) -> Bool {
        let stall = market.stalls[number]
        let admission = Admission(
            offer: stall.offer, offerDigest: stall.digest, demand: wish.document, machine: stall.offer.machine, now: now
        )
        let holders = live.filter { $0.phase.holdsCapacity && (lapse != .offers || $0.stall == number) }
        let own = holders.filter(\.isProposal).map(\.terms)
        do {
            try admission.check(withoutMoney(terms, of: wish), beside: lapse == .capacity ? [] : holders.map(\.terms))
            try admission.checkProposals(
                terms, balance: lapse == .balance ? Amount(.max) : account(terms.payer),
                beside: lapse == .proposals ? [] : own)
            return true
        } catch {
            return false
        }
    }

    /// The terms as an agent sees them that does not judge a part of their money: good ones stand there instead.
    private func withoutMoney(_ terms: LeaseTerms, of wish: Wish) -> LeaseTerms {
        var terms = terms
        switch lapse {
        case .money: (terms.burst, terms.hourlyCap) = (Amount(.max), Amount(.max))
        case .deposit: terms.deposit = wish.document.budget
        case .credit: terms.creditLimit = .zero
        default: break
        }
        return terms
    }

    /// Whether a job may go on.
    func decide(_ deal: Deal) -> CreditPolicy.Decision {
        guard lapse != .pause else { return .run }
        let terms = deal.terms
        let policy = CreditPolicy(
            creditLimit: terms.creditLimit, deposit: deal.sight?.deposit ?? terms.deposit,
            reserve: deal.reserve)
        return policy.decide(metered: deal.owed, vouched: deal.vouched)
    }

    /// Whether so much is unclaimed that it is claimed at once.
    func isClaimDue(_ unclaimed: Amount, of deal: Deal) -> Bool {
        guard lapse != .claims else { return false }
        let share = Pricing.share(deal.sight?.deposit ?? deal.terms.deposit, parts: AgentLimits.claimsPerDeposit)
        let receipts = deal.terms.receiptSeconds * AgentLimits.claimReceipts
        let some = try? Pricing.ceiling(deal.terms.resources, rates: deal.terms.rates, seconds: receipts)
        return unclaimed >= min(share, some ?? share)
    }

    /// Whether a voucher for so much is taken, as far as the ledger goes.
    func isPayable(_ amount: Amount, _ record: LeaseRecord) -> Bool {
        lapse == .payable || amount <= record.payable(at: now)
    }
}

// The buyer's.
extension Simulation {
    /// Why an honest buyer does not vouch for a receipt; nil when it does.
    func refusal(
        _ receipt: Receipt, of contract: Contract, after last: (receipt: Receipt, digest: Digest)?, openedAt: UInt64
    ) -> ReceiptError? {
        guard lapse != .inspection else { return nil }
        var seen = receipt
        if lapse == .amounts {
            seen.amount = (try? Pricing.amountOwed(receipt.usage, rates: contract.terms.rates)) ?? .zero
        }
        let check = ReceiptCheck(
            lease: contract.id, terms: contract.terms, deposit: contract.terms.deposit,
            sendsNothing: lapse != .egress, openedAt: lapse == .begin ? nil : openedAt)
        let elapsed = (now - openedAt) * 1_000_000_000
        do throws(ReceiptError) {
            try check.check(seen, after: last, elapsedNanoseconds: lapse == .clock ? nil : elapsed)
            return nil
        } catch {
            return error
        }
    }
}
