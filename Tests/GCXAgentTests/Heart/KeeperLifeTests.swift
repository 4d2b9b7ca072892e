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

@Suite("The life of a lease, step by step", .timeLimit(.minutes(1)))
struct KeeperLifeTests {
    let stage: Stage

    init() async throws { stage = try await Stage() }

    private func isWaiting(_ lease: LeaseID) async throws -> Bool { await (try stage.keeper(lease)).isWaiting }

    @Test("from the signature to the wipe: each phase, and what was vouched for is what the ledger pays")
    func whole() async throws {
        let signed = try await stage.propose()
        let lease = signed.lease(in: stage.world.domain)
        #expect(try stage.phase(lease) == .proposed)
        #expect(try await isWaiting(lease))
        try await stage.bench.ledger.ledger.post(.leaseOpened(signed))
        try await stage.tick(lease)
        #expect(try stage.phase(lease) == .open)
        try await stage.run(lease, .exits(after: 20) { $0.says = "hello\n" })
        #expect(try stage.phase(lease) == .running)
        #expect(try stage.row(lease).startedAt == stage.clock.now)
        try await stage.passPaid(20, lease)
        #expect(try stage.phase(lease) == .settling && stage.exit(lease) == .exited(code: 0))
        let last = try #require(try stage.receipts(lease).last)
        #expect(last.isFinal && last.usage.coreNanoseconds == 20_000_000_000)
        #expect(last.usage.leaseNanoseconds == 20_000_000_000 && last.logDigest != .zero)
        #expect(try stage.said(lease).contains { $0.hasPrefix("ended:") })
        try stage.checkReceipts(lease)
        #expect(try stage.vouched(lease) == last.amount)
        #expect(stage.driver.count(.release) > 0, "the group is given up once the last receipt is on disk")
        #expect(try Set(stage.queued(lease)) == [.claim], "it is closed when the claim is in the book")
        try await stage.close(lease)
        #expect(try stage.phase(lease) == .closed)
        #expect(try await stage.settled(lease) == last.amount)
        #expect(try stage.row(lease).claimed == last.amount)
        // The output may be fetched for an hour.
        try await stage.tick(lease)
        #expect(try !stage.row(lease).wiped)
        stage.clock.advance(stage.bench.settings.jobs.outputKeepSeconds)
        try await stage.tick(lease)
        #expect(try stage.row(lease).wiped && stage.driver.names().isEmpty)
        #expect(await (try stage.keeper(lease)).isWiped)
        #expect(await stage.problems.isEmpty)
    }

    @Test("a proposal that nobody opens lapses after a minute, and its part of the machine is free again")
    func lapses() async throws {
        let lease = try await stage.propose { $0.resources = TestWorld.wanted }.lease(in: stage.world.domain)
        try await stage.pass(AgentLimits.proposalSeconds, lease)
        #expect(try stage.phase(lease) == .proposed)
        try await stage.pass(1, lease)
        #expect(try stage.phase(lease) == .closed)
        #expect(try stage.store.book().holders(at: stage.clock.now).isEmpty)
        #expect(try stage.row(lease).wiped && stage.receipts(lease).isEmpty)
    }

    @Test("a proposal does not lapse while the ledger is silent: it may be open there")
    func silentProposal() async throws {
        let signed = try await stage.propose()
        let lease = signed.lease(in: stage.world.domain)
        stage.ledger.isSilent.withLock { $0 = true }
        try await stage.pass(AgentLimits.proposalSeconds + 5, lease)
        #expect(try stage.phase(lease) == .proposed)
        #expect(await stage.problems.contains { $0.contains("proposed") })
        try await stage.bench.ledger.ledger.post(.leaseOpened(signed))
        stage.ledger.isSilent.withLock { $0 = false }
        try await stage.tick(lease)
        #expect(try stage.phase(lease) == .open)
        #expect(await stage.problems.isEmpty)
    }

