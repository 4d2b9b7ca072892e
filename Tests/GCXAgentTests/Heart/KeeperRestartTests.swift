import GCXLedger
import GCXLinux
import GCXMetering
import GCXModel
import GCXSigning
import GCXWire
import Support
import Synchronization
import Testing

@testable import GCXAgent

@Suite("An agent that comes back", .timeLimit(.minutes(1)))
struct KeeperRestartTests {
    let stage: Stage

    init() async throws { stage = try await Stage() }

    @Test("in a phase without a job it goes on as if it had not been away")
    func idle() async throws {
        let signed = try await stage.propose()
        let lease = signed.lease(in: stage.world.domain)
        try await stage.restart()
        #expect(try stage.phase(lease) == .proposed)
        try await stage.bench.ledger.ledger.post(.leaseOpened(signed))
        try await stage.tick(lease)
        try await stage.restart()
        #expect(try stage.phase(lease) == .open)
        try await stage.run(lease, .exits(after: 6))
        try await stage.passPaid(7, lease)
        try await stage.restart()
        #expect(try stage.phase(lease) == .settling)
        try await stage.close(lease)
        try await stage.restart()
        stage.clock.advance(4_000)
        try await stage.tick(lease)
        #expect(try stage.row(lease).wiped)
        #expect(try await stage.settled(lease) == stage.receipts(lease).last?.amount)
        try await stage.restart()
        #expect(await stage.core.allKeepers().isEmpty)
    }

    @Test("a job that runs is found again, and its bill covers the time between, once")
    func running() async throws {
        let lease = try await stage.running()
        try await stage.pass(7, lease)
        stage.clock.advance(8)
        try await stage.restart()
        #expect(stage.driver.count(.start) == 1)
        try await stage.pass(5, lease)
        _ = try await stage.core.cancel(lease, by: .owner)
        try await stage.pass(1, lease)
        #expect(try stage.receipts(lease).last?.usage.coreNanoseconds == 20_000_000_000)
        #expect(try stage.said(lease).contains("the agent was away and found the job again"))
        try stage.checkReceipts(lease)
    }

    @Test("one that ended while nobody was there is billed to its end")
    func endedMeanwhile() async throws {
        let lease = try await stage.running(.exits(3, after: 10))
        try await stage.pass(6, lease)
        stage.clock.advance(100)
        try await stage.restart()
        try await stage.tick(lease)
        #expect(try stage.exit(lease) == .exited(code: 3))
        let usage = try #require(try stage.receipts(lease).last).usage
        #expect(usage.coreNanoseconds == 10_000_000_000 && usage.leaseNanoseconds == 10_000_000_000)
    }

    @Test("a start that was written down and not begun is begun; one that was begun is not begun twice")
    func starting() async throws {
        let lease = try await stage.open()
        try stage.store.update(lease) { row in
            row.begin(Stage.request)
            row.phase = .starting
        }
        try await stage.restart()
        #expect(try stage.phase(lease) == .running && stage.driver.count(.start) == 1)
        try stage.store.update(lease) { $0.phase = .starting }
        try await stage.restart()
        #expect(try stage.phase(lease) == .running && stage.driver.count(.start) == 1)
    }

    @Test("a pause or a hold that was written down and not done is done", arguments: [true, false])
    func frozen(isPaused: Bool) async throws {
        let lease = try await stage.running()
        try await stage.pass(2, lease)
        let boot = stage.clock.boot
        try stage.store.update(lease) { $0.phase = isPaused ? .paused(since: boot) : .held(by: .buyer) }
        try await stage.restart()
        #expect(stage.driver.count(.pause) == 1)
    }

    @Test("a job that was to go on and still stands is woken")
    func thawed() async throws {
        let lease = try await stage.running()
        try stage.driver.pause(stage.job(lease))
        try await stage.restart()
        #expect(stage.driver.count(.resume) == 1)
        try await stage.pass(3, lease)
        #expect(try stage.phase(lease) == .running)
    }

    @Test("an order to end that was written down and not given is given, and what stands still is woken for it")
    func ending() async throws {
        let lease = try await stage.running(JobScript { $0.obedience = .afterGrace })
        try stage.driver.pause(stage.job(lease))
        try stage.store.update(lease) { $0.phase = .ending(.budget) }
        try await stage.restart()
        let orders = stage.driver.calls.filter { [.pause, .resume, .stop].contains($0) }
        #expect(orders == [.pause, .resume, .stop])
        try await stage.pass(2, lease)
        #expect(try stage.exit(lease) == .budget)
    }

    @Test("what was told to end and never began is over")
    func neverBegan() async throws {
        let lease = try await stage.open()
        try stage.store.update(lease) { row in
            row.begin(Stage.request)
            row.phase = .ending(.cancelled(by: .buyer))
        }
        try await stage.restart()
        try await stage.pass(1, lease)
        #expect(try stage.phase(lease) == .settling)
        #expect(try stage.exit(lease) == .cancelled(by: .buyer))
    }

