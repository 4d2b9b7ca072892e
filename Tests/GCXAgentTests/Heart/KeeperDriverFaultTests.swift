import GCXAgent
import GCXLedger
import GCXLinux
import GCXModel
import GCXSandbox
import GCXWire
import Support
import Testing

@Suite("When the sandbox fails a lease", .timeLimit(.minutes(1)))
struct KeeperDriverFaultTests {
    let stage: Stage

    init() async throws { stage = try await Stage() }

    @Test("a start that fails leaves the lease open, and nothing is owed")
    func start() async throws {
        let lease = try await stage.open()
        try await stage.run(lease, .fails("no room"))
        #expect(try stage.phase(lease) == .open && stage.receipts(lease).isEmpty)
        #expect(try stage.row(lease).note.contains("no room"))
        try await stage.run(lease)
        #expect(try stage.phase(lease) == .running && stage.row(lease).jobs == 2)
    }

    @Test("a job that cannot be metered from its beginning does not run")
    func meterless() async throws {
        let lease = try await stage.open()
        stage.driver.fail(.sample)
        try await stage.run(lease)
        #expect(try stage.phase(lease) == .ending)
        try await stage.pass(1, lease)
        #expect(!stage.driver.runs(stage.job(lease)))
        _ = try stage.hostFailure(lease)
        #expect(try stage.receipts(lease).isEmpty)
    }

    @Test("a meter that cannot be read for a while loses none of the job's CPU time")
    func meterGap() async throws {
        let lease = try await stage.running()
        try await stage.pass(2, lease)
        stage.driver.fail(.sample)
        try await stage.pass(10, lease)
        #expect(try stage.phase(lease) == .running)
        stage.driver.fail(.sample, nil)
        try await stage.pass(2, lease)
        _ = try await stage.core.cancel(lease, by: .owner)
        try await stage.pass(1, lease)
        #expect(try stage.receipts(lease).last?.usage.coreNanoseconds == 14_000_000_000)
        #expect(try stage.said(lease).contains { $0.hasPrefix("gap: no sample for") })
        try stage.checkReceipts(lease)
    }

    @Test("a state that cannot be read for a while changes nothing, and is said meanwhile")
    func state() async throws {
        let lease = try await stage.running()
        stage.driver.fail(.recover)
        try await stage.pass(3, lease)
        #expect(try stage.phase(lease) == .running)
        #expect(await stage.problems.contains { $0.contains("running") })
        stage.driver.fail(.recover, nil)
        try await stage.pass(1, lease)
        #expect(await stage.problems.isEmpty)
    }

    @Test("a pause that failed is tried again: nobody works unpaid because of it")
    func pause() async throws {
        let lease = try await stage.running()
        stage.driver.fail(.pause)
        try await stage.pass(36, lease)
        #expect(try stage.phase(lease) == .paused)
        stage.driver.fail(.pause, nil)
        try await stage.pass(1, lease)
        let before = try stage.driver.sample(stage.job(lease)).cpuNanoseconds
        try await stage.pass(5, lease)
        #expect(try stage.driver.sample(stage.job(lease)).cpuNanoseconds == before)
        let paused = try stage.said(lease).filter { $0.hasPrefix("paused:") }
        #expect(paused.count <= 1, "\(paused)")
    }

    @Test("a job that was not woken is woken at the next look: nobody pays for standing still")
    func resume() async throws {
        let lease = try await stage.running()
        try await stage.pass(36, lease)
        stage.driver.fail(.resume)
        try await stage.vouch(lease)
        #expect(try stage.phase(lease) == .running)
        stage.driver.fail(.resume, nil)
        try await stage.pass(1, lease)
        let before = try stage.driver.sample(stage.job(lease)).cpuNanoseconds
        try await stage.pass(2, lease)
        #expect(try stage.driver.sample(stage.job(lease)).cpuNanoseconds == before + 2_000_000_000)
    }

