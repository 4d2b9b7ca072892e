import GCXMarket
import GCXModel
import GCXPricing
import GCXSigning
import Support

@testable import GCXAgent
@testable import GCXLedger

/// An honest provider and buyers who may do anything, on the real rules of ledger and agent, under a clock of its own.
///
/// Nothing is signed: whose signature is good is tested elsewhere, and what keys may sign is what is looked for here. The same
/// seed makes the same choices.
struct Simulation {
    let world: TestWorld
    let lapses: Lapses
    var generator: SeededGenerator
    var state: LedgerState
    var now: UInt64
    /// The provider's leases, and in which order they were signed.
    var runs: [LeaseID: ProviderRun] = [:]
    var order: [LeaseID] = []
    /// What the provider has for sale: two offers for one machine.
    var offers: [Signed<Offer>] = []
    private var offerDigests: [Digest] = []
    var demands: [(document: Demand, digest: Digest)] = []
    /// Signed by both and not posted yet.
    var unopened: [CountersignedTerms] = []
    private let signature: Signature

    init(seed: UInt64, without lapses: Lapses = []) throws {
        world = try TestWorld()
        self.lapses = lapses
        generator = SeededGenerator(seed)
        state = LedgerState(world.charter)
        now = world.clock.now
        signature = world.buyer.sign(.zero)
        let grant = world.grant()
        _ = try post(.grant(grant))
        for _ in 0..<2 {
            let offer = world.offer(grant: grant.digest(in: world.domain)) {
                ($0.expiresAt, $0.availableUntil) = (self.now + 80_000, self.now + 90_000)
                ($0.creditLimit, $0.graceSeconds) = (1_000_000, 5)
            }
            _ = try post(.offer(offer))
            offers.append(offer)
            offerDigests.append(offer.digest(in: world.domain))
        }
        _ = try post(.faucet(unsigned(FaucetGrant(account: world.buyer.address, amount: 500_000, nonce: .random()))))
    }

    func unsigned<Document>(_ document: Document) -> Signed<Document> {
        Signed(document: document, signature: signature)
    }

    mutating func random(_ range: ClosedRange<UInt64>) -> UInt64 { .random(in: range, using: &generator) }

    /// Hands an entry to the ledger's rules.
    @discardableResult
    mutating func post(_ entry: Entry) throws -> UInt64 {
        let posting = Posting(
            index: state.size, time: max(now, state.lastPostedAt), checksSignatures: false,
            isStrict: !lapses.contains(.ledger))
        let change = try state.check(entry, in: posting)
        let posted = PostedEntry(
            index: posting.index, postedAt: posting.time, previous: state.chain, entry: entry, json: [])
        state.commit(change, of: posted)
        return posting.index
    }

    /// One step: somebody does something, then time passes.
    mutating func step() throws {
        switch random(0...99) {
        case 0..<15: try propose()
        case 15..<35: open()
        case 35..<70: vouch()
        case 70..<76: close()
        case 76..<80: topUp()
        case 80..<84: finalize()
        default: break
        }
        for _ in 0..<random(0...6) {
            now += 1
            world.clock.set(now)
            try work()
        }
    }
}

