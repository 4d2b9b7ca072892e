import GCXLedger
import GCXModel
import GCXSigning
import GCXWire
import Support
import Synchronization
import Testing

@testable import GCXAgent

@Suite("An agent's conduct: leases that nobody uses, and signs of life") struct ConductTests {
    static let conduct = OfferConduct(
        endpoints: ["unix:/run/gcx/agent.sock"], signSeconds: 60, idleSeconds: 30, reservationPercent: 50)

    let bench: AgentBench
    let store: AgentStore
    let silent: SilentLedger
    let context: KeeperContext
    let core: AgentCore
    let market: LedgerBench.Market

    init() async throws {
        bench = try AgentBench()
        store = try bench.store()
        silent = SilentLedger(bench.ledger.ledger)
        core = try bench.core(store, ledger: silent)
        context = await core.context
        market = try await bench.ledger.openMarket(offer: { $0.conduct = Self.conduct })
        await core.use(try await bench.ledger.ledger.offer(market.offer).signed, digest: market.offer)
    }

    /// A lease by the way that every one goes: proposed, signed, opened, seen.
    private func open(
        startsIn seconds: UInt64 = 0, in other: LedgerBench.Market? = nil, deposit: Amount = 10_000
    ) async throws -> LeaseID {
        let market = other ?? market
        let (world, ledger) = (bench.world, bench.ledger.ledger)
        let begin = world.clock.now + seconds
        let terms = world.terms(offer: market.offer, demand: market.demand) {
            ($0.startsAt, $0.endsAt, $0.deposit) = (begin, begin + 600, deposit)
        }
        let id = terms.digest(in: world.domain)
        let signed = try await core.propose(LeaseProposal(terms: terms, payerSignature: world.buyer.sign(id)))
        try await ledger.post(.leaseOpened(signed))
        try await core.keeper(id).tick()
        #expect(try store.lease(id)?.phase == .open)
        return id
    }

    private func phase(_ id: LeaseID, after seconds: UInt64, by other: AgentCore? = nil) async throws -> LeasePhaseName?
    {
        bench.world.clock.advance(seconds)
        try await (other ?? core).keeper(id).tick()
        return try store.lease(id)?.phase.name
    }

    /// Posts what the agent has queued for a lease, as its outbox does.
    private func post(_ id: LeaseID) async throws {
        for item in try store.outbox(of: id) { try await bench.ledger.ledger.post(item.entry) }
    }