    @Test("an order to end that did not arrive is given again, with its grace", arguments: [false, true])
    func stop(isHeld: Bool) async throws {
        let lease = try await stage.running()
        if isHeld { _ = try await stage.core.hold(lease, by: .owner) }
        let verb: ScriptedDriver.Verb = isHeld ? .resume : .stop
        stage.driver.fail(verb)
        _ = try? await stage.core.cancel(lease, by: .owner)
        #expect(try stage.phase(lease) == .ending)
        try await stage.pass(2, lease)
        stage.driver.fail(verb, nil)
        try await stage.pass(2, lease)
        #expect(try stage.exit(lease) == .cancelled(by: .owner) && stage.driver.count(.force) == 0)
        #expect(try stage.said(lease).filter { $0.hasPrefix("told to end") }.count == 1)
    }

    @Test("a group that does not go keeps no money back: what is vouched for is claimed all the same")
    func release() async throws {
        let lease = try await stage.running(.exits(after: 6))
        stage.driver.fail(.release)
        try await stage.passPaid(7, lease)
        #expect(try stage.phase(lease) == .settling && Set(stage.queued(lease)) == [.claim])
        try await stage.close(lease)
        #expect(try stage.phase(lease) == .closed)
        #expect(await stage.problems.contains { $0.contains("meter") })
    }

    @Test("a wipe that fails is said, and tried again until nothing is left")
    func wipe() async throws {
        let lease = try await stage.running(.exits(after: 1))
        try await stage.pass(1, lease)
        try await stage.vouch(lease)
        try await stage.close(lease)
        stage.driver.fail(.wipe)
        stage.clock.advance(4_000)
        try await stage.tick(lease)
        #expect(try !stage.row(lease).wiped)
        #expect(await stage.problems.contains { $0.contains("wipe") })
        stage.driver.fail(.wipe, nil)
        try await stage.tick(lease)
        #expect(try stage.row(lease).wiped && !Files.exists(stage.directory(lease).path))
    }

    @Test("a job whose directory is gone is ended before its cores are sold again, and the host is blamed")
    func lost() async throws {
        let lease = try await stage.running()
        try await stage.pass(3, lease)
        try stage.driver.lose(stage.job(lease))
        try await stage.pass(1, lease)
        #expect(!stage.driver.runs(stage.job(lease)))
        let why = try stage.hostFailure(lease)
        #expect(why.contains("nothing is left of the job's directory") && why.contains("ended 1 process "))
        #expect(try stage.receipts(lease).last?.usage.coreNanoseconds == 3_000_000_000)
    }

    @Test("a plan that does not read any more is as good as none")
    func corrupt() async throws {
        let lease = try await stage.running()
        try DurableFile.write("{".utf8, to: stage.directory(lease).plan)
        try await stage.pass(1, lease)
        #expect(!stage.driver.runs(stage.job(lease)))
        _ = try stage.hostFailure(lease)
    }

    @Test("a supervisor that was killed is the host's failure, billed to its last breath")
    func supervisor() async throws {
        let lease = try await stage.running()
        try await stage.pass(3, lease)
        stage.clock.advance(1)
        stage.driver.killSupervisor(of: stage.job(lease))
        try await stage.pass(2, lease)
        #expect(try stage.exit(lease) == .hostFailure(description: "the supervisor of the job died"))
        #expect(try stage.receipts(lease).last?.usage.coreNanoseconds == 4_000_000_000)
    }

    @Test("a meter that is gone before the last look bills nothing since the one before, and says so")
    func group() async throws {
        let lease = try await stage.running()
        try await stage.pass(3, lease)
        stage.driver.end(stage.job(lease), .exited(code: 0))
        stage.driver.loseGroup(of: stage.job(lease))
        try await stage.pass(1, lease)
        let last = try #require(try stage.receipts(lease).last)
        #expect(last.usage.coreNanoseconds == 3_000_000_000)
        #expect(last.events.contains { $0.shown.contains("the meter vanished before the last sample") })
    }

    @Test(
        "what ended a job for want of memory is its end", arguments: [ExitReason.outOfMemory, .signalled(signal: 11)])
    func ends(reason: ExitReason) async throws {
        let lease = try await stage.running(JobScript(end: (reason, 2)) { $0.oomKills = 0 })
        try await stage.pass(3, lease)
        #expect(try stage.exit(lease) == reason)
    }
}
