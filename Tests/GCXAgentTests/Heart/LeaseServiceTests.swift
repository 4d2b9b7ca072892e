import GCXLedger
import GCXLinux
import GCXModel
import GCXSandbox
import GCXSigning
import GCXWire
import Logging
import Support
import Synchronization
import Testing

@testable import GCXAgent

@Suite("The service that looks after leases", .timeLimit(.minutes(1)))
struct LeaseServiceTests {
    let stage: Stage

    init() async throws { stage = try await Stage() }

    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Runs the service until the condition holds, an hour of the test's clock at the most, and stops it in good order.
    private func serve(until condition: @escaping @Sendable () throws -> Bool) async throws {
        let (clock, start) = (stage.clock, stage.clock.boot)
        let task = Mutex<Task<Void, any Error>?>(nil)
        let watched = AgentClock(
            wall: { clock.wall }, boot: { clock.boot },
            pause: { duration in
                clock.advance(nanoseconds: duration.wholeNanoseconds)
                let isOver = (try? condition()) ?? true || clock.boot - start > 3_600_000_000_000
                if isOver { task.withLock { $0 }?.cancel() }
                await Task.yield()
            })
        let service = LeaseService(
            core: stage.core, settings: stage.bench.settings, logger: Self.quiet, clock: watched)
        let running = Task { try await service.run() }
        task.withLock { $0 = running }
        try await running.value
        #expect(try condition(), "an hour was not enough")
    }

    @Test("it carries a lease from its signature to its end, job, receipts and all")
    func life() async throws {
        let signed = try await stage.propose()
        let lease = signed.lease(in: stage.world.domain)
        try await stage.bench.ledger.ledger.post(.leaseOpened(signed))
        let stage = stage
        try await serve { try stage.phase(lease) == .open }
        stage.driver.next(.exits(after: 12))
        _ = try await stage.core.submit(Stage.request, lease: lease, by: .owner)
        try await serve { try stage.phase(lease) == .settling }
        #expect(try stage.exit(lease) == .exited(code: 0))
        // The end is seen within a tenth of a second, and samples come each second.
        let ended = try #require(try stage.row(lease).endedAt)
        let started = try #require(try stage.row(lease).startedAt)
        #expect(ended - started <= 13, "\(ended - started)")
        #expect(try stage.receipts(lease).last?.usage.coreNanoseconds == 12_000_000_000)
        try stage.checkReceipts(lease)
    }

    @Test("what the buyer does on the ledger is seen within a second or so")
    func follow() async throws {
        let lease = try await stage.running()
        try await stage.bench.ledger.ledger.post(.closeRequest(stage.world.closeRequest(lease, by: stage.world.buyer)))
        let (stage, before) = (stage, stage.clock.boot)
        try await serve { try stage.phase(lease) != .running }
        #expect(stage.clock.boot - before <= 1_200_000_000)
    }

    @Test("a job that runs is left to its supervisor when the agent stops, with one last receipt")
    func stop() async throws {
        let lease = try await stage.running()
        let (stage, before) = (stage, stage.clock.boot)
        try await serve { stage.clock.boot - before > 3_000_000_000 }
        #expect(try stage.phase(lease) == .running && stage.driver.runs(stage.job(lease)))
        #expect(try stage.receipts(lease).count == 1)
        #expect(try stage.said(lease).contains { $0.contains("the agent stops") })
    }

    @Test("what it finds of an earlier life it takes up, before anything else")
    func resume() async throws {
        let lease = try await stage.running()
        try stage.driver.pause(stage.job(lease))
        let stage = stage
        try await serve { stage.driver.count(.resume) == 1 }
        #expect(try stage.phase(lease) == .running)
    }

    @Test("a lease that is wiped is forgotten, and one of another buyer is not delayed by a disk that hangs")
    func forgets() async throws {
        let lease = try await stage.running(.exits(after: 1))
        try await stage.pass(1, lease)
        try await stage.vouch(lease)
        try await stage.close(lease)
        stage.clock.advance(stage.bench.settings.jobs.outputKeepSeconds)
        let stage = stage
        try await serve { try stage.row(lease).wiped }
        let before = stage.clock.boot
        try await serve { stage.clock.boot > before + 200_000_000 }
        #expect(await stage.core.allKeepers().isEmpty)
        #expect(try await stage.core.job(lease, by: .owner).phase == .closed)
    }

    @Test("each minute what is on the machine is compared with the store: a job without a lease is ended")
    func cleans() async throws {
        let stage = stage
        let job = try JobName("stray")
        let order = JobOrder(
            name: job, image: .rootFilesystem, command: ["a"],
            resources: JobResources(cores: 1, memoryBytes: 64 << 20, writableBytes: 32 << 20), wallSecondsMax: 600,
            logBytesMax: 1 << 20)
        try stage.driver.start(order, with: JobFiles(), stop: nil)
        let before = stage.clock.boot
        try await serve { stage.clock.boot > before + 100_000_000 }
        #expect(!Files.exists(stage.driver.directory(job).path) && !stage.driver.runs(job))
        try stage.driver.start(order, with: JobFiles(), stop: nil)
        try await serve { !stage.driver.runs(job) }
    }
}
