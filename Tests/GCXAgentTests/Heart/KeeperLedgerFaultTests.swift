import GCXLedger
import GCXModel
import GCXSigning
import GCXWire
import Support
import Synchronization
import Testing

@testable import GCXAgent

@Suite("When the ledger fails a lease", .timeLimit(.minutes(1)))
struct KeeperLedgerFaultTests {
    let stage: Stage

    init() async throws { stage = try await Stage() }

    private func silence(_ isSilent: Bool) { stage.ledger.isSilent.withLock { $0 = isSilent } }

    @Test("no job begins while it does not answer, and the lease stays open for it")
    func submit() async throws {
        let lease = try await stage.open()
        silence(true)
        let error = await #expect(throws: AgentError.self) { try await stage.run(lease) }
        guard case .ledger = error else { return #expect(Bool(false), "\(String(describing: error))") }
        #expect(try stage.phase(lease) == .open && stage.driver.count(.start) == 0)
    }

    @Test("its silence ends no job: what it said last counts, and it is said meanwhile")
    func running() async throws {
        let lease = try await stage.running()
        try await stage.passPaid(10, lease)
        silence(true)
        try await stage.passPaid(60, lease)
        #expect(try stage.phase(lease) == .running)
        #expect(await stage.problems.contains { $0.contains("ledger") })
        #expect(try stage.vouched(lease) > 150)
        silence(false)
        try await stage.pass(1, lease)
        #expect(await stage.problems.isEmpty)
    }

    @Test("a lease that ends meanwhile is claimed and closed when it is back")
    func settling() async throws {
        let lease = try await stage.running(.exits(after: 12))
        try await stage.passPaid(6, lease)
        silence(true)
        try await stage.passPaid(10, lease)
        #expect(try stage.phase(lease) == .settling && stage.queued(lease).contains(.claim))
        #expect(await !stage.post())
        silence(false)
        try await stage.close(lease)
        #expect(try stage.phase(lease) == .closed)
        #expect(try await stage.settled(lease) == stage.receipts(lease).last?.amount)
    }

    @Test("an answer that comes late keeps the order: what was asked meanwhile is done after it")
    func late() async throws {
        let lease = try await stage.open()
        let core = stage.core
        let second = Task { [stage] in
            try? await Task.sleep(for: .milliseconds(5))
            return try? await core.cancel(lease, by: .buyer(stage))
        }
        stage.ledger.delay.withLock { $0 = { try? await Task.sleep(for: .milliseconds(30)) } }
        _ = try? await core.submit(Stage.request, lease: lease, by: .owner)
        _ = await second.value
        stage.ledger.delay.withLock { $0 = nil }
        await (try stage.keeper(lease)).launchEnded()
        try await stage.pass(2, lease)
        #expect(try stage.phase(lease) == .settling)
        #expect(try stage.driver.names().allSatisfy { !stage.driver.runs($0) })
    }

    @Test("what the owner gets for a lease that was opened and closed before anybody looked is in his book")
    func unseen() async throws {
        let stage = try await Stage(offer: {
            $0.conduct = OfferConduct(endpoints: [], signSeconds: 0, idleSeconds: 300, reservationPercent: 50)
        })
        let signed = try await stage.propose()
        let lease = signed.lease(in: stage.world.domain)
        let (ledger, world) = (stage.bench.ledger.ledger, stage.world)
        try await ledger.post(.leaseOpened(signed))
        stage.ledger.isSilent.withLock { $0 = true }
        try await stage.pass(20, lease)
        try await ledger.post(.closeRequest(world.closeRequest(lease, by: world.owner)))
        stage.ledger.isSilent.withLock { $0 = false }
        try await stage.tick(lease)
        #expect(try stage.phase(lease) == .closed)
        let paid = try await stage.settled(lease)
        #expect(try stage.row(lease).claimed == paid && paid > 0)
        #expect(try stage.row(lease).note.contains("paid the reservation"))
    }
}
