import GCXLedger
import GCXModel
import GCXSigning
import GCXWire
import Support
import Synchronization
import Testing

@testable import GCXAgent

/// A voucher counts when the ledger would pay it at that moment, and not by the agent's own reckoning.
@Suite("Vouchers that the ledger pays")
struct VoucherTests {
    let bench: AgentBench
    let store: AgentStore
    let silent: SilentLedger

    init() throws {
        bench = try AgentBench()
        store = try bench.store()
        silent = SilentLedger(bench.ledger.ledger)
    }

    private func isTaken(_ lease: LeaseID, _ amount: Amount, by core: AgentCore) async throws -> Bool {
        let signed = try bench.voucher(lease, amount, in: store)
        do throws(AgentError) {
            _ = try await core.accept(signed)
            return true
        } catch .voucherRefused(_, let why) {
            #expect(why.contains("the ledger pays"), "\(why)")
            return false
        } catch {
            throw error
        }
    }

    @Test("time counts from the opening on the ledger, and not from a start that was before")
    func opening() async throws {
        let now = bench.world.clock.now
        // 1,000 at once and 10 a second.
        let lease = try await bench.lease(in: store) { ($0.startsAt, $0.endsAt) = (now - 50, now + 550) }
        let core = try bench.core(store, ledger: silent)
        #expect(try await !isTaken(lease, 1_400, by: core))
        #expect(try await isTaken(lease, 1_000, by: core))
        bench.world.clock.advance(40)
        #expect(try await isTaken(lease, 1_400, by: core))
        #expect(try await !isTaken(lease, 10_001, by: core), "the deposit bounds it too")
    }

    @Test("it stands still where the buyer asked to close, and what counted before stays payable")
    func closing() async throws {
        let lease = try await bench.lease(in: store)
        let core = try bench.core(store, ledger: silent)
        bench.world.clock.advance(20)
        #expect(try await isTaken(lease, 1_100, by: core))
        let request = bench.world.closeRequest(lease, by: bench.world.buyer)
        try await bench.ledger.ledger.post(.closeRequest(request))
        bench.world.clock.advance(8)
        #expect(try await !isTaken(lease, 1_201, by: core))
        #expect(try await isTaken(lease, 1_200, by: core))
        // What the agent counts, the ledger pays.
        try await bench.ledger.ledger.post(.claim(#require(try store.voucher(lease))))
        #expect(try await bench.ledger.ledger.lease(lease).settled == 1_200)
    }

    @Test("one that comes while the window runs is claimed at once, however little it is")
    func closingClaim() async throws {
        let lease = try await bench.lease(in: store)
        let core = try bench.core(store, ledger: silent)
        #expect(try await isTaken(lease, 5, by: core))
        #expect(try store.outbox(of: lease).isEmpty, "a little waits for more")
        try await bench.ledger.ledger.post(.closeRequest(bench.world.closeRequest(lease, by: bench.world.buyer)))
        #expect(try await isTaken(lease, 6, by: core))
        #expect(try store.outbox(of: lease).map(\.entry.kind) == [.claim])
    }

    @Test("while the ledger is silent what it said last counts, and the best sure one is kept beside it")
    func silence() async throws {
        let lease = try await bench.lease(in: store)
        let core = try bench.core(store, ledger: silent)
        #expect(try await isTaken(lease, 500, by: core))
        silent.isSilent.withLock { $0 = true }
        #expect(try await isTaken(lease, 900, by: core))
        #expect(try store.voucher(lease)?.document.cumulative == 900)
        #expect(try store.sureVoucher(lease)?.document.cumulative == 500)
        #expect(try await !isTaken(lease, 5_000, by: core))
    }

    @Test("one that the ledger does not pay is not claimed: the best sure one is")
    func claim() async throws {
        let lease = try await bench.lease(in: store)
        let core = try bench.core(store, ledger: silent)
        #expect(try await isTaken(lease, 500, by: core))
        try store.keep(bench.voucher(lease, 5_000, in: store), isSure: false)
        try store.update(lease) { $0.phase = .settling(nil, since: bench.world.clock.now) }
        let fresh = try bench.core(store, ledger: silent)
        try await fresh.keeper(lease).tick()
        #expect(try claims(lease) == [500])
    }

    private func claims(_ lease: LeaseID) throws -> [Amount] {
        try store.outbox(of: lease).compactMap { item -> Amount? in
            if case .claim(let voucher) = item.entry { voucher.document.cumulative } else { nil }
        }
    }

    @Test("one that the ledger pays in part, because the buyer closes, is claimed when that is more than the sure one")
    func part() async throws {
        for (sure, claimed, paid) in [(Amount(500), Amount(5_000), Amount(1_000)), (1_000, 1_000, 1_000)] {
            let lease = try await bench.lease(in: store)
            let core = try bench.core(store, ledger: silent)
            #expect(try await isTaken(lease, sure, by: core))
            try store.keep(bench.voucher(lease, 5_000, in: store), isSure: false)
            try await bench.ledger.ledger.post(
                .closeRequest(bench.world.closeRequest(lease, by: bench.world.buyer)))
            try store.update(lease) { $0.phase = .settling(nil, since: bench.world.clock.now) }
            try await bench.core(store, ledger: silent).keeper(lease).tick()
            #expect(try claims(lease) == [claimed])
            let claim = try #require(try store.outbox(of: lease).first { $0.entry.kind == .claim })
            let receipt = try await bench.ledger.ledger.post(claim.entry)
            try store.record(claim, .posted, detail: "\(receipt.index)")
            #expect(try await bench.ledger.ledger.lease(lease).settled == paid)
            // It closes now, and what it says it got is what it got.
            let request = bench.world.closeRequest(lease, by: bench.world.machine)
            try await bench.ledger.ledger.post(.closeRequest(request))
            try await bench.core(store, ledger: silent).keeper(lease).tick()
            #expect(try store.lease(lease)?.claimed == paid)
        }
    }
}
