import GCXLedger
import GCXMarket
import GCXModel
import GCXPricing
import GCXSigning
import GCXWire
import Support
import Testing

@testable import GCXAgent

/// A rule of the terms: how an offer, a demand or terms break it, and a word of what is said.
struct TermsRule: Sendable, CustomTestStringConvertible {
    typealias Edit<Document> = @Sendable (inout Document) -> Void

    let word: String
    var terms: Edit<LeaseTerms> = { _ in }
    var offer: Edit<Offer> = { _ in }
    var demand: Edit<Demand> = { _ in }

    var testDescription: String { word }

    private static let anybody = Address(checkedBytes: [UInt8](repeating: 9, count: 20))

    static let all: [TermsRule] = parties + offers + demands + money  // bounded: joins lists

    private static let parties = [
        TermsRule(word: "payee", terms: { $0.payee = anybody }),
        TermsRule(word: "session", terms: { $0.session = TestWorld.fixedOwner }),
        TermsRule(word: "session", terms: { $0.session = $0.machine }),
        TermsRule(word: "lists", offer: { $0.deny = [TestWorld.fixedBuyer] }),
        TermsRule(word: "lists", offer: { $0.allow = [anybody] }),
        TermsRule(word: "lists", demand: { $0.deny = [TestWorld.fixedOwner] }),
        TermsRule(word: "lists", demand: { $0.allow = [anybody] }),
    ]

    private static let offers = [
        TermsRule(word: "rates", terms: { $0.rates.coreHour = 7_199 }),
        TermsRule(word: "closeWindowSeconds", terms: { $0.closeWindowSeconds += 1 }),
        TermsRule(word: "receiptSeconds", terms: { $0.receiptSeconds += 1 }),
        TermsRule(word: "graceSeconds", terms: { $0.graceSeconds += 1 }),
        TermsRule(word: "creditLimit", terms: { $0.creditLimit = 101 }),
        TermsRule(word: "length in seconds", offer: { $0.leaseSecondsMin = 601 }),
        TermsRule(word: "length in seconds", offer: { $0.leaseSecondsMax = 599 }),
        TermsRule(word: "startsAt", offer: { $0.availableFrom += 61 }),
        TermsRule(word: "endsAt", offer: { $0.availableUntil = $0.issuedAt + 599 }),
    ]

    private static let demands = [
        TermsRule(word: "length in seconds", demand: { $0.durationSeconds = 599 }),
        TermsRule(word: "startsAt", demand: { $0.startsFrom += 61 }),
        TermsRule(word: "startsAt", demand: { $0.startsUntil = $0.issuedAt - 1 }),
        TermsRule(word: "cores", demand: { $0.resources.cores = 3 }),
        TermsRule(word: "cores", demand: { $0.resources.cores = 1 }),
        TermsRule(word: "bytes of memory", demand: { $0.resources.memoryBytes -= 1 }),
        TermsRule(word: "bytes of storage", demand: { $0.resources.storageBytes += 1 }),
        TermsRule(word: "deposit", demand: { $0.budget = 9_999 }),
        TermsRule(word: "isolation", demand: { $0.isolationMin = .virtualMachine }),
        TermsRule(word: "region", demand: { $0.regions = ["us-east"] }),
        TermsRule(word: "hour", demand: { $0.hourlyMax = 18_756 }),
        TermsRule(
            word: "does not state it",
            demand: { $0.constraints = [Constraint(fact: "none", minimum: 1, maximum: 2, levelMin: .claimed)] }),
    ]

    private static let money = [
        TermsRule(word: "burst", terms: { $0.burst = 0 }),
        TermsRule(word: "burst", terms: { $0.burst = 126 }),
        TermsRule(word: "hourly", terms: { $0.hourlyCap = 18_756 }),
        TermsRule(word: "deposit", terms: { $0.deposit = 78 }),
    ]
}

extension TestWorld {
    fileprivate static let (fixedOwner, fixedBuyer) = (address(1), address(3))

    private static func address(_ byte: UInt8) -> Address {
        // A key of fixed bytes, as the world makes it.
        (try? PrivateKey(bytes: [UInt8](repeating: byte, count: 32)).address) ?? .zero
    }
}

/// What one of the three signs or takes, the others sign and take too: the buyer's side before it signs, the agent before it
/// reserves, the ledger before the deposit moves.
@Suite("One judge of a lease")
struct OneJudgeTests {
    let bench: AgentBench
    let store: AgentStore

    init() throws {
        bench = try AgentBench()
        store = try bench.store()
    }

    private var ledger: any Ledger { bench.ledger.ledger }

    /// What each of the three says to terms; nil for yes.
    private struct Verdicts {
        var buyer: String?
        var agent: String?
        var ledger: String?
    }

    private func verdicts(_ rule: TermsRule) async throws -> Verdicts {
        let market = try await bench.ledger.openMarket(offer: rule.offer, demand: rule.demand)
        let signed = bench.ledger.lease(market, rule.terms)
        let (offer, demand) = (try await ledger.offer(market.offer), try await ledger.demand(market.demand))
        var verdicts = Verdicts()
        let agreement = Agreement(terms: signed.terms, offer: offer.document, demand: demand.document)
        verdicts.buyer = agreement.breaches.first?.description
        let core = try bench.core(store)
        await core.use(offer.signed, digest: offer.digest)
        do throws(AgentError) {
            _ = try await core.propose(LeaseProposal(terms: signed.terms, payerSignature: signed.payerSignature))
        } catch { verdicts.agent = error.description }
        do throws(LedgerError) { try await ledger.post(.leaseOpened(signed)) } catch {
            verdicts.ledger = error.description
        }
        return verdicts
    }

