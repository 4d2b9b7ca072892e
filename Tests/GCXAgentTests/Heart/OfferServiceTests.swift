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

/// A machine that is what a test says, and counts who measures it.
final class ScriptedMeasurer: MachineMeasurer {
    struct Machine: Sendable {
        var inventory = OfferBuilderTests.inventory
        var facts: [Fact] = []
        var problems: [String] = []
        var failure: AgentError?
    }

    let machine = Mutex(Machine())
    let measured = Mutex(0)
    let looked = Mutex(0)

    func measure(at now: UInt64) async throws(AgentError) -> Measurement {
        measured.withLock { $0 += 1 }
        let machine = machine.withLock { $0 }
        if let failure = machine.failure { throw failure }
        var measurement = Measurement(machine.inventory, at: now)
        measurement.facts += machine.facts
        measurement.problems = machine.problems
        return measurement
    }

    func look() async throws(AgentError) -> Inventory {
        looked.withLock { $0 += 1 }
        let machine = machine.withLock { $0 }
        if let failure = machine.failure { throw failure }
        return machine.inventory
    }
}

@Suite("The service that keeps an offer", .timeLimit(.minutes(1)))
struct OfferServiceTests {
    let stage: Stage
    let measurer = ScriptedMeasurer()

    init() async throws {
        stage = try await Stage(settings: {
            // A machine with no room on its disk sells nothing.
            $0.offer.storageBytes = 1 << 20
            $0.jobs.gpus = ["vendor.example/gpu=0"]
        })
        await stage.core.retractOffer()
        stage.driver.have("vendor.example/gpu=0")
    }

    private func service() async -> OfferService {
        OfferService(context: await stage.core.context, core: stage.core, measurer: measurer)
    }

    private var measured: Int { measurer.measured.withLock { $0 } }

