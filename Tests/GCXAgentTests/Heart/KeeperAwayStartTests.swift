import GCXLedger
import GCXModel
import GCXSigning
import GCXWire
import GRDB
import Support
import Synchronization
import Testing

@testable import GCXAgent

@Suite("An agent that comes back while its ledger is away", .timeLimit(.minutes(1)))
struct KeeperAwayStartTests {
    let stage: Stage

    init() async throws { stage = try await Stage() }

    private func silence(_ isSilent: Bool) { stage.ledger.isSilent.withLock { $0 = isSilent } }

    /// What a lease came to whose ledger went away in mid-job.
    private struct Bill: Equatable {
        let usage: Usage?
        let amount: Amount?
        let vouched: Amount
        let paid: Amount
    }

    /// A job of forty seconds, whose ledger is away from the tenth on until it is over.
    private static func bill(restarting: Bool) async throws -> Bill {
        let stage = try await Stage()
        let lease = try await stage.running(.exits(after: 40))
        try await stage.passPaid(10, lease)
        stage.ledger.isSilent.withLock { $0 = true }
        if restarting { try await stage.restart() }
        try await stage.passPaid(20, lease)
        #expect(try stage.phase(lease) == .running)
        if restarting { try await stage.restart() }
        try await stage.passPaid(15, lease)
        #expect(try stage.phase(lease) == .settling && stage.queued(lease).contains(.claim))
        stage.ledger.isSilent.withLock { $0 = false }
        try await stage.close(lease)
        try stage.checkReceipts(lease)
        let last = try stage.receipts(lease).last
        return Bill(
            usage: last?.usage, amount: last?.amount, vouched: try stage.vouched(lease),
            paid: try await stage.settled(lease))
    }

    @Test("meters, is vouched for and is paid as one that loses it after its start")
    func same() async throws {
        let (back, there) = (try await Self.bill(restarting: true), try await Self.bill(restarting: false))
        #expect(back == there)
        #expect(back.usage?.coreNanoseconds == 40_000_000_000 && back.paid == back.amount)
    }

    @Test("holds the limit of credit, and ends what nobody vouches for after the grace")
    func credit() async throws {
        let lease = try await stage.running()
        try await stage.passPaid(10, lease)
        silence(true)
        try await stage.restart()
        try await stage.pass(36, lease)
        #expect(try stage.phase(lease) == .paused)
        try await stage.vouch(lease)
        #expect(try stage.phase(lease) == .running)
        try await stage.pass(36, lease)
        #expect(try stage.phase(lease) == .paused)
        try await stage.pass(35, lease)
        #expect(try stage.exit(lease) == .budget)
    }

    @Test("knows what was put on top of the deposit")
    func topUp() async throws {
        let lease = try await stage.running { $0.deposit = 80 }
        try await stage.passPaid(10, lease)
        try await stage.bench.ledger.ledger.post(.topUp(stage.world.topUp(lease, to: 500)))
        try await stage.passPaid(2, lease)
        silence(true)
        try await stage.restart()
        try await stage.passPaid(40, lease)
        #expect(try stage.phase(lease) == .running && stage.vouched(lease) > 80)
    }

    @Test("takes no voucher that its ledger would not pay by now, and the same one when it would")
    func cap() async throws {
        let lease = try await stage.running { $0.burst = 130 }
        try await stage.pass(6, lease)
        silence(true)
        try await stage.restart()
        let voucher = try stage.bench.voucher(lease, 450, in: stage.store)
        await #expect(throws: AgentError.self) { try await stage.core.accept(voucher) }
        stage.clock.advance(30)
        _ = try await stage.core.accept(try stage.bench.voucher(lease, 460, in: stage.store))
    }

    @Test("after a restart of the machine too, what was metered can be paid, and nothing beyond it")
    func reboot() async throws {
        let lease = try await stage.running { $0.burst = 130 }
        try await stage.pass(6, lease)
        silence(true)
        try await stage.pass(20, lease)
        stage.driver.restart()
        try await stage.restart()
        try await stage.pass(1, lease)
        #expect(try stage.hostFailure(lease).contains("the machine was restarted"))
        let excess = try stage.bench.voucher(lease, 450, in: stage.store)
        await #expect(throws: AgentError.self) { try await stage.core.accept(excess) }
        _ = try await stage.core.accept(try stage.bench.voucher(lease, 350, in: stage.store))
    }

    @Test("begins no job that is new, and goes on with one that was being started")
    func starts() async throws {
        let (lease, other) = (try await stage.open(), try await stage.open())
        silence(true)
        try stage.store.update(lease) { row in
            row.begin(Stage.request)
            row.phase = .starting
        }
        try await stage.restart()
        #expect(try stage.phase(lease) == .running)
        await #expect(throws: AgentError.self) { try await stage.run(other) }
        #expect(try stage.phase(other) == .open)
    }

    @Test("is steered and read as ever: stop, hold, log, output, report, and a session of the buyer's")
    func calls() async throws {
        let lease = try await stage.running()
        silence(true)
        try await stage.restart()
        let (core, buyer) = (stage.core, Caller.buyer(stage))
        #expect(try await core.jobs(by: buyer).map(\.lease) == [lease])
        #expect(try await core.hold(lease, by: buyer).phase == .held)
        #expect(try await core.release(lease, by: buyer).phase == .running)
        #expect(try await core.report(lease, by: buyer).status.lease == lease)
        _ = try await core.log(lease, LogQuery(), by: buyer)
        #expect(try await core.cancel(lease, by: buyer).phase == .ending)
        try await stage.pass(2, lease)
        #expect(try stage.exit(lease) == .cancelled(by: .buyer))
    }

