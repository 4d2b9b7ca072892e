import GCXModel
import GCXSigning
import Support

@testable import GCXLedger

/// An honest provider with buyers who may do anything, and an honest buyer with providers who may do anything, on the real
/// rules of ledger, agent and buyer, under a clock of its own.
///
/// Nothing is signed, and a document's digest is a number: whose signature is good is tested elsewhere, and what keys may sign
/// is what is looked for here. The same seed makes the same choices.
struct Simulation {
    let lapse: Lapse?
    var market: Market
    var generator: SeededGenerator
    var state: LedgerState
    var now: UInt64
    /// With the honest provider: all there ever were, and those that are not over.
    var deals: [Deal] = []
    var live: [Deal] = []
    /// With the other one.
    var frauds: [Fraud] = []
    var liveFrauds: [Fraud] = []
    var wishes: [Wish] = []
    /// Contracts that the ledger has open.
    var open: [Contract] = []
    /// Until when the agent does not work, and until when it does not reach the ledger.
    var awayUntil: UInt64 = 0
    var silentUntil: UInt64 = 0
    let isCalm: Bool
    var sweptAt: UInt64
    /// What went wrong in the middle of a step.
    var violations: [String] = []
    /// What of the ledger is to be looked at after this step.
    var touched: [Wish] = []
    /// How long the ledger was when its money was counted.
    var lookedAt: UInt64 = 0
    private var digests: UInt64 = 0

    init(seed: UInt64, world: TestWorld, without lapse: Lapse? = nil) throws {
        self.lapse = lapse
        generator = SeededGenerator(seed)
        now = world.clock.now
        sweptAt = now
        isCalm = UInt64.random(in: 0...1, using: &generator) == 0
        let window: UInt64 = UInt64.random(in: 0...1, using: &generator) == 0 ? 10 : 45
        // Old ledgers keep their rules, and pay no voucher in part: there the best sure one is what is left.
        let isOld = UInt64.random(in: 0...3, using: &generator) == 0 || lapse == .sure
        state = LedgerState(
            isOld
                ? LedgerCharter(
                    format: .ofOperator, operator: world.operator.address, isTestNetwork: true, founding: nil)
                : world.charter)
        market = Market(world, closeWindowSeconds: window)
        for grant in market.grants { _ = try post(.grant(grant.signed), as: grant.digest) }
        for stall in market.stalls { _ = try post(.offer(stall.signed), as: stall.digest) }
        for (payer, amount) in market.payers {
            let grant = FaucetGrant(account: payer, amount: amount, nonce: .zero)
            _ = try post(.faucet(market.unsigned(grant)))
        }
    }

    var isAway: Bool { now < awayUntil }
    var isSilent: Bool { now < silentUntil }

    mutating func random(_ range: ClosedRange<UInt64>) -> UInt64 { .random(in: range, using: &generator) }

    /// True once in so many times.
    mutating func chance(_ oneIn: UInt64) -> Bool { random(1...oneIn) == 1 }

    /// Stands for the digest of a document, or for a random number in one.
    mutating func digest() -> Digest {
        digests += 1
        return market.digest(digests)
    }

    /// One step: everybody may do something, then time passes.
    mutating func step() {
        changeWeather()
        if chance(120) { revise() }
        if chance(3), let plan = BuyerPlan.allCases.randomElement(using: &generator) { propose(plan) }
        for deal in live where !chance(4) { act(deal) }
        if chance(12) { proposeFraud() }
        for fraud in liveFrauds where !chance(3) { act(fraud) }
        for _ in 0..<random(0...6) {
            now += 1
            work()
        }
        live = live.filter { !isOver($0) }
        liveFrauds = liveFrauds.filter { !isOver($0) }
    }

    /// The provider publishes an offer anew. Who had a lease signed on the old one cannot open it any more.
    private mutating func revise() {
        let stall = market.revise(Int(random(0...1)), as: digest())
        do { try post(.offer(stall.signed), as: stall.digest) } catch { violations.append("no new revision: \(error)") }
    }

    /// The agent is stopped for a while, or its line to the ledger is cut: for less than a close window, or for more.
    private mutating func changeWeather() {
        guard !isCalm else { return }
        let window = market.stalls[0].offer.closeWindowSeconds
        func spell(_ isLong: Bool) -> ClosedRange<UInt64> { isLong ? window + 2...window + 20 : 2...window - 2 }
        if !isAway, chance(60) { awayUntil = now + random(spell(chance(2))) }
        if !isSilent, chance(40) { silentUntil = now + random(spell(chance(3))) }
    }
}
