import GCXMarket
import GCXModel
import GCXPricing

@testable import GCXLedger

/// A contract of an honest buyer with a provider who may do anything.
final class Fraud {
    /// What the provider tries.
    enum Trick: CaseIterable {
        /// Nothing.
        case none
        /// Bills time from before the lease's start.
        case early
        /// Bills three times what there was.
        case inflated
        /// Asks for more than its usage costs.
        case dear
        /// Bills bytes sent by a job that sends none.
        case egress
        /// Leaves receipts out, turns them round, lets usage fall.
        case muddled
        /// Has the buyer's session key.
        case thief
        /// Closes at once, claims late, claims twice.
        case hurry
        /// Is the buyer's own machine.
        case pocket
    }

    let contract: Contract
    let trick: Trick
    let openedAt: UInt64
    var billed: UInt64 = 0
    var issued: UInt64 = 0
    /// The last receipt that the buyer found good, with its digest.
    var accepted: (receipt: Receipt, digest: Digest)?
    /// What the buyer signed, in order.
    var signed: [Amount] = []
    var hasRefused = false

    init(_ contract: Contract, trick: Trick, openedAt: UInt64) {
        (self.contract, self.trick, self.openedAt) = (contract, trick, openedAt)
    }

    var vouched: Amount { signed.last ?? .zero }
}

extension Simulation {
    mutating func proposeFraud() {
        guard let trick = Fraud.Trick.allCases.randomElement(using: &generator) else { return }
        let stall = market.stalls[Market.hostile]
        let payer = trick == .pocket ? stall.offer.machine : market.honestPayer
        let asked = digest()
        let demand = market.demand(
            asked, by: payer, seconds: random(60...300), cores: UInt32(random(1...4)), budget: 60_000)
        try? post(.demand(market.unsigned(demand)), as: asked)
        let choice = LeaseChoice(
            startsAt: trick == .early ? now + 50 : now, session: market.session, salt: digest())
        guard
            let terms = try? LeaseTerms(
                demand: demand, demandDigest: asked, offer: stall.offer, offerDigest: stall.digest, choice: choice)
        else { return }
        let contract = Contract(id: digest(), terms: terms, wish: Wish(document: demand, digest: asked))
        guard postOpening(contract) else { return }
        let fraud = Fraud(contract, trick: trick, openedAt: now)
        frauds.append(fraud)
        liveFrauds.append(fraud)
    }

    func isOver(_ fraud: Fraud) -> Bool { record(fraud.contract)?.escrow.isClosed == true }

    mutating func act(_ fraud: Fraud) {
        bill(fraud)
        claim(fraud)
        if now > fraud.contract.terms.endsAt || fraud.hasRefused {
            _ = postClose(fraud.contract, by: fraud.contract.terms.payer)
        }
        // It may forget to for a while, and a claim come first.
        if chance(4) { _ = postFinalize(fraud.contract) }
    }

    /// A receipt, and what the buyer says to it.
    private mutating func bill(_ fraud: Fraud) {
        guard !fraud.hasRefused, let receipt = receipt(fraud) else { return }
        let error = refusal(receipt, of: fraud.contract, after: fraud.accepted, openedAt: fraud.openedAt)
        guard error == nil else { return fraud.hasRefused = true }
        fraud.accepted = (receipt, digest())
        fraud.signed.append(max(receipt.amount, fraud.vouched))
    }

    private mutating func receipt(_ fraud: Fraud) -> Receipt? {
        let terms = fraud.contract.terms
        let from = fraud.trick == .early ? fraud.openedAt : max(fraud.openedAt, terms.startsAt)
        guard now > from else { return nil }
        let billed = now - from
        var usage = Pricing.fullUse(
            of: terms.resources, seconds: fraud.trick == .inflated && billed > 20 ? billed * 3 : billed)
        if fraud.trick == .egress { usage.egressBytes = 90 << 30 }
        var receipt = Receipt(
            lease: fraud.contract.id, sequence: (fraud.accepted?.receipt.sequence ?? 0) + 1,
            previous: fraud.accepted?.digest ?? .zero, bootID: "b",
            periodStartNanoseconds: fraud.accepted?.receipt.periodEndNanoseconds ?? 0,
            periodEndNanoseconds: billed * 1_000_000_000, issuedAt: now, usage: usage,
            amount: (try? Pricing.amountOwed(usage, rates: terms.rates)) ?? .zero, logDigest: .zero,
            samplesDigest: .zero, isFinal: false, events: [])
        if fraud.trick == .dear, chance(3) { receipt.amount = Amount(receipt.amount.value * 2 + 1) }
        if fraud.trick == .muddled, chance(4) { muddle(&receipt) }
        return receipt
    }

    private mutating func muddle(_ receipt: inout Receipt) {
        switch random(0...4) {
        case 0: receipt.sequence += 1
        case 1: receipt.previous = digest()
        case 2: receipt.usage = .zero
        case 3: receipt.lease = digest()
        default: receipt.periodStartNanoseconds += 1
        }
    }

    private mutating func claim(_ fraud: Fraud) {
        switch fraud.trick {
        case .thief:
            let deposit = fraud.contract.terms.deposit.value
            for part in [1, 2, 4, 8] as [UInt128] { _ = postClaim(fraud.contract, Amount(deposit / part)) }
        case .hurry:
            if let any = fraud.signed.randomElement(using: &generator) { _ = postClaim(fraud.contract, any) }
            if chance(3), fraud.vouched > .zero { _ = postClaim(fraud.contract, fraud.vouched) }
            if chance(40) { _ = postClose(fraud.contract, by: fraud.contract.terms.machine) }
        default:
            if fraud.vouched > .zero, chance(5) { _ = postClaim(fraud.contract, fraud.vouched) }
        }
    }
}
