import GCXLedger
import GCXLinux
import GCXModel
import GCXSandbox
import GCXSigning
import GCXWire
import Support
import Synchronization
import Testing

@testable import GCXAgent

@Suite("What the agent signs", .timeLimit(.minutes(1)))
struct AgentCoreProposalTests {
    let stage: Stage

    init() async throws { stage = try await Stage() }

    private func refused(
        _ words: String, by key: PrivateKey? = nil, signed: LeaseTerms? = nil,
        _ edit: (inout LeaseTerms) -> Void = { _ in }
    ) async throws -> AgentError? {
        let terms = stage.terms(edit)
        let signature = (key ?? stage.world.buyer).sign((signed ?? terms).digest(in: stage.world.domain))
        let proposal = LeaseProposal(terms: terms, payerSignature: signature)
        let error = await #expect(throws: AgentError.self) { try await stage.core.propose(proposal) }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        #expect(try stage.store.book().rows.isEmpty)
        return error
    }

    @Test("nothing while it has no offer, and nothing again once the offer is taken back")
    func offerless() async throws {
        await stage.core.retractOffer()
        #expect(try await refused("no offer is published yet")?.remedy != .refuse)
    }

    @Test("nothing that the payer has not signed: another key, other terms, another ledger")
    func payer() async throws {
        for key in [stage.world.stranger, stage.world.session, stage.world.machine] {
            guard case .notAllowed = try await refused("signed", by: key) else { return #expect(Bool(false)) }
        }
        let other = stage.terms { $0.deposit = 9_000 }
        _ = try await refused("not allowed", signed: other)
    }

    @Test("nothing for a demand that is unknown, withdrawn, expired or replaced")
    func demand() async throws {
        _ = try await refused("the terms were refused") { $0.demand = .random() }
        try await stage.bench.ledger.ledger.post(
            .withdrawal(stage.world.withdrawal(stage.market.demand, by: stage.world.buyer)))
        _ = try await refused("expired, withdrawn or replaced")
    }

    @Test("nothing for a demand whose time is over")
    func lateDemand() async throws {
        let market = try await stage.bench.ledger.openMarket(demand: { $0.expiresAt = $0.issuedAt + 100 })
        stage.clock.advance(101)
        _ = try await refused("expired, withdrawn or replaced") { $0.demand = market.demand }
    }

    @Test("nothing that its payer could not fund, with all that he has reserved already")
    func balance() async throws {
        let poor = stage.world.stranger
        let demand = stage.world.demand(by: poor) { $0.buyer = poor.address }
        try await stage.bench.ledger.ledger.post(.demand(demand))
        _ = try await refused("on the ledger", by: poor) {
            ($0.payer, $0.demand) = (poor.address, demand.digest(in: stage.world.domain))
        }
    }

    @Test("nothing while the ledger does not answer")
    func silent() async throws {
        stage.ledger.isSilent.withLock { $0 = true }
        guard case .ledger = try await refused("ledger") else { return #expect(Bool(false)) }
    }

    @Test("the same proposal again gets the same signature, and holds the machine once")
    func again() async throws {
        let terms = stage.terms()
        let proposal = LeaseProposal(
            terms: terms, payerSignature: stage.world.buyer.sign(terms.digest(in: stage.world.domain)))
        let first = try await stage.core.propose(proposal)
        #expect(try await stage.core.propose(proposal) == first)
        #expect(try stage.store.book().rows.count == 1)
        #expect(await stage.core.allKeepers().count == 1)
        #expect(first.machineSignature == stage.world.machine.sign(terms.digest(in: stage.world.domain)))
    }

    @Test("a proposal that has lapsed and gone is not kept again: whoever repeats it costs the machine nothing")
    func lapsed() async throws {
        let signed = try await stage.propose()
        let lease = signed.lease(in: stage.world.domain)
        try await stage.pass(AgentLimits.proposalSeconds + 2, lease)
        #expect(try stage.row(lease).wiped)
        await stage.core.forget(lease)
        let again = LeaseProposal(terms: signed.terms, payerSignature: signed.payerSignature)
        _ = try await stage.core.propose(again)
        for keeper in await stage.core.allKeepers() { await keeper.tick() }
        var left = 0
        for keeper in await stage.core.allKeepers() where await !keeper.isWiped { left += 1 }
        #expect(left == 0)
        #expect(try stage.phase(lease) == .closed)
        let proposed = try stage.store.events(of: lease, after: 0, most: 100).filter { $0.kind == .proposed }
        #expect(proposed.count == 1)
    }

    @Test("no more than is left of the machine, and all of it again when a lease is over")
    func capacity() async throws {
        let lease = try await stage.running()
        let other = try await stage.open()
        _ = try await stage.core.cancel(other, by: .owner)
        try await stage.close(other)
        let third = try await stage.running()
        await #expect(throws: AgentError.self) { try await stage.propose() }
        for ended in [lease, third] { _ = try await stage.core.cancel(ended, by: .owner) }
        try await stage.pass(1, lease)
        try await stage.pass(1, third)
        _ = try await stage.propose()
    }

    @Test("a database that does not write signs nothing away")
    func store() async throws {
        try stage.breakStore("lease")
        await #expect(throws: AgentError.self) { try await stage.propose() }
        try stage.mendStore("lease")
        _ = try await stage.propose()
    }
}

@Suite("Whom the agent obeys", .timeLimit(.minutes(1)))
struct AgentCoreCallerTests {
    let stage: Stage
    let lease: LeaseID

    init() async throws { (stage, lease) = try await Stage.metered() }

    /// Every call that is about one lease.
    private func everyCall(_ lease: LeaseID, _ caller: Caller) -> [(String, @Sendable () async throws -> Void)] {
        let core = stage.core
        return [
            ("job", { _ = try await core.job(lease, by: caller) }),
            ("submit", { _ = try await core.submit(Stage.request, lease: lease, by: caller) }),
            ("upload", { _ = try await core.beginUpload(.input, lease: lease, by: caller) }),
            ("cancel", { _ = try await core.cancel(lease, by: caller) }),
            ("hold", { _ = try await core.hold(lease, by: caller) }),
            ("release", { _ = try await core.release(lease, by: caller) }),
            ("log", { _ = try await core.log(lease, LogQuery(), by: caller) }),
            ("receipts", { _ = try await core.receipts(lease, after: 0, waitSeconds: 0, by: caller) }),
            ("events", { _ = try await core.events(of: lease, after: 0, waitSeconds: 0, by: caller) }),
            ("report", { _ = try await core.report(lease, by: caller) }),
            ("bundle", { _ = try await core.bundle(lease, by: caller) }),
            ("output", { _ = try await core.outputArchive(lease, by: caller) }),
        ]
    }

    @Test("a session of another signer, machine, time or account opens no door of a lease")
    func sessions() async throws {
        let (bench, world) = (stage.bench, stage.world)
        let now = stage.clock.now
        let bad: [(String, Caller)] = [
            ("signer", bench.session(by: world.stranger)), ("session key", bench.session(by: world.session)),
            ("machine", bench.session { $0.audience = world.owner.address }),
            ("expired", bench.session { ($0.issuedAt, $0.expiresAt) = (now - 20, now) }),
            ("not begun", bench.session { ($0.issuedAt, $0.expiresAt) = (now + 61, now + 100) }),
            ("too long", bench.session { $0.expiresAt = $0.issuedAt + AgentLimits.sessionSecondsMax + 1 }),
            ("account", bench.session(by: world.stranger) { $0.account = world.stranger.address }),
        ]
        for (why, caller) in bad {
            for (name, call) in everyCall(lease, caller) {
                let error = await #expect(throws: AgentError.self, "\(name), \(why)") { try await call() }
                guard case .notAllowed = error else {
                    Issue.record("\(name), \(why): \(String(describing: error))")
                    continue
                }
            }
            #expect(try await stage.core.jobs(by: caller).isEmpty, "\(why)")
            #expect(try await stage.core.events(of: nil, after: 0, waitSeconds: 0, by: caller).isEmpty, "\(why)")
        }
        #expect(try stage.phase(lease) == .running)
    }

    @Test("a session ends while it is used, and lets nobody in from then on")
    func expires() async throws {
        let caller = stage.bench.session { $0.expiresAt = $0.issuedAt + 30 }
        _ = try await stage.core.job(lease, by: caller)
        stage.clock.advance(30)
        await #expect(throws: AgentError.self) { try await stage.core.job(lease, by: caller) }
    }

    @Test("the payer sees and steers his lease, and the owner each")
    func allowed() async throws {
        let caller = stage.bench.session()
        for caller in [caller, .owner] {
            #expect(try await stage.core.job(lease, by: caller).phase == .running)
            #expect(try await stage.core.jobs(by: caller).map(\.lease) == [lease])
            #expect(try await stage.core.receipts(lease, after: 0, waitSeconds: 0, by: caller).count == 1)
            #expect(try await stage.core.report(lease, by: caller).receipts.count == 1)
            #expect(try await !stage.core.events(of: lease, after: 0, waitSeconds: 0, by: caller).isEmpty)
        }
        _ = try await stage.core.cancel(lease, by: caller)
        try await stage.pass(1, lease)
        #expect(try stage.exit(lease) == .cancelled(by: .buyer))
    }

    @Test("of a lease that is not here every call says so")
    func unknown() async throws {
        let other = LeaseID.random()
        for (name, call) in everyCall(other, .owner) {
            await #expect(throws: AgentError.unknownLease(other), "\(name)") { try await call() }
        }
    }

    @Test(
        "who waits for receipts gets them when they come, nothing when his time is over, and no wait for what is done")
    func waits() async throws {
        let core = stage.core
        let before = stage.clock.boot
        #expect(try await core.receipts(lease, after: 1, waitSeconds: 2, by: .owner).isEmpty)
        #expect((2_000_000_000...2_200_000_000).contains(stage.clock.boot - before))
        // However long he wants to wait.
        let start = stage.clock.boot
        #expect(try await core.receipts(lease, after: 1, waitSeconds: .max, by: .owner).isEmpty)
        #expect(stage.clock.boot - start <= (WireLimits.longPollSecondsMax + 1) * 1_000_000_000)
        _ = try await core.cancel(lease, by: .owner)
        try await stage.pass(1, lease)
        try await stage.vouch(lease)
        try await stage.close(lease)
        let last = try #require(try stage.receipts(lease).last).sequence
        let end = stage.clock.boot
        #expect(try await core.receipts(lease, after: last, waitSeconds: 30, by: .owner).isEmpty)
        #expect(stage.clock.boot == end)
    }

    @Test("a request that no job can be made of is refused before the lease is touched")
    func requests() async throws {
        let lease = try await stage.open()
        let bad: [(inout JobRequest) -> Void] = [
            { $0.wallSecondsMax = 0 }, { $0.pidsMax = 0 }, { $0.pidsMax = .max }, { $0.imageReference = nil },
            { $0.imageReference = "docker://elsewhere.example/a@sha256:00" }, { $0.input = JobInput(digest: "00") },
            { $0.network = JobNetwork(mode: .egress) },
        ]
        for edit in bad {
            await #expect(throws: AgentError.self) {
                _ = try await stage.core.submit(Stage.request(edit), lease: lease, by: .owner)
            }
        }
        #expect(try stage.phase(lease) == .open && stage.row(lease).jobs == 0)
    }

    @Test("the status names what it is, what is for sale and what is wrong, and a stranger's nothing of jobs")
    func status() async throws {
        let whole = try await stage.core.status()
        #expect(whole.jobs.map(\.lease) == [lease] && whole.offer == stage.market.offer)
        #expect(whole.machine == stage.world.machine.address && whole.owner == stage.world.owner.address)
        #expect(whole.problems.isEmpty)
        stage.driver.fail(.recover)
        try await stage.pass(1, lease)
        #expect(try await stage.core.status().problems.count == 1)
        let open = await stage.core.publicStatus()
        #expect(open.jobs.isEmpty && open.problems.isEmpty && open.offer == stage.market.offer)
        try await stage.core.checkHealth()
    }
}

@Suite("What should not be on the machine", .timeLimit(.minutes(1)))
struct AgentCoreReconcileTests {
    let stage: Stage