// What the buyer may do.
extension Simulation {
    /// Asks for a lease, on good terms or on others.
    private mutating func propose() throws {
        let number = Int(random(0...1))
        let (offer, offerDigest) = (offers[number], offerDigests[number])
        if demands.isEmpty || random(0...2) > 0 {
            let seconds = random(60...600)
            let demand = world.demand {
                ($0.expiresAt, $0.startsUntil) = (self.now + 70_000, self.now + 70_000)
                ($0.durationSeconds, $0.hourlyMax, $0.budget) = (seconds, 1_000_000, 60_000)
            }.document
            _ = try post(.demand(unsigned(demand)))
            demands.append((demand, demand.digest(in: world.domain)))
        }
        let (demand, digest) = demands[Int(random(0...UInt64(demands.count - 1)))]
        var terms = try LeaseTerms(
            demand: demand, demandDigest: digest, offer: offer.document,
            offerDigest: offerDigest,
            choice: LeaseChoice(startsAt: now, session: world.session.address, salt: .random()))
        switch random(0...11) {
        case 0: terms.burst = 0
        case 1: terms.hourlyCap = 1
        case 2: terms.deposit = 1
        case 3: terms.creditLimit = offer.document.creditLimit
        case 4: (terms.creditLimit, terms.burst) = (Amount(.max), Amount(.max))
        case 5: terms.resources.cores = 4
        case 6: (terms.startsAt, terms.endsAt) = (now - 50, now - 50 + demand.durationSeconds)
        case 7: (terms.startsAt, terms.endsAt) = (now + 40, now + 40 + demand.durationSeconds)
        case 8: (terms.creditLimit, terms.burst) = (offer.document.creditLimit, 2_000_000)
        default: break
        }
        guard isAdmitted(terms, offer, offerDigest, demand) else { return }
        let signed = CountersignedTerms(terms: terms, payerSignature: signature, machineSignature: signature)
        let id = signed.lease(in: world.domain)
        unopened.append(signed)
        order.append(id)
        runs[id] = ProviderRun(id: id, terms: terms, phase: .proposed(since: now), receiptAt: now)
    }

    /// Whether the agent signs.
    private func isAdmitted(
        _ terms: LeaseTerms, _ offer: Signed<Offer>, _ digest: Digest, _ demand: Demand
    ) -> Bool {
        let holders = runs.values.filter(\.phase.holdsCapacity)
        let admission = Admission(
            offer: offer.document, offerDigest: digest, demand: demand, machine: world.machine.address, now: now
        )
        do {
            try admission.check(terms, beside: lapses.contains(.capacity) ? [] : holders.map(\.terms))
            let balance = state.account(terms.payer).balance
            let open = holders.filter { $0.phase.name == .proposed }.map(\.terms)
            try admission.checkProposals(terms, balance: balance, beside: open)
            return true
        } catch {
            return false
        }
    }

    /// Posts what was signed, or never does.
    private mutating func open() {
        guard !unopened.isEmpty else { return }
        let signed = unopened.remove(at: Int(random(0...UInt64(unopened.count - 1))))
        if random(0...9) > 0 { _ = try? post(.leaseOpened(signed)) }
    }

    /// Any lease that the provider keeps, and that the buyer may do something about.
    private mutating func anyRun() -> ProviderRun? {
        let alive = order.filter { runs[$0].map { $0.phase.name != .closed } ?? false }
        guard !alive.isEmpty else { return nil }
        return runs[alive[Int(random(0...UInt64(alive.count - 1)))]]
    }

    private mutating func vouch() {
        guard var run = anyRun() else { return }
        let amount: Amount? =
            switch random(0...9) {
            case 0..<6: run.receipts.last
            case 6..<8: run.receipts.first
            case 8: run.receipts.last?.adding(Amount(UInt128(random(0...1_000))))
            default: Amount(UInt128(random(0...100_000)))
            }
        if let amount { take(amount, &run) }
        runs[run.id] = run
    }

    private mutating func close() {
        guard let run = anyRun() else { return }
        let request = CloseRequest(channel: run.id, requester: world.buyer.address, requestedAt: now)
        _ = try? post(.closeRequest(unsigned(request)))
    }

    private mutating func topUp() {
        guard let run = anyRun(), let deposit = try? state.lease(run.id).deposit,
            let more = deposit.adding(Amount(UInt128(random(1...5_000))))
        else { return }
        _ = try? post(.topUp(unsigned(TopUp(channel: run.id, deposit: more))))
    }

    private mutating func finalize() {
        guard let run = anyRun() else { return }
        _ = try? post(.finalize(run.id))
    }
}
