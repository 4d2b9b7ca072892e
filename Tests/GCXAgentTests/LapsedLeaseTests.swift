import GCXLedger
import GCXModel
import Support
import Synchronization
import Testing

@testable import GCXAgent

/// What a buyer opens on the ledger when the agent has given up waiting.
@Suite("Leases opened after they lapsed")
struct LapsedLeaseTests {
    let bench: AgentBench
    let store: AgentStore
    let core: AgentCore
    let silent: SilentLedger

    init() throws {
        bench = try AgentBench()
        store = try bench.store()
        silent = SilentLedger(bench.ledger.ledger)
        core = try bench.core(store, ledger: silent)
    }

    /// A lease that is open on the ledger, and stands here like that.
    private func lease(_ phase: LeasePhase) async throws -> LeaseID {
        let id = try await bench.lease(in: store)
        try store.update(id) { $0.phase = phase }
        return id
    }

    private func isClosing(_ id: LeaseID) throws -> Bool {
        try store.outbox(of: id).contains { $0.entry.kind == .closeRequest }
    }

    @Test("are closed at once, and no other is")
    func lapsed() async throws {
        let (lapsed, open) = (try await lease(.closed(nil)), try await lease(.open))
        await core.closeLapsed()
        #expect(try isClosing(lapsed))
        #expect(try !isClosing(open))
        guard case .closeRequest(let request) = try store.outbox(of: lapsed).first?.entry else { return }
        try await bench.ledger.ledger.post(.closeRequest(request))
        #expect(try await bench.ledger.ledger.lease(lapsed).escrow.isClosed)
    }

    @Test("are waited for while they may still be served, and are looked at once")
    func waiting() async throws {
        let (early, late) = (try await lease(.proposed(since: 0)), try await lease(.closed(nil)))
        await core.closeLapsed()
        #expect(try !isClosing(early) && !isClosing(late))
        try store.update(early) { $0.phase = .closed(nil) }
        await core.closeLapsed()
        #expect(try isClosing(early) && isClosing(late))
        bench.world.clock.advance(1)
        await core.closeLapsed()
        #expect(try store.outbox(of: late).count == 1)
    }

    @Test("are found when the ledger is back")
    func silence() async throws {
        let lapsed = try await lease(.closed(nil))
        silent.isSilent.withLock { $0 = true }
        await core.closeLapsed()
        #expect(try !isClosing(lapsed))
        silent.isSilent.withLock { $0 = false }
        await core.closeLapsed()
        #expect(try isClosing(lapsed))
    }
}