    @Test("terms that keep to everything are signed by all")
    func good() async throws {
        let verdicts = try await verdicts(TermsRule(word: "nothing"))
        #expect(verdicts.buyer == nil && verdicts.agent == nil && verdicts.ledger == nil, "\(verdicts)")
    }

    @Test("terms that break a rule are signed by none, and each names the rule", arguments: TermsRule.all)
    func broken(_ rule: TermsRule) async throws {
        let verdicts = try await verdicts(rule)
        #expect(verdicts.buyer?.contains(rule.word) == true, "\(verdicts)")
        #expect(verdicts.agent?.contains(rule.word) == true, "\(verdicts)")
        #expect(verdicts.ledger != nil, "\(verdicts)")
    }

    /// A moment in the life of a lease of 10,000, with 1,000 at once and 10 a second, and what a voucher is worth then.
    struct Moment: Sendable, CustomTestStringConvertible {
        let name: String
        /// Seconds after the opening at which the payer asks to close, or never.
        var closesAfter: UInt64?
        let after: UInt64
        let payable: Amount

        var testDescription: String { name }

        static let all = [
            Moment(name: "at the opening", after: 0, payable: 1_000),
            Moment(name: "a minute later", after: 60, payable: 1_600),
            Moment(name: "when the cap is above the deposit", after: 1_000, payable: 10_000),
            Moment(name: "when the payer asked to close", closesAfter: 20, after: 25, payable: 1_200),
            Moment(name: "when the window is over", closesAfter: 20, after: 30, payable: 0),
        ]
    }

    @Test("a voucher is worth the same to agent, ledger and buyer", arguments: Moment.all)
    func vouchers(_ moment: Moment) async throws {
        let lease = try await bench.lease(in: store)
        let core = try bench.core(store)
        let opened = try await ledger.lease(lease)
        bench.world.clock.advance(moment.closesAfter ?? moment.after)
        if let seconds = moment.closesAfter {
            try await ledger.post(.closeRequest(bench.world.closeRequest(lease, by: bench.world.buyer)))
            bench.world.clock.advance(moment.after - seconds)
        }
        let record = try await ledger.lease(lease)
        let now = bench.world.clock.now
        #expect(record.vouchers.payable(at: now) == moment.payable)
        if moment.closesAfter == nil {
            // All that a buyer needs to know is when the lease was opened.
            let own = VoucherWorth(open: opened.terms, openedAt: opened.openedAt, deposit: opened.deposit)
            #expect(own.payable(at: now) == moment.payable)
        }
        let above = try bench.voucher(lease, moment.payable.adding(1) ?? .zero, in: store)
        await #expect(throws: AgentError.self) { try await core.accept(above) }
        if moment.closesAfter == nil {
            await #expect(throws: LedgerError.self) { try await ledger.post(.claim(above)) }
        }
        guard moment.payable > .zero else { return }
        let whole = try bench.voucher(lease, moment.payable, in: store)
        _ = try await core.accept(whole)
        try await ledger.post(.claim(whole))
        #expect(try await ledger.lease(lease).settled == moment.payable)
    }

    @Test("what two offers of one machine sell is free on neither, for ledger, buyer and agent")
    func capacity() async throws {
        let first = try await bench.ledger.openMarket(offer: { $0.capacity.cores = 2 })
        let second = try await bench.ledger.openMarket(offer: { $0.capacity.cores = 2 })
        let (taken, more) = (bench.ledger.lease(first), bench.ledger.lease(second))
        let core = try bench.core(store)
        let (one, other) = (try await ledger.offer(first.offer), try await ledger.offer(second.offer))
        await core.use(one.signed, digest: one.digest)
        _ = try await core.propose(LeaseProposal(terms: taken.terms, payerSignature: taken.payerSignature))
        try await ledger.post(.leaseOpened(taken))
        await core.use(other.signed, digest: other.digest)
        let proposal = LeaseProposal(terms: more.terms, payerSignature: more.payerSignature)
        await #expect(throws: AgentError.self) { try await core.propose(proposal) }
        await #expect(throws: LedgerError.self) { try await ledger.post(.leaseOpened(more)) }
        let free = try await ledger.freeCapacity(
            of: second.offer, from: more.terms.startsAt, until: more.terms.endsAt)
        #expect(more.terms.resources.shortages(in: free).map(\.part) == [.cores])
        let listing = OfferListing(digest: second.offer, offer: other.document, free: free)
        let demand = try await ledger.demand(second.demand).document
        #expect(Matching.match(demand, offers: [listing], now: bench.world.clock.now).matches.isEmpty)
    }

    @Test("who asks to close gets what the contract says: the paid side an end, the payer a window, others nothing")
    func closing() async throws {
        let world = bench.world
        for (key, expected) in [
            (world.owner, CloseStep.atOnce), (world.machine, .atOnce),
            (world.buyer, .window(closesAt: world.clock.now + 10)), (world.session, nil), (world.stranger, nil),
        ] {
            let lease = try await bench.lease(in: store)
            let terms = try await ledger.lease(lease).terms
            #expect(terms.close(askedBy: key.address, at: world.clock.now) == expected)
            let request = Entry.closeRequest(world.closeRequest(lease, by: key))
            guard let expected else {
                await #expect(throws: LedgerError.self) { try await ledger.post(request) }
                continue
            }
            try await ledger.post(request)
            let escrow = try await ledger.lease(lease).escrow
            switch expected {
            case .atOnce: #expect(escrow.isClosed)
            case .window(let closesAt):
                guard case .closing(_, _, _, closesAt) = escrow else {
                    Issue.record("\(escrow)")
                    continue
                }
                let keeper = try await bench.core(store).keeper(lease)
                await keeper.tick()
                #expect(await keeper.sight?.isClosing == true)
            }
        }
    }
}