    @Test("after a restart of the machine a job is lost, and nothing is billed since the last look", arguments: 0..<4)
    func reboot(which: Int) async throws {
        let lease = try await stage.running()
        try await stage.pass(6, lease)
        switch which {
        case 1: _ = try await stage.core.hold(lease, by: .owner)
        case 2: try await stage.pass(30, lease)
        case 3: _ = try await stage.core.cancel(lease, by: .owner)
        default: break
        }
        let before = try #require(await (try stage.keeper(lease)).meter).meter.usage
        stage.driver.restart()
        try await stage.restart()
        try await stage.pass(1, lease)
        let why = try stage.hostFailure(lease)
        #expect(why.contains("the machine was restarted"))
        let last = try #require(try stage.receipts(lease).last)
        #expect(last.isFinal && last.usage.coreNanoseconds <= before.coreNanoseconds)
        try stage.checkReceipts(lease)
    }

    @Test("an agent that stops writes a last receipt, which can be paid before it is back")
    func books() async throws {
        let lease = try await stage.running()
        try await stage.pass(2, lease)
        await (try stage.keeper(lease)).closeBooks()
        let receipt = try #require(try stage.receipts(lease).last)
        #expect(!receipt.isFinal && receipt.usage.coreNanoseconds == 2_000_000_000)
        #expect(receipt.events.contains { $0.shown.contains("the agent stops") })
        try await stage.vouch(lease)
        try await stage.restart()
        #expect(try stage.vouched(lease) == receipt.amount)
    }

    @Test("a pending word to the reader of the receipts outlives the agent")
    func words() async throws {
        let lease = try await stage.running(JobScript { $0.oomKills = 0 })
        try await stage.pass(36, lease)
        try await stage.vouch(lease)
        _ = try await stage.core.hold(lease, by: .owner)
        try await stage.restart()
        try await stage.pass(6, lease)
        let said = try stage.said(lease)
        #expect(said.contains("held by the owner"), "\(said)")
    }
}

@Suite("When clocks jump", .timeLimit(.minutes(1)))
struct KeeperClockTests {
    let stage: Stage

    init() async throws { stage = try await Stage() }

    @Test("a wall clock that is set back ends no lease, lets no proposal lapse and changes no bill")
    func back() async throws {
        let lease = try await stage.running()
        try await stage.pass(10, lease)
        stage.clock.jump(to: stage.clock.now - 3_600)
        for _ in 0..<10 {
            stage.clock.advance(nanoseconds: 1_000_000_000)
            try await stage.tick(lease)
        }
        #expect(try stage.phase(lease) == .running)
        let last = try #require(try stage.receipts(lease).last)
        #expect(last.usage.leaseNanoseconds == 20_000_000_000)
    }

    @Test("one that is set far ahead ends the lease, whose time is over by it, but bills only the time that passed")
    func ahead() async throws {
        let lease = try await stage.running()
        try await stage.pass(10, lease)
        stage.clock.jump(to: stage.clock.now + 36_000)
        try await stage.tick(lease)
        try await stage.tick(lease)
        #expect(try stage.exit(lease) == .timeLimit)
        #expect(try stage.receipts(lease).last?.usage.leaseNanoseconds == 10_000_000_000)
    }

    @Test("the grace of a paused job is measured on the boot clock alone")
    func grace() async throws {
        let lease = try await stage.running()
        try await stage.pass(35, lease)
        try #require(try stage.phase(lease) == .paused)
        let now = stage.clock.now
        stage.clock.jump(to: now + 200)
        try await stage.tick(lease)
        #expect(try stage.phase(lease) == .paused)
        stage.clock.jump(to: now)
        stage.clock.advance(31)
        try await stage.tick(lease)
        #expect(try stage.phase(lease) == .ending)
    }

    @Test("receipts come by the boot clock too")
    func receipts() async throws {
        let lease = try await stage.running()
        stage.clock.jump(to: stage.clock.now + 300)
        try await stage.tick(lease)
        #expect(try stage.receipts(lease).isEmpty)
        stage.clock.advance(5)
        try await stage.tick(lease)
        #expect(try stage.receipts(lease).count == 1)
    }

    @Test("what a silent ledger would pay goes on with the boot clock, and not with a wall clock that was set")
    func sight() async throws {
        let lease = try await stage.running { $0.burst = 130 }
        try await stage.pass(6, lease)
        stage.ledger.isSilent.withLock { $0 = true }
        stage.clock.jump(to: stage.clock.now + 500)
        let voucher = try stage.bench.voucher(lease, 450, in: stage.store)
        await #expect(throws: AgentError.self) { try await stage.core.accept(voucher) }
        stage.clock.jump(to: stage.clock.now - 500)
        stage.clock.advance(30)
        _ = try await stage.core.accept(try stage.bench.voucher(lease, 460, in: stage.store))
    }
}
