import GCXLedger
import GCXMetering
import GCXModel
import GCXSigning
import GCXWire
import Support
import Synchronization
import Testing

@testable import GCXAgent

@Suite("What a job may owe", .timeLimit(.minutes(1)))
struct KeeperCreditTests {
    let stage: Stage

    init() async throws { stage = try await Stage() }

    @Test("a buyer who pays for nothing: paused at the limit, ended after the grace, closed after five minutes")
    func unpaid() async throws {
        let lease = try await stage.running()
        try await stage.pass(33, lease)
        #expect(try stage.phase(lease) == .running)
        try await stage.pass(1, lease)
        #expect(try stage.phase(lease) == .paused && stage.driver.count(.pause) == 1)
        let last = try #require(try stage.receipts(lease).last)
        #expect(last.amount > 100, "he can only vouch for what a receipt says")
        #expect(try stage.row(lease).note.contains("0 vouched for, and the credit is 100 base units"))
        try await stage.pass(30, lease)
        #expect(try stage.phase(lease) == .paused)
        try await stage.pass(1, lease)
        #expect(try stage.phase(lease) == .ending)
        try await stage.pass(1, lease)
        #expect(try stage.phase(lease) == .settling && stage.exit(lease) == .budget)
        // Frozen, it holds its cores and memory all the same.
        #expect(try stage.receipts(lease).last?.usage.leaseNanoseconds == 65_000_000_000)
        try stage.checkReceipts(lease)
        try await stage.pass(AgentLimits.finalVoucherSeconds - 1, lease)
        #expect(try stage.queued(lease).isEmpty, "its voucher may still come")
        try await stage.pass(1, lease)
        #expect(try stage.queued(lease) == [.closeRequest])
        try await stage.close(lease)
        #expect(try stage.phase(lease) == .closed)
        #expect(try await stage.settled(lease) == 0)
    }

    @Test("a voucher wakes it, and the next limit pauses it again")
    func woken() async throws {
        let lease = try await stage.running()
        try await stage.pass(40, lease)
        #expect(try stage.phase(lease) == .paused)
        try await stage.vouch(lease)
        #expect(try stage.phase(lease) == .running && stage.driver.count(.resume) == 1)
        try await stage.pass(40, lease)
        #expect(try stage.phase(lease) == .paused && stage.driver.count(.pause) == 2)
        #expect(try stage.said(lease).filter { $0 == "resumed" }.count == 1)
    }

    @Test("a buyer who vouches for each receipt never waits, and pays for exactly what was metered")
    func paid() async throws {
        let lease = try await stage.running(.exits(after: 200))
        try await stage.passPaid(201, lease)
        #expect(try stage.exit(lease) == .exited(code: 0) && stage.driver.count(.pause) == 0)
        let receipts = try stage.receipts(lease)
        #expect(receipts.map(\.sequence) == (1...UInt64(receipts.count)).map { $0 })
        // One each five seconds, and the last.
        #expect((40...42).contains(receipts.count), "\(receipts.count)")
        try stage.checkReceipts(lease)
        try await stage.close(lease)
        #expect(try await stage.settled(lease) == receipts.last?.amount)
    }

    @Test("a deposit that is used up pauses before it is reached, and a top-up on the ledger wakes the job")
    func spent() async throws {
        let lease = try await stage.running { $0.deposit = 80 }
        try await stage.passPaid(26, lease)
        #expect(try stage.phase(lease) == .paused)
        #expect(try stage.row(lease).note.contains("the deposit of 80 base units is used up"))
        #expect(try #require(try stage.receipts(lease).last).amount <= 80)
        try await stage.bench.ledger.ledger.post(.topUp(stage.world.topUp(lease, to: 500)))
        try await stage.pass(2, lease)
        #expect(try stage.phase(lease) == .running)
    }

    @Test("held, a job still costs: at the limit it waits for a voucher, which lets it go on")
    func held() async throws {
        let lease = try await stage.running(JobScript { $0.cpuNanoseconds = 0 })
        _ = try await stage.core.hold(lease, by: .buyer(stage))
        try await stage.pass(101, lease)
        #expect(try stage.phase(lease) == .paused)
        #expect(stage.driver.count(.pause) == 1, "it stands still already")
        await #expect(throws: AgentError.self) { try await stage.core.release(lease, by: .owner) }
        try await stage.vouch(lease)
        #expect(try stage.phase(lease) == .running)
    }

    @Test("a claim waits until a tenth of the deposit, or five minutes of full use, is at risk")
    func claims() async throws {
        let lease = try await stage.running { $0.deposit = 2_000 }
        try await stage.passPaid(60, lease)
        #expect(try stage.vouched(lease) < 200 && stage.queued(lease).isEmpty)
        try await stage.passPaid(12, lease)
        #expect(try stage.vouched(lease) >= 200 && stage.queued(lease) == [.claim])
        await stage.post()
        let claimed = try stage.row(lease).claimed
        #expect(try await stage.settled(lease) == claimed && claimed >= 200)
        try await stage.passPaid(30, lease)
        #expect(try stage.queued(lease).isEmpty, "it counts from what was claimed")
    }

    @Test("of a lease that is over without its last voucher, the best one is claimed before it is closed")
    func lastVoucher() async throws {
        let lease = try await stage.running(.exits(after: 12))
        try await stage.passPaid(10, lease)
        let vouched = try stage.vouched(lease)
        try await stage.pass(2, lease)
        #expect(try stage.phase(lease) == .settling && stage.queued(lease) == [.claim])
        try await stage.pass(AgentLimits.finalVoucherSeconds, lease)
        #expect(try stage.queued(lease) == [.claim], "the claim comes first")
        try await stage.close(lease)
        #expect(try stage.phase(lease) == .closed)
        #expect(try await stage.settled(lease) == vouched && vouched > 0)
    }

