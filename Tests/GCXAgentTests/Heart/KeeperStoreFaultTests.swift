import GCXLedger
import GCXModel
import GCXWire
import Support
import Testing

@testable import GCXAgent

@Suite("When the disk is full", .timeLimit(.minutes(1)))
struct KeeperStoreFaultTests {
    let stage: Stage

    init() async throws { stage = try await Stage() }

    @Test(
        "a receipt that cannot be written loses nothing: the next one covers its time, and none is missing in the chain"
    )
    func receipt() async throws {
        let lease = try await stage.running()
        try await stage.pass(6, lease)
        try stage.breakStore("receipt")
        try await stage.pass(10, lease)
        #expect(try stage.phase(lease) == .running && stage.receipts(lease).count == 1)
        #expect(await stage.problems.contains { $0.contains("database failed") })
        try stage.mendStore("receipt")
        try await stage.pass(2, lease)
        let receipts = try stage.receipts(lease)
        #expect(receipts.map(\.sequence) == [1, 2] && receipts[1].usage.coreNanoseconds >= 17_000_000_000)
        #expect(await stage.problems.isEmpty)
        try stage.checkReceipts(lease)
    }

    @Test("a pause waits for no receipt that cannot be written: nobody works unpaid because of it")
    func pause() async throws {
        let lease = try await stage.running()
        try stage.breakStore("receipt")
        try await stage.pass(40, lease)
        try stage.mendStore("receipt")
        try await stage.pass(1, lease)
        #expect(try stage.phase(lease) == .paused)
        #expect(try #require(try stage.receipts(lease).last).amount > 100)
    }

    @Test(
        "a pause that cannot be written down is done all the same, and undone when it is paid for",
        arguments: [false, true])
    func pauseUnwritten(isPaid: Bool) async throws {
        let lease = try await stage.running()
        try await stage.pass(30, lease)
        try stage.breakStore("lease", "UPDATE")
        try await stage.pass(6, lease)
        let before = try stage.driver.sample(stage.job(lease)).cpuNanoseconds
        try await stage.pass(5, lease)
        #expect(try stage.driver.sample(stage.job(lease)).cpuNanoseconds == before)
        if isPaid { try await stage.vouch(lease) }
        try await stage.pass(1, lease)
        try stage.mendStore("lease", "UPDATE")
        try await stage.pass(1, lease)
        #expect(try stage.phase(lease) == (isPaid ? .running : .paused))
        let then = try stage.driver.sample(stage.job(lease)).cpuNanoseconds
        try await stage.pass(2, lease)
        #expect(try (stage.driver.sample(stage.job(lease)).cpuNanoseconds > then) == isPaid)
    }

    @Test("the last receipt is tried until it is written, and says each thing once")
    func last() async throws {
        let lease = try await stage.running(.exits(after: 3) { $0.output = [1, 2, 3] })
        try await stage.pass(2, lease)
        try stage.breakStore("receipt")
        try await stage.pass(5, lease)
        #expect(try stage.phase(lease) == .running)
        try stage.mendStore("receipt")
        try await stage.pass(1, lease)
        #expect(try stage.phase(lease) == .settling)
        let events = try #require(try stage.receipts(lease).last).events.map(\.shown)
        #expect(events.filter { $0.hasPrefix("ended:") }.count == 1, "\(events)")
        #expect(events.filter { $0.hasPrefix("output") }.count == 1, "\(events)")
        #expect(try stage.receipts(lease).last?.usage.coreNanoseconds == 3_000_000_000)
    }

    @Test("a job that cannot be written down is not begun, and can be submitted again")
    func submit() async throws {
        let lease = try await stage.open()
        try stage.breakStore("lease", "UPDATE")
        await #expect(throws: AgentError.self) { try await stage.run(lease) }
        #expect(try stage.phase(lease) == .open && stage.driver.count(.start) == 0)
        #expect(await (try stage.keeper(lease)).phase == .open)
        try stage.mendStore("lease", "UPDATE")
        _ = try await stage.core.submit(Stage.request, lease: lease, by: .owner)
        await (try stage.keeper(lease)).launchEnded()
        #expect(try stage.phase(lease) == .running)
    }

    @Test("a meter whose beginning cannot be written lets no job run")
    func meter() async throws {
        let lease = try await stage.open()
        try stage.breakStore("meter")
        try await stage.run(lease)
        try await stage.pass(2, lease)
        #expect(!stage.driver.runs(stage.job(lease)))
        try stage.mendStore("meter")
        try await stage.pass(1, lease)
        _ = try stage.hostFailure(lease)
    }

    @Test("events that cannot be written fail nothing else")
    func events() async throws {
        try stage.breakStore("event")
        let lease = try await stage.running(.exits(after: 6))
        try await stage.passPaid(7, lease)
        #expect(try stage.phase(lease) == .settling)
        #expect(await stage.problems.contains { $0.contains("event") })
        try await stage.close(lease)
        #expect(try stage.phase(lease) == .closed)
    }

    @Test("a claim that cannot be queued is queued at the next look")
    func outbox() async throws {
        let lease = try await stage.running(.exits(after: 6))
        try stage.breakStore("outbox")
        try await stage.passPaid(8, lease)
        #expect(try stage.phase(lease) == .settling && stage.queued(lease).isEmpty)
        try stage.mendStore("outbox")
        try await stage.tick(lease)
        #expect(try stage.queued(lease) == [.claim])
    }
}