    init() async throws { stage = try await Stage() }

    @Test("files of no lease go, those of a lease stay")
    func uploads() async throws {
        let lease = try await stage.open()
        let mine = "\(stage.bench.settings.uploadsPath)/\(JobName(of: lease))"
        let stray = "\(stage.bench.settings.uploadsPath)/stray"
        for path in [mine, stray] { try Files.makeDirectories(path, mode: 0o700) }
        await stage.core.reconcile()
        #expect(Files.exists(mine) && !Files.exists(stray))
        #expect(await stage.problems.isEmpty)
    }

    @Test("a job of a lease that is wiped is ended, and its lease says so")
    func wiped() async throws {
        let lease = try await stage.running(JobScript { $0.obedience = .never })
        try stage.store.update(lease) { ($0.phase, $0.wiped) = (.closed(nil), true) }
        await stage.core.reconcile()
        #expect(!stage.driver.runs(stage.job(lease)) && stage.driver.count(.force) == 1)
        let events = try stage.store.events(of: lease, after: 0, most: 100)
        #expect(events.contains { $0.text.shown.contains("a job without a lease was ended") })
    }

    @Test("a sandbox that fails here is said, and it is tried again")
    func fails() async throws {
        let path = "\(stage.bench.settings.jobsPath)/stray"
        try Files.makeDirectories(path, mode: 0o700)
        stage.driver.fail(.wipe)
        await stage.core.reconcile()
        #expect(await stage.problems.contains { $0.contains("reconciling") })
        stage.driver.fail(.wipe, nil)
        await stage.core.reconcile()
        #expect(await stage.problems.isEmpty)
        #expect(!Files.exists(path))
    }

    @Test("logs and events go when the owner's time for them is over; receipts and money stay")
    func history() async throws {
        let lease = try await stage.running(.exits(after: 6) { $0.says = "hello\n" })
        try await stage.passPaid(7, lease)
        try await stage.close(lease)
        stage.clock.advance(stage.bench.settings.jobs.outputKeepSeconds)
        try await stage.tick(lease)
        #expect(try await !stage.core.log(lease, LogQuery(), by: .owner).bytes.isEmpty)
        await stage.core.forgetOldHistory()
        #expect(try !stage.store.events(of: lease, after: 0, most: 10).isEmpty)
        stage.clock.advance(stage.bench.settings.jobs.historySeconds)
        await stage.core.forgetOldHistory()
        #expect(try stage.store.events(of: lease, after: 0, most: 10).isEmpty)
        #expect(try await stage.core.log(lease, LogQuery(), by: .owner).bytes.isEmpty)
        #expect(try !stage.receipts(lease).isEmpty && stage.row(lease).claimed > 0)
    }
}
