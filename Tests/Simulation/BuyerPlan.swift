import GCXMarket
import GCXModel

@testable import GCXLedger

/// What a buyer is about with one lease.
enum BuyerPlan: CaseIterable {
    /// Vouches for every receipt.
    case honest
    /// Does anything at any time.
    case erratic
    /// Vouches for every receipt and asks to close when the cap, or the burst, is below what it vouched for.
    case cheat
    /// Never vouches.
    case silent
    /// Has leases signed and opens none of them.
    case reserver
    /// Has many signed at once, as one payer or as several.
    case crowd
    /// Puts a unit into escrow.
    case crumb
    /// Opens several leases on one demand.
    case reuser
    /// Takes more than it asked for.
    case larger
    /// Takes the whole machine on each of its offers.
    case both
    /// Opens when the agent has given up waiting, or the start is over.
    case late
    /// Its lease starts later, and it sends its job at once.
    case early
    /// Sends no job.
    case idle
    /// Cuts the agent off from the ledger, asks to close meanwhile, and goes on vouching.
    case cutter
    /// Asks to close when most is unclaimed, or when the agent is away, and takes the rest back at once.
    case closer
    /// The same, with a job that does not want to end.
    case clinger
    /// Vouches for what no receipt says.
    case forger
    /// Has a small deposit, uses it up, raises it in the last second or not at all.
    case spender
    /// Goes away for longer than a window and comes back.
    case absent
}

// What it asks for.
extension Simulation {
    mutating func propose(_ plan: BuyerPlan) {
        guard !isAway, !isSilent else { return }
        let payer = payer(plan)
        switch plan {
        case .crowd:
            let isOne = chance(2)
            for index in 0..<4 { propose(plan, payer: isOne ? payer : market.payers[index].0) }
        case .reuser:
            let wish = ask(plan, payer)
            for _ in 0..<2 { propose(plan, payer: payer, wish: wish) }
        case .both:
            for stall in Market.honest { propose(plan, payer: payer, stall: stall) }
        default: propose(plan, payer: payer)
        }
    }

    private mutating func payer(_ plan: BuyerPlan) -> Address {
        switch plan {
        case .honest: market.honestPayer
        case .crumb, .reserver: market.payers[Int(random(2...3))].0
        case .crowd: market.payers[Int(random(0...2))].0
        default: market.payers[Int(random(0...2))].0
        }
    }

    /// A demand, published. An old one of the same payer now and then.
    private mutating func ask(_ plan: BuyerPlan, _ payer: Address) -> Wish {
        if plan == .erratic, let old = wishes.last(where: { $0.document.buyer == payer }), chance(3) { return old }
        let isLong = [.cheat, .cutter, .closer, .clinger].contains(plan) ? !chance(4) : chance(4)
        let cores: UInt32 = plan == .both ? 4 : plan == .crowd ? 1 : UInt32(random(1...2))
        let budget: Amount = plan == .reuser ? 2_000 : 60_000
        let digest = digest()
        let demand = market.demand(
            digest, by: payer, seconds: isLong ? random(300...600) : random(60...150), cores: cores, budget: budget)
        try? post(.demand(market.unsigned(demand)), as: digest)
        let wish = Wish(document: demand, digest: digest)
        wishes.append(wish)
        return wish
    }

    private mutating func propose(_ plan: BuyerPlan, payer: Address, wish: Wish? = nil, stall: Int? = nil) {
        let number = stall ?? Int(random(0...1))
        let wish = wish ?? ask(plan, payer)
        guard let terms = terms(plan, wish, number), isAdmitted(terms, of: wish, on: number) else { return }
        noteReservation(terms)
        let contract = Contract(id: digest(), terms: terms, wish: wish)
        let deal = Deal(
            contract, stall: number, plan: plan, stopSeconds: plan == .clinger ? Bounds.stopSeconds : random(0...2),
            now: now)
        deals.append(deal)
        live.append(deal)
    }

    private mutating func terms(_ plan: BuyerPlan, _ wish: Wish, _ number: Int) -> LeaseTerms? {
        var demand = wish.document
        if plan == .larger { demand.resources.cores += 2 }
        var starts = now
        switch plan {
        case .early: starts = now + random(5...40)
        case .late where chance(2): starts = now - 50
        case .erratic where chance(6): starts = now + random(0...90) - 50
        default: break
        }
        let choice = LeaseChoice(startsAt: starts, session: market.session, salt: digest())
        var terms = try? LeaseTerms(
            demand: demand, demandDigest: wish.digest, offer: market.stalls[number].offer,
            offerDigest: market.stalls[number].digest, choice: choice)
        if terms != nil { edit(&terms!, plan) }
        return terms
    }

    /// The money as the plan wants it.
    private mutating func edit(_ terms: inout LeaseTerms, _ plan: BuyerPlan) {
        let price = Price(terms.resources, terms.rates, cores: terms.resources.cores)
        switch plan {
        case .cheat:
            switch random(0...4) {
            case 0: terms.burst = 0
            case 1: terms.hourlyCap = 1
            case 2: (terms.burst, terms.hourlyCap, terms.creditLimit) = (0, 1, 0)
            case 3: (terms.creditLimit, terms.burst) = (1_000_001, 2_000_000)
            default: break
            }
        case .crumb: terms.deposit = Amount(UInt128(random(0...2)))
        case .spender: terms.deposit = Amount(price.of(random(terms.receiptSeconds * 3...40)))
        case .silent where chance(3):
            (terms.creditLimit, terms.burst) = (Amount(price.of(40)), Amount(price.of(60)))
        case .erratic: editAnyhow(&terms)
        default: break
        }
    }

    private mutating func editAnyhow(_ terms: inout LeaseTerms) {
        switch random(0...9) {
        case 0: terms.burst = 0
        case 1: terms.hourlyCap = 1
        case 2: terms.deposit = 1
        case 3: terms.creditLimit = 1_000_000
        case 4: (terms.creditLimit, terms.burst) = (Amount(.max), Amount(.max))
        case 5: terms.resources.cores = 4
        case 6: (terms.creditLimit, terms.burst) = (1_000_000, 2_000_000)
        case 7: (terms.startsAt, terms.endsAt) = (terms.endsAt, terms.startsAt)
        default: break
        }
    }
}