    @Test("no job before the lease is open, before it begins, after it has ended, while it closes, or beside another")
    func submits() async throws {
        let proposed = try await stage.propose().lease(in: stage.world.domain)
        await #expect(throws: AgentError.escrowMissing(proposed, "the lease is not open on the ledger")) {
            try await stage.run(proposed)
        }
        let now = stage.clock.now
        let early = try await stage.open { ($0.startsAt, $0.endsAt) = (now + 50, now + 650) }
        let error = await #expect(throws: AgentError.self) { try await stage.run(early) }
        #expect(error?.description.contains("begins at") == true)
        stage.clock.advance(50)
        try await stage.run(early)
        #expect(try stage.phase(early) == .running)
        await #expect(throws: AgentError.wrongPhase(early, phase: "running", wanted: "open")) {
            try await stage.run(early)
        }
        #expect(stage.driver.count(.start) == 1)
    }

    @Test("no job in a lease that is over or that its buyer closes, although the agent has not looked yet")
    func lateSubmits() async throws {
        let over = try await stage.open()
        stage.clock.advance(600)
        let error = await #expect(throws: AgentError.self) { try await stage.run(over) }
        #expect(error?.description.contains("the lease ended at") == true)
        let closing = try await Stage()
        let lease = try await closing.open()
        try await closing.bench.ledger.ledger.post(
            .closeRequest(closing.world.closeRequest(lease, by: closing.world.buyer)))
        await #expect(throws: AgentError.escrowMissing(lease, "it is closing or closed")) {
            try await closing.run(lease)
        }
        #expect(closing.driver.count(.start) == 0 && stage.driver.count(.start) == 0)
    }

    @Test("of two jobs that are submitted at once one is taken")
    func twoAtOnce() async throws {
        let lease = try await stage.open()
        let core = stage.core
        let taken = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<4 {
                group.addTask { (try? await core.submit(Stage.request, lease: lease, by: .owner)) != nil }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        await (try stage.keeper(lease)).launchEnded()
        #expect(taken == 1 && stage.driver.count(.start) == 1)
    }

    @Test("cancelled while its image is unpacked: the start is given up, nothing ever ran and nothing is owed")
    func cancelledStart() async throws {
        let lease = try await stage.open()
        stage.driver.hold(true)
        _ = try await stage.core.submit(Stage.request, lease: lease, by: .owner)
        #expect(try stage.phase(lease) == .starting)
        _ = try await stage.core.cancel(lease, by: stage.bench.session())
        await (try stage.keeper(lease)).launchEnded()
        #expect(try stage.phase(lease) == .settling && stage.exit(lease) == .cancelled(by: .buyer))
        #expect(try stage.receipts(lease).isEmpty && stage.driver.names().isEmpty)
        try await stage.close(lease)
        #expect(try stage.phase(lease) == .closed)
        #expect(try await stage.settled(lease) == 0)
    }

    @Test("cancelled when the start has come too far: the job is ended as soon as it runs, and pays for what it was")
    func cancelledTooLate() async throws {
        let lease = try await stage.open()
        stage.driver.hold(true, isDeaf: true)
        _ = try await stage.core.submit(Stage.request, lease: lease, by: .owner)
        while stage.driver.count(.start) == 0 { try await Task.sleep(for: .milliseconds(1)) }
        _ = try await stage.core.cancel(lease, by: .owner)
        stage.driver.hold(false)
        await (try stage.keeper(lease)).launchEnded()
        #expect(try stage.phase(lease) == .ending && stage.driver.count(.stop) == 1)
        try await stage.pass(1, lease)
        #expect(try stage.phase(lease) == .settling && stage.exit(lease) == .cancelled(by: .owner))
        #expect(try stage.receipts(lease).map(\.isFinal) == [true])
        #expect(!stage.driver.runs(stage.job(lease)))
    }

    @Test("a lease whose time is over while its job is started is ended, and the start is given up")
    func lateStart() async throws {
        let lease = try await stage.open()
        stage.driver.hold(true)
        _ = try await stage.core.submit(Stage.request, lease: lease, by: .owner)
        stage.clock.advance(600)
        try await stage.tick(lease)
        await (try stage.keeper(lease)).launchEnded()
        #expect(try stage.exit(lease) == .timeLimit && stage.driver.names().isEmpty)
    }

    @Test("the buyer asks to close while the job runs: it is ended, and what is vouched for is claimed at once")
    func closingWhileRunning() async throws {
        let lease = try await stage.running()
        try await stage.passPaid(12, lease)
        #expect(try stage.queued(lease).isEmpty)
        try await stage.bench.ledger.ledger.post(.closeRequest(stage.world.closeRequest(lease, by: stage.world.buyer)))
        try await stage.pass(1, lease)
        #expect(try stage.phase(lease) == .ending && stage.queued(lease) == [.claim])
        try await stage.pass(1, lease)
        #expect(try stage.exit(lease) == .cancelled(by: .buyer))
        try await stage.vouch(lease)
        try await stage.close(lease)
        #expect(try stage.phase(lease) == .closed)
        #expect(try await stage.settled(lease) == stage.receipts(lease).last?.amount)
    }

    @Test("a lease that is closed on the ledger while the agent is away ends its job when it is back")
    func closedWhileAway() async throws {
        let lease = try await stage.running()
        try await stage.passPaid(5, lease)
        let (ledger, world) = (stage.bench.ledger.ledger, stage.world)
        try await ledger.post(.closeRequest(world.closeRequest(lease, by: world.owner)))
        stage.clock.advance(20)
        try await stage.restart()
        try await stage.pass(2, lease)
        #expect(!stage.driver.runs(stage.job(lease)))
        // Its last voucher is waited for, although it brings nothing any more.
        try await stage.pass(AgentLimits.finalVoucherSeconds, lease)
        #expect(try stage.phase(lease) == .closed && stage.exit(lease) == .cancelled(by: .buyer))
        #expect(try stage.row(lease).claimed == 0)
    }

    @Test("held, a job stands still and its lease goes on; let go, it works on; asked twice, nothing changes")
    func held() async throws {
        let lease = try await stage.running()
        try await stage.pass(3, lease)
        for _ in 0..<2 { #expect(try await stage.core.hold(lease, by: .owner).phase == .held) }
        try await stage.pass(4, lease)
        for _ in 0..<2 { #expect(try await stage.core.release(lease, by: stage.bench.session()).phase == .running) }
        try await stage.pass(3, lease)
        #expect(stage.driver.count(.pause) == 1 && stage.driver.count(.resume) == 1)
        _ = try await stage.core.cancel(lease, by: .owner)
        try await stage.pass(1, lease)
        let last = try #require(try stage.receipts(lease).last)
        #expect(last.usage.coreNanoseconds == 6_000_000_000 && last.usage.leaseNanoseconds == 10_000_000_000)
        #expect(try stage.said(lease).filter { $0 == "held by the owner" || $0 == "resumed" }.count == 2)
        await #expect(throws: AgentError.self) { try await stage.core.hold(lease, by: .owner) }
        await #expect(throws: AgentError.self) { try await stage.core.release(lease, by: .owner) }
        await #expect(throws: AgentError.self) { try await stage.core.cancel(lease, by: .owner) }
    }

    @Test("told to end while it is held, a job is woken first so that it can act on it")
    func heldEnd() async throws {
        let lease = try await stage.running()
        _ = try await stage.core.hold(lease, by: .owner)
        _ = try await stage.core.cancel(lease, by: .owner)
        let orders = stage.driver.calls.filter { [.pause, .resume, .stop].contains($0) }
        #expect(orders == [.pause, .resume, .stop])
        try await stage.pass(1, lease)
        #expect(try stage.exit(lease) == .cancelled(by: .owner))
    }

    @Test("cancelled without a job, a lease is settled at once and closed without a receipt")
    func cancelledOpen() async throws {
        let lease = try await stage.open()
        _ = try await stage.core.cancel(lease, by: .owner)
        #expect(try stage.phase(lease) == .settling && stage.exit(lease) == nil)
        try await stage.close(lease)
        #expect(try stage.phase(lease) == .closed && stage.receipts(lease).isEmpty)
        let proposed = try await stage.propose().lease(in: stage.world.domain)
        await #expect(throws: AgentError.self) { try await stage.core.cancel(proposed, by: .owner) }
    }

    @Test("a job is ended with its lease, and the sandbox has been told to end it then too", arguments: [false, true])
    func time(isPaused: Bool) async throws {
        let lease = try await stage.running()
        #expect(stage.driver.order(of: stage.job(lease))?.wallSecondsMax == 600)
        if isPaused { _ = try await stage.core.hold(lease, by: .owner) }
        stage.clock.advance(600)
        try await stage.tick(lease)
        try await stage.tick(lease)
        #expect(try stage.exit(lease) == .timeLimit)
    }

    @Test("and the agent tells it to end, whatever its supervisor does")
    func timeTold() async throws {
        let lease = try await stage.running(JobScript { $0.obedience = .never })
        stage.clock.advance(600)
        try await stage.tick(lease)
        #expect(try stage.phase(lease) == .ending && stage.driver.count(.stop) == 1)
    }

    @Test("a job that runs for less than its lease has its own limit, and what the sandbox says is its end")
    func ownLimit() async throws {
        let lease = try await stage.open()
        try await stage.run(lease) { $0.wallSecondsMax = 7 }
        #expect(stage.driver.order(of: stage.job(lease))?.wallSecondsMax == 7)
        try await stage.passPaid(8, lease)
        #expect(try stage.exit(lease) == .timeLimit)
        #expect(
            try stage.receipts(lease).last?.usage.leaseNanoseconds == 7_000_000_000, "billed to its end, not the look")
    }

    @Test("a supervisor that does not end its job in time is ended with it, and the host is blamed")
    func deaf() async throws {
        let lease = try await stage.running(JobScript { $0.obedience = .never })
        _ = try await stage.core.cancel(lease, by: .owner)
        try await stage.passPaid(16, lease)
        #expect(try stage.phase(lease) == .ending && stage.driver.count(.force) == 0)
        try await stage.passPaid(2, lease)
        #expect(stage.driver.count(.force) == 1)
        try await stage.pass(1, lease)
        _ = try stage.hostFailure(lease)
        #expect(try stage.said(lease).contains("the supervisor did not end the job in time; both were ended"))
    }

    @Test("what a job leaves as output stands in its last receipt, with its digest, and can be fetched")
    func output() async throws {
        let lease = try await stage.running(.exits(after: 3) { $0.output = Array("made".utf8) })
        try await stage.passPaid(4, lease)
        let digest = SHA256Hex.of(Array("made".utf8))
        let statement = try #require(OutputStatement(digest: digest, bytes: 4))
        #expect(try stage.receipts(lease).last?.events.map(\.shown).contains(statement.event) == true)
        let archive = try #require(try await stage.core.outputArchive(lease, by: .owner))
        #expect(archive.digest == digest)
    }

    @Test("what reading the image took is on the bill, before the job")
    func reading() async throws {
        let lease = try await stage.open()
        stage.driver.read(for: stage.job(lease), cpuNanoseconds: 2_000_000_000)
        try await stage.run(lease, .exits(after: 1))
        try await stage.pass(1, lease)
        #expect(try stage.receipts(lease).last?.usage.coreNanoseconds == 3_000_000_000)
    }

    @Test("what is seen of a job between two looks: its rate, its want of memory, and what held it back")
    func live() async throws {
        let lease = try await stage.running(JobScript { $0.cpuNanoseconds = 1_500_000_000 })
        #expect(await stage.core.live(lease) == nil)
        try await stage.pass(2, lease)
        #expect(await stage.core.live(lease)?.millicores == 1_500)
        #expect(await stage.core.graph(of: lease)?.points.isEmpty == false)
        _ = try await stage.core.hold(lease, by: .owner)
        #expect(await stage.core.live(lease) == nil)
    }
}