    private func offer() async throws -> Offer { try #require(await stage.core.offer).signed.document }

    @Test("the first look measures, and puts grant, attestation and offer on the ledger, in that order")
    func first() async throws {
        measurer.machine.withLock {
            $0.facts = [Fact(name: "cpu.fp64.all", value: 4_000, unit: "flop/s", level: .measured, measuredAt: 1)]
        }
        #expect(await service().refresh())
        #expect(try stage.store.queued().map(\.entry.kind) == [.grant, .attestation, .offer])
        #expect(await stage.post())
        let offer = try await offer()
        let record = try await stage.bench.ledger.ledger.offer(offer.digest(in: stage.world.domain))
        #expect(record.document == offer && record.withdrawnAt == nil)
        #expect(offer.capacity == Resources(cores: 4, memoryBytes: 16 << 30, storageBytes: 1 << 20, gpus: 1))
        #expect(offer.facts.contains { $0.name == "cpu.fp64.all" && $0.level == .measured })
        #expect(offer.revision == 1 && offer.expiresAt == stage.clock.now + 3_600)
        // What the attestation was made from lies on the disk under its digest.
        #expect(try Files.names(in: stage.bench.settings.evidencePath).count == 1)
        #expect(await stage.problems.isEmpty)
    }

    @Test("it is used again until half of its time is over, and then the machine is measured anew")
    func half() async throws {
        let service = await service()
        #expect(await service.refresh())
        let first = try await offer()
        stage.clock.advance(1_799)
        #expect(await service.refresh())
        #expect(measured == 1)
        #expect(try await offer() == first)
        stage.clock.advance(1)
        #expect(await service.refresh())
        #expect(measured == 2)
        let second = try await offer()
        #expect(second.offerID == first.offerID && second.revision == 2)
    }

    @Test("another life of the agent uses it again, without a measurement")
    func nextLife() async throws {
        #expect(await service().refresh())
        let first = try await offer()
        try await stage.restart()
        #expect(await stage.core.offer == nil)
        #expect(await service().refresh())
        #expect(measured == 1)
        #expect(try await offer() == first)
    }

    @Test("a machine that is another one, or a device that is gone, makes another offer", arguments: 0..<3)
    func changes(what: Int) async throws {
        let service = await service()
        #expect(await service.refresh())
        switch what {
        case 0: measurer.machine.withLock { $0.inventory.memory = Inventory.Memory(totalBytes: 8 << 30) }
        case 1: measurer.machine.withLock { $0.inventory.topology?.allowedPUs = PUSet([0, 1]) }
        default: stage.driver.have()
        }
        #expect(await service.refresh())
        #expect(measured == 2)
        let offer = try await offer()
        #expect(offer.revision == 2)
        switch what {
        case 0: #expect(offer.capacity.memoryBytes == 8 << 30)
        case 1: #expect(offer.capacity.cores == 2)
        default:
            #expect(offer.capacity.gpus == 0)
            #expect(await stage.problems.contains { $0.contains("vendor.example/gpu=0") })
        }
    }

    @Test("another policy makes another offer")
    func policy() async throws {
        #expect(await service().refresh())
        var context = await stage.core.context
        var settings = context.settings
        settings.offer.rates.coreHour = 7_201
        context = KeeperContext(
            identity: context.identity, settings: settings, store: context.store, ledger: context.ledger,
            driver: context.driver, problems: context.problems, logger: context.logger, room: context.room,
            clock: context.clock)
        let changed = OfferService(context: context, core: stage.core, measurer: measurer)
        #expect(await changed.refresh())
        #expect(try await offer().rates.coreHour == 7_201)
        #expect(measured == 2)
    }

    @Test("one that its owner withdrew is not sold any more, nor made again; the problem says what to do")
    func withdrawn() async throws {
        let service = await service()
        #expect(await service.refresh())
        await stage.post()
        let digest = try #require(await stage.core.offer).digest
        try await stage.bench.ledger.ledger.post(
            .withdrawal(stage.world.withdrawal(digest, by: stage.world.owner)))
        for _ in 0..<2 { #expect(await service.refresh()) }
        #expect(await stage.core.offer == nil)
        #expect(measured == 1)
        #expect(await stage.problems.contains { $0.contains("was withdrawn") })
        await #expect(throws: AgentError.self) { try await stage.propose() }
    }

    @Test("a silent ledger takes no offer back")
    func silent() async throws {
        let service = await service()
        #expect(await service.refresh())
        stage.ledger.isSilent.withLock { $0 = true }
        #expect(await service.refresh())
        #expect(await stage.core.offer != nil)
        #expect(await stage.problems.isEmpty)
    }

    @Test("a machine that cannot be looked at, a grant that is over, a store that fails: said, and tried again")
    func failures() async throws {
        let service = await service()
        measurer.machine.withLock { $0.failure = .sandbox("the probe crashed", remedy: "none") }
        #expect(await !service.refresh())
        #expect(await stage.problems.contains { $0.contains("the probe crashed") })
        #expect(try await stage.core.status().offer == nil)
        measurer.machine.withLock { $0.failure = nil }
        try stage.breakStore("outbox")
        #expect(await !service.refresh())
        #expect(await stage.core.offer == nil)
        try stage.mendStore("outbox")
        #expect(await service.refresh())
        #expect(await stage.problems.isEmpty)
        stage.clock.advance(86_400)
        #expect(await !service.refresh())
        #expect(await stage.problems.contains { $0.contains("grant") })
    }

    @Test("a crash between revision and offer skips a number and repeats none")
    func revisions() async throws {
        try stage.store.set("offer.revision", "41")
        #expect(await service().refresh())
        #expect(try await offer().revision == 42)
    }

    @Test("what the network gives each lease is a claim of the offer")
    func network() async throws {
        let pool = try #require(IPv4Network("10.99.0.0/24"))
        let stage = try await Stage(settings: {
            $0.network = NetworkPolicy(pool: pool, bytesPerSecond: 1_000_000, connectionsMax: 100)
        })
        let service = OfferService(context: await stage.core.context, core: stage.core, measurer: measurer)
        #expect(await service.refresh())
        let facts = try #require(await stage.core.offer).signed.document.facts
        let egress = try #require(facts.first { $0.name == Fact.egressName })
        #expect(egress.value == 1_000_000 && egress.level == .claimed)
        #expect(await service.refresh())
        #expect(measured == 1)
    }

    @Test("the next look comes before half of a short offer's life is over")
    func loop() async throws {
        let stage = try await Stage(settings: { $0.offer.validSeconds = 40 })
        let clock = stage.clock
        let pauses = Mutex<[Duration]>([])
        let task = Mutex<Task<Void, any Error>?>(nil)
        let base = await stage.core.context
        let context = KeeperContext(
            identity: base.identity, settings: base.settings, store: base.store, ledger: base.ledger,
            driver: base.driver, problems: base.problems, logger: base.logger, room: base.room,
            clock: AgentClock(
                wall: { clock.wall }, boot: { clock.boot },
                pause: { duration in
                    clock.advance(nanoseconds: duration.wholeNanoseconds)
                    if pauses.withLock({
                        $0.append(duration); return $0.count
                    }) >= 100 {
                        task.withLock { $0 }?.cancel()
                    }
                    await Task.yield()
                }))
        let service = OfferService(context: context, core: stage.core, measurer: measurer)
        let running = Task { try await service.run() }
        task.withLock { $0 = running }
        _ = await running.result
        #expect(pauses.withLock { $0 }.allSatisfy { $0 == AgentLimits.glanceInterval })
        #expect((4...6).contains(measured), "every twenty of a hundred seconds: \(measured)")
    }
}