    @Test("what the ledger says is written down when it is news, and not at every look")
    func news() async throws {
        let lease = try await stage.running()
        try await stage.passPaid(5, lease)
        try stage.breakStore("sight")
        try await stage.pass(60, lease)
        #expect(await stage.problems.allSatisfy { !$0.contains("sight") })
        try await stage.bench.ledger.ledger.post(.topUp(stage.world.topUp(lease, to: 20_000)))
        try await stage.pass(1, lease)
        #expect(await stage.problems.contains { $0.contains("sight") })
        try stage.mendStore("sight")
        try await stage.pass(1, lease)
        #expect(try stage.store.sight(lease)?.record.deposit == 20_000)
        #expect(await stage.problems.isEmpty)
    }

    @Test("a database of a time before goes on, and learns from the ledger what it did not know")
    func older() async throws {
        let lease = try await stage.running()
        try stage.store.write {
            try $0.execute(
                sql:
                    "DROP TABLE sight; DELETE FROM grdb_migrations WHERE identifier LIKE 'v8%'; PRAGMA user_version = 7"
            )
        }
        let store = try stage.bench.store()
        #expect(try store.sight(lease) == nil)
        try await stage.restart()
        try await stage.passPaid(6, lease)
        #expect(try store.sight(lease)?.record.id == lease)
    }

    @Test("one whose record of the ledger's word is damaged keeps its lease, and asks again")
    func damaged() async throws {
        let lease = try await stage.running()
        try stage.store.write { try $0.execute(sql: "UPDATE sight SET document = '{'") }
        try await stage.restart()
        try await stage.passPaid(6, lease)
        #expect(try stage.phase(lease) == .running && stage.vouched(lease) > 0)
    }
}

@Suite("Another ledger in the place of the agent's own", .timeLimit(.minutes(1)))
struct KeeperForeignLedgerTests {
    let stage: Stage

    init() async throws { stage = try await Stage() }

    private func replace(_ isReplaced: Bool) {
        stage.ledger.domain.withLock { $0 = isReplaced ? .embedded(operator: .random()) : nil }
    }

    @Test("gets nothing of what waits for the own one, which takes it when it is back")
    func outbox() async throws {
        let lease = try await stage.running(.exits(after: 12))
        try await stage.passPaid(6, lease)
        replace(true)
        try await stage.passPaid(10, lease)
        #expect(try stage.phase(lease) == .settling)
        let waiting = try stage.queued(lease)
        #expect(await !stage.post() && waiting.contains(.claim))
        #expect(try stage.queued(lease) == waiting)
        #expect(await stage.problems.contains { $0.contains("another ledger answers") })
        replace(false)
        try await stage.close(lease)
        #expect(try stage.phase(lease) == .closed)
        #expect(try await stage.settled(lease) == stage.receipts(lease).last?.amount)
    }

    @Test("lets no proposal lapse, for it knows of none")
    func proposal() async throws {
        let lease = try await stage.propose().lease(in: stage.world.domain)
        replace(true)
        stage.clock.advance(AgentLimits.proposalSeconds + 1)
        try await stage.tick(lease)
        #expect(try stage.phase(lease) == .proposed)
    }
}

@Suite("What an agent knows before it asks its ledger")
struct AgentStateTests {
    let bench: AgentBench

    init() throws { bench = try AgentBench() }

    private func identity(_ state: AgentState, _ grant: Signed<MachineGrant>? = nil) throws -> AgentIdentity? {
        try state.identity(machine: bench.identity.machine, grant: grant ?? bench.identity.grant)
    }

    @Test("who it is on the ledger that it served last; not before the first, and not with a grant for another")
    func known() throws {
        let state = try AgentState(bench.settings)
        #expect(try identity(state) == nil)
        try state.remember(bench.world.domain)
        #expect(try identity(state)?.domain == bench.world.domain)
        let other = EIP712Domain.embedded(operator: .random())
        let grant = bench.identity.grant.document
        #expect(try identity(state, Signed(grant, by: bench.world.owner, in: other)) == nil)
        try state.remember(other)
        #expect(try identity(state) == nil)
        #expect(try identity(state, Signed(grant, by: bench.world.owner, in: other))?.domain == other)
    }

    @Test("one of a damaged record is asked for again")
    func damaged() throws {
        let state = try AgentState(bench.settings)
        try state.remember(bench.world.domain)
        try state.store.set("ledger.domain", "{")
        #expect(try identity(state) == nil)
    }

    @Test("what the money is called is known of the ledger that said it, and of no other")
    func currency() throws {
        let state = try AgentState(bench.settings)
        let domain = bench.world.domain
        #expect(try state.currency(of: domain) == nil)
        try state.remember(.test, of: domain)
        try state.remember(.test, of: domain)
        #expect(try state.currency(of: domain) == .test)
        #expect(try state.currency(of: .embedded(operator: .random())) == nil)
        try state.store.set("ledger.currency", "{")
        #expect(try state.currency(of: domain) == nil)
    }

    @Test("it is another agent's while that one waits for its ledger")
    func alone() throws {
        let first = try AgentState(bench.settings)
        let error = #expect(throws: AgentError.self) { _ = try AgentState(bench.settings) }
        guard case .stateUnusable = error else { return #expect(Bool(false), "\(String(describing: error))") }
        withExtendedLifetime(first) {}
    }
}