    @Test("a claim that the ledger refuses for good keeps no lease open")
    func refusedClaim() async throws {
        let lease = try await stage.running(.exits(after: 6))
        try await stage.passPaid(7, lease)
        stage.ledger.refusals.withLock {
            $0[.claim] = .malformed(.claim, field: "voucher", reason: "a test wants it so")
        }
        try await stage.close(lease)
        #expect(try stage.phase(lease) == .closed)
        #expect(try await stage.settled(lease) == 0)
        #expect(try stage.row(lease).claimed == 0)
    }
}

extension Caller {
    /// The buyer of a stage.
    static func buyer(_ stage: Stage) -> Caller { stage.bench.session() }
}

@Suite("Which vouchers count", .timeLimit(.minutes(1)))
struct KeeperVoucherTests {
    let stage: Stage
    let lease: LeaseID

    init() async throws { (stage, lease) = try await Stage.metered() }

    /// Both doors: that of the agent, and that of the lease behind it.
    private func refused(_ voucher: Signed<Voucher>, says words: String) async throws {
        let keeper = try await stage.keeper(lease)
        let doors: [@Sendable () async throws -> Void] = [
            { _ = try await stage.core.accept(voucher) }, { try await keeper.accept(voucher) },
        ]
        for door in doors {
            let error = await #expect(throws: AgentError.self) { try await door() }
            #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        }
        #expect(try stage.vouched(lease) == 0)
        #expect(await keeper.vouched == 0)
    }

    @Test("one of another key, the payer's too, does not")
    func key() async throws {
        for key in [stage.world.buyer, stage.world.stranger, stage.world.machine] {
            try await refused(stage.voucher(lease, by: key), says: "was refused")
        }
    }

    @Test("one for another ledger does not")
    func domain() async throws {
        let document = try stage.voucher(lease).document
        let elsewhere = Signed(
            document, by: stage.world.session, in: .embedded(operator: stage.world.stranger.address))
        try await refused(elsewhere, says: "was refused")
    }

    @Test("one that answers no receipt of this lease does not")
    func receipt() async throws {
        try await refused(stage.voucher(lease) { $0.receipt = .random() }, says: "answers no receipt of this lease")
    }

    @Test("one that answers a receipt of another lease of the buyer does not")
    func otherReceipt() async throws {
        let other = try await stage.running()
        try await stage.pass(6, other)
        let theirs = try stage.voucher(other).document.receipt
        try await refused(stage.voucher(lease) { $0.receipt = theirs }, says: "answers no receipt of this lease")
    }

    @Test("one for less or more than its receipt says does not")
    func amount() async throws {
        for amount in [Amount(0), 1, 10_000] {
            try await refused(stage.voucher(lease) { $0.cumulative = amount }, says: "and its receipt says")
        }
    }

    @Test("one beyond what the ledger pays does not")
    func payable() async throws {
        let written = try stage.bench.voucher(lease, 5_000, in: stage.store)
        let error = await #expect(throws: AgentError.self) { try await stage.core.accept(written) }
        #expect(error?.description.contains("the ledger pays") == true)
        #expect(try stage.vouched(lease) == 0)
    }

    @Test("one for a lease that the ledger has never shown does not, while the ledger is silent")
    func unseen() async throws {
        try stage.forgetSights()
        try await stage.restart()
        stage.ledger.isSilent.withLock { $0 = true }
        let voucher = try stage.voucher(lease)
        let error = await #expect(throws: AgentError.self) { try await stage.core.accept(voucher) }
        #expect(error?.description.contains("the ledger has not shown the lease yet") == true)
        #expect(try stage.vouched(lease) == 0)
    }

    @Test("one for no lease here, or for one that is closed, does not; a stranger learns not even that it is closed")
    func closed() async throws {
        let unknown = LeaseID.random()
        let voucher = try stage.voucher(lease) { $0.channel = unknown }
        await #expect(throws: AgentError.unknownLease(unknown)) { try await stage.core.accept(voucher) }
        try stage.store.update(lease) { $0.phase = .closed(nil) }
        let late = try stage.voucher(lease)
        await #expect(throws: AgentError.wrongPhase(lease, phase: "closed", wanted: "running or settling")) {
            try await stage.core.accept(late)
        }
        let foreign = try stage.voucher(lease, by: stage.world.stranger)
        let error = await #expect(throws: AgentError.self) { try await stage.core.accept(foreign) }
        guard case .voucherRefused = error else { return #expect(Bool(false), "\(String(describing: error))") }
    }

    @Test("the same again, or an older one, changes nothing")
    func again() async throws {
        let old = try stage.voucher(lease)
        try await stage.pass(6, lease)
        let new = try stage.voucher(lease)
        for voucher in [new, new, old] { _ = try await stage.core.accept(voucher) }
        #expect(try stage.vouched(lease) == new.document.cumulative)
        let events = try stage.store.events(of: lease, after: 0, most: 100).filter { $0.kind == .voucher }
        #expect(events.count == 1)
    }

    @Test("one that cannot be written down does not count, and can be sent again")
    func store() async throws {
        let voucher = try stage.voucher(lease)
        try stage.breakStore("voucher")
        await #expect(throws: AgentError.self) { try await stage.core.accept(voucher) }
        #expect(await (try stage.keeper(lease)).vouched == 0)
        try stage.mendStore("voucher")
        _ = try await stage.core.accept(voucher)
        #expect(await (try stage.keeper(lease)).vouched == voucher.document.cumulative)
        try await stage.restart()
        #expect(await (try stage.keeper(lease)).vouched == voucher.document.cumulative)
    }
}