    @Test("a lease that is open without a job is ended after the time that the offer says, and pays its owner")
    func idle() async throws {
        let id = try await open()
        #expect(try await phase(id, after: 29) == .open)
        #expect(try await phase(id, after: 1) == .settling)
        try await core.keeper(id).tick()
        try await post(id)
        try await core.keeper(id).tick()
        let row = try #require(try store.lease(id))
        // 9,378 an hour, half of what it costs in full use, for thirty seconds.
        #expect(row.phase.name == .closed)
        #expect(row.claimed == 78)
        #expect(try await bench.ledger.ledger.lease(id).settled == 78)
        #expect(row.note.contains("no job for 30 s") && row.note.contains("78 base units"), "\(row.note)")
        #expect(
            try await bench.ledger.ledger.freeCapacity(of: market.offer, from: 0, until: .max) == TestWorld.capacity)
    }

    @Test("one whose reservation has taken all of its deposit is ended before that")
    func reservedAway() async throws {
        let patient = try await bench.ledger.openMarket(offer: {
            $0.conduct = Self.conduct
            $0.conduct?.idleSeconds = 500
        })
        await core.use(try await bench.ledger.ledger.offer(patient.offer).signed, digest: patient.offer)
        let id = try await open(in: patient, deposit: 79)
        #expect(try await phase(id, after: 30) == .open)
        // 9,378 an hour reach 79 after 31 s, which the agent sees when it looks again.
        _ = try await phase(id, after: 1)
        #expect(try await phase(id, after: 0) == .settling)
        #expect(try #require(try store.lease(id)).note.contains("used up the deposit of 79"))
    }

    @Test("what the owner gets for a lease that somebody closes before its job is in the agent's book too")
    func closed() async throws {
        let id = try await open()
        bench.world.clock.advance(20)
        try await bench.ledger.ledger.post(.closeRequest(bench.world.closeRequest(id, by: bench.world.owner)))
        #expect(try await phase(id, after: 0) == .closed)
        let row = try #require(try store.lease(id))
        #expect(row.claimed == 52)
        #expect(row.note.contains("paid the reservation, 52 base units"), "\(row.note)")
    }

    @Test("it counts from the start of the lease, and over a restart of the agent")
    func start() async throws {
        let id = try await open(startsIn: 100)
        #expect(try await phase(id, after: 129) == .open)
        let next = try bench.core(store, ledger: silent)
        #expect(try await phase(id, after: 0, by: next) == .open)
        #expect(try await phase(id, after: 1, by: next) == .settling)
    }

    @Test("an upload begins it anew, and a job ends it until the lease is open again")
    func work() async throws {
        let id = try await open()
        bench.world.clock.advance(20)
        _ = try await core.beginUpload(.input, lease: id, by: .owner)
        #expect(try await phase(id, after: 29) == .open)
        do {
            let upload = try await core.beginUpload(.input, lease: id, by: .owner)
            #expect(try await phase(id, after: 300) == .open, "it is on its way")
            _ = consume upload
        }
        var row = try #require(try store.lease(id))
        row.enter(.running, at: bench.world.clock.now)
        #expect(!row.isIdle(at: .max))
        row.enter(.open, at: bench.world.clock.now + 500)
        #expect(!row.isIdle(at: bench.world.clock.now + 529))
        #expect(row.isIdle(at: bench.world.clock.now + 530))
        #expect(try await phase(id, after: 1) == .settling)
    }

    @Test("the ledger's silence keeps no lease open")
    func silence() async throws {
        let id = try await open()
        silent.isSilent.withLock { $0 = true }
        _ = try await phase(id, after: 30)
        #expect(try store.lease(id)?.phase.name == .settling)
    }

    @Test("an offer says what the owner's policy says")
    func offer() async throws {
        for conduct in [nil, Self.conduct] {
            var policy = bench.settings.offer
            policy.conduct = conduct
            let builder = OfferBuilder(policy: policy, identity: bench.identity)
            let offer = builder.offer(
                id: .zero, revision: 1, capacity: TestWorld.capacity, facts: [], attestation: .zero,
                at: bench.world.clock.now)
            #expect(offer.conduct == conduct)
        }
    }

    private var listed: [Digest] {
        get async throws { try await bench.ledger.ledger.offers(liveOnly: true).map(\.digest) }
    }

    @Test("signs keep the offer listed; the last one takes it away at once")
    func signs() async throws {
        let sender = SignSender(context: context, core: core)
        bench.world.clock.advance(61)
        #expect(try await listed == [])
        #expect(await sender.sign() == .seconds(20))
        #expect(try await listed == [market.offer])
        // However fast they follow each other.
        #expect(await sender.sign() == .seconds(20))
        await sender.leave()
        #expect(try await listed == [])
        // The next life begins in the same second: it is heard in the next but two.
        let next = SignSender(context: context, core: core)
        #expect(await next.sign() == .seconds(1))
        bench.world.clock.advance(3)
        #expect(await next.sign() == .seconds(20))
        #expect(try await listed == [market.offer])
    }

    @Test("an offer that is taken down is unlisted at once, long before its time is over", .timeLimit(.minutes(2)))
    func takenDown() async throws {
        let sender = SignSender(context: context, core: core)
        _ = await sender.sign()
        #expect(try await listed == [market.offer])
        async let waited: Void = sender.wait(.seconds(600))
        await core.retractOffer()
        await waited
        #expect(await sender.sign() == AgentLimits.offerLookInterval)
        #expect(try await listed == [])
    }

    @Test("what is not for sale, or asks for no signs, is not shown")
    func quiet() async throws {
        let sender = SignSender(context: context, core: core)
        bench.world.clock.advance(61)
        await core.retractOffer()
        #expect(await sender.sign() == AgentLimits.offerLookInterval)
        await sender.leave()
        #expect(await context.problems.lines.isEmpty)
        #expect(try await listed == [])
    }

    @Test("an offer that was taken back is said to be unlisted; a ledger that is silent for a moment is not spoken of")
    func refused() async throws {
        let sender = SignSender(context: context, core: core)
        silent.isSilent.withLock { $0 = true }
        #expect(await sender.sign() == .seconds(1))
        #expect(await context.problems.lines.isEmpty)
        silent.isSilent.withLock { $0 = false }
        let withdrawal = bench.world.withdrawal(market.offer, by: bench.world.owner)
        try await bench.ledger.ledger.post(.withdrawal(withdrawal))
        #expect(await sender.sign() == .seconds(1))
        let line = await context.problems.lines.first ?? ""
        #expect(line.contains("is not listed") && line.contains("was withdrawn"), "\(line)")
    }
}
