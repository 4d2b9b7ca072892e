import GCXModel
import GCXPricing

@testable import GCXAgent
@testable import GCXLedger

/// What something costs for a time, by the test's own arithmetic: `hourly × seconds / 3600`, rounded up.
struct Price {
    let hourly: UInt128

    /// - Parameter cores: those that count; none for a job that stands still.
    init(_ resources: Resources, _ rates: Rates, cores: UInt32) {
        var part = resources
        part.cores = cores
        hourly = (try? Pricing.hourlyCeiling(part, rates: rates).value) ?? 0
    }

    func of(_ seconds: UInt64) -> UInt128 { hourly * UInt128(seconds) / 3_600 + 1 }
}

/// What a buyer asked for, over all leases that name it.
final class Wish {
    let document: Demand
    let digest: Digest
    var contracts: [Contract] = []
    /// What top-ups put on its leases besides.
    var raised: UInt128 = 0

    init(document: Demand, digest: Digest) {
        (self.document, self.digest) = (document, digest)
    }
}

/// Terms that both sides signed.
final class Contract {
    let id: LeaseID
    let terms: LeaseTerms
    let wish: Wish
    /// In full use, and standing still.
    let price: Price
    let standing: Price
    /// Nil before it is opened.
    var openedAt: UInt64?
    /// When the payer asked to close.
    var asked: UInt64?
    /// From when on its time counts: its start, or its opening if that was later. Nil before it is opened.
    var from: UInt64?

    init(id: LeaseID, terms: LeaseTerms, wish: Wish) {
        (self.id, self.terms, self.wish) = (id, terms, wish)
        price = Price(terms.resources, terms.rates, cores: terms.resources.cores)
        standing = Price(terms.resources, terms.rates, cores: 0)
    }
}

/// A contract with the honest provider: what its job uses, what its agent knows, and what its buyer is about.
final class Deal {
    let contract: Contract
    let stall: Int
    let plan: BuyerPlan
    /// Seconds that its job runs on when it is told to end.
    let stopSeconds: UInt64
    /// What the job can use up between two looks.
    let reserve: Amount

    // The job.
    var phase: LeasePhase
    var running: UInt64 = 0
    var standing: UInt64 = 0
    var stopLeft: UInt64 = 0
    /// Seconds in which the agent was away from the job or from the ledger.
    var blind: UInt64 = 0
    var openSince: UInt64 = 0
    var pausedAt: UInt64 = 0
    var settlingAt: UInt64 = 0

    // The agent's books.
    var receipts: [Receipt] = []
    var receiptAt: UInt64 = 0
    var sight: LeaseRecord?
    var vouched = Amount.zero
    var sure = Amount.zero
    var claimed = Amount.zero
    /// Claims that are to be posted.
    var queue: [Amount] = []
    var isRefused = false

    // The buyer.
    /// The most that it signed.
    var signed = Amount.zero
    var isForgotten = false
    /// Receipts that it looked at.
    var inspected = 0

    // The test's own word.
    /// The best voucher of which the ledger said to the agent that it would pay it, and the best of those for which the agent
    /// had a second since.
    var good = Amount.zero
    var certain = Amount.zero
    /// The agent saw the buyer's request to close within the window.
    var sawClosing = false
    /// Since when the ledger has it open while the provider is through with it.
    var orphanedAt: UInt64?

    private var known: (at: (UInt64, UInt64), owed: Amount)?

    init(_ contract: Contract, stall: Int, plan: BuyerPlan, stopSeconds: UInt64, now: UInt64) {
        self.contract = contract
        self.stall = stall
        self.plan = plan
        self.stopSeconds = stopSeconds
        phase = .proposed(since: now)
        let terms = contract.terms
        reserve = (try? Pricing.ceiling(terms.resources, rates: terms.rates, seconds: 2)) ?? .zero
    }

    var id: LeaseID { contract.id }
    var terms: LeaseTerms { contract.terms }

    /// The job in full use, and its memory and storage also while it stands still.
    var usage: Usage {
        var usage = Pricing.fullUse(of: terms.resources, seconds: running + standing)
        usage.coreNanoseconds = Pricing.fullUse(of: terms.resources, seconds: running).coreNanoseconds
        return usage
    }

    /// What the meter says by now, calculated once for each second.
    var owed: Amount {
        if let known, known.at == (running, standing) { return known.owed }
        let owed = (try? Pricing.amountOwed(usage, rates: terms.rates)) ?? Amount(.max)
        known = ((running, standing), owed)
        return owed
    }

    var isPaused: Bool { if case .paused = phase { true } else { false } }
    var isClosed: Bool { if case .closed = phase { true } else { false } }
    var isProposal: Bool { if case .proposed = phase { true } else { false } }

    /// What the agent leaves unclaimed at most: thirty receipts, or a tenth of the deposit.
    var risk: UInt128 {
        min((sight?.deposit ?? terms.deposit).value / 10, contract.price.of(terms.receiptSeconds * 30))
    }
}
