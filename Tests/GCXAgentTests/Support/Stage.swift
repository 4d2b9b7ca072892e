import GCXLedger
import GCXLinux
import GCXMetering
import GCXModel
import GCXSandbox
import GCXSigning
import GCXWire
import GRDB
import Logging
import Support
import Synchronization
import Testing

@testable import GCXAgent

/// An agent whose jobs are scripted and whose clocks are the test's, beside a real ledger: each of its steps is taken by hand,
/// and takes no time.
///
/// Its leases are of two cores, 2 GiB, ten minutes, 10,000 in escrow, a credit of 100, a grace of 30 s and a receipt each 5 s;
/// a job that keeps one core busy costs a little more than 3 a second.
final class Stage: Sendable {
    let bench: AgentBench
    let store: AgentStore
    let ledger: SilentLedger
    let market: LedgerBench.Market
    private let life: Mutex<AgentCore>

    var driver: ScriptedDriver { bench.driver }
    var world: TestWorld { bench.world }
    var clock: TestClock { bench.world.clock }
    var core: AgentCore { life.withLock { $0 } }

    init(
        offer: (inout Offer) -> Void = { _ in }, settings edit: (inout AgentSettings) -> Void = { _ in }
    ) async throws {
        bench = try AgentBench {
            $0.images.policy.allow = [ImageRule("registry.example")].compactMap(\.self)
            edit(&$0)
        }
        store = try bench.store()
        // What a power cut takes is no matter of these tests.
        try await store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = OFF") }
        ledger = SilentLedger(bench.ledger.ledger)
        market = try await bench.ledger.openMarket(offer: offer)
        let core = try bench.core(store, ledger: ledger)
        life = Mutex(core)
        await core.use(try await bench.ledger.ledger.offer(market.offer).signed, digest: market.offer)
    }

    static var request: JobRequest { request() }

    static func request(_ edit: (inout JobRequest) -> Void = { _ in }) -> JobRequest {
        let digest = String(repeating: "ab", count: 32)
        var request = JobRequest(
            command: ["/bin/work"], imageFormat: .registry,
            imageReference: Untrusted("docker://registry.example/work@sha256:\(digest)"))
        edit(&request)
        return request
    }

    func keeper(_ lease: LeaseID) async throws -> LeaseKeeper { try await core.keeper(lease) }

    func job(_ lease: LeaseID) -> JobName { JobName(of: lease) }
    func directory(_ lease: LeaseID) -> JobDirectory { bench.settings.directory(of: lease) }

    func terms(_ edit: (inout LeaseTerms) -> Void = { _ in }) -> LeaseTerms {
        world.terms(offer: market.offer, demand: market.demand, edit)
    }

    /// The machine signs, on a demand of its own.
    func propose(_ edit: (inout LeaseTerms) -> Void = { _ in }) async throws -> CountersignedTerms {
        var terms = terms(edit)
        let demand = world.demand { $0.resources = terms.resources }
        try await bench.ledger.ledger.post(.demand(demand))
        terms.demand = demand.digest(in: world.domain)
        let signature = world.buyer.sign(terms.digest(in: world.domain))
        return try await core.propose(LeaseProposal(terms: terms, payerSignature: signature))
    }

    /// The buyer opens the escrow, and the agent sees it.
    func open(_ edit: (inout LeaseTerms) -> Void = { _ in }) async throws -> LeaseID {
        let signed = try await propose(edit)
        try await bench.ledger.ledger.post(.leaseOpened(signed))
        let lease = signed.lease(in: world.domain)
        try await tick(lease)
        try #require(try phase(lease) == .open)
        return lease
    }

    /// A job is begun, and its start has come to its end.
    func run(_ lease: LeaseID, _ script: JobScript = .runs, _ edit: (inout JobRequest) -> Void = { _ in }) async throws
    {
        driver.next(script)
        _ = try await core.submit(Self.request(edit), lease: lease, by: .owner)
        try await keeper(lease).launchEnded()
    }

    /// A lease with a job that runs.
    func running(
        _ script: JobScript = .runs, _ edit: (inout LeaseTerms) -> Void = { _ in }
    ) async throws -> LeaseID {
        let lease = try await open(edit)
        try await run(lease, script)
        try #require(try phase(lease) == .running)
        return lease
    }

    /// A stage, and a lease on it whose job runs and has its first receipt.
    static func metered() async throws -> (stage: Stage, lease: LeaseID) {
        let stage = try await Stage()
        let lease = try await stage.running()
        try await stage.pass(6, lease)
        return (stage, lease)
    }

    func tick(_ lease: LeaseID) async throws { await (try keeper(lease)).tick() }

    /// Time passes second by second, and each second the agent looks at its lease and at the ledger.
    func pass(_ seconds: UInt64, _ lease: LeaseID) async throws {
        for _ in 0..<seconds {
            clock.advance(1)
            try await tick(lease)
            await (try keeper(lease)).follow()
        }
    }

    /// The same with a buyer who vouches for each receipt.
    func passPaid(_ seconds: UInt64, _ lease: LeaseID) async throws {
        for _ in 0..<seconds {
            try await pass(1, lease)
            if try (store.lastReceipt(lease)?.document.amount ?? 0) > vouched(lease) { try await vouch(lease) }
        }
    }

    func row(_ lease: LeaseID) throws -> LeaseRow { try #require(try store.lease(lease)) }
    func phase(_ lease: LeaseID) throws -> LeasePhaseName { try row(lease).phase.name }
    func exit(_ lease: LeaseID) throws -> ExitReason? { try row(lease).exit }

    /// What is said of the host that failed the job; the job ended for no other reason.
    func hostFailure(_ lease: LeaseID) throws -> String {
        guard case .hostFailure(let why) = try exit(lease) else {
            throw ConformanceFailure("no host failure: \(try row(lease).phase)")
        }
        return why.shown
    }

    func receipts(_ lease: LeaseID) throws -> [Receipt] {
        try store.receipts(lease, after: 0, most: 1_000).map(\.document)
    }

    /// What the receipts say, in order.
    func said(_ lease: LeaseID) throws -> [String] { try receipts(lease).flatMap(\.events).map(\.shown) }

    func vouched(_ lease: LeaseID) throws -> Amount { try store.voucher(lease)?.document.cumulative ?? .zero }

    /// A voucher for a lease's last receipt.
    func voucher(_ lease: LeaseID, by key: PrivateKey? = nil, _ edit: (inout Voucher) -> Void = { _ in }) throws
        -> Signed<Voucher>
    {
        let receipt = try #require(try store.lastReceipt(lease))
        var voucher = Voucher(
            channel: lease, cumulative: receipt.document.amount, receipt: receipt.digest(in: world.domain))
        edit(&voucher)
        return world.sign(voucher, by: key ?? world.session)
    }

    func vouch(_ lease: LeaseID) async throws { _ = try await core.accept(try voucher(lease)) }

    func queued(_ lease: LeaseID) throws -> [EntryKind] {
        try store.outbox(of: lease).filter { $0.state == .queued }.map(\.entry.kind)
    }

    /// What the agent wants on the ledger goes there, as its outbox sends it; false when something stays.
    @discardableResult
    func post() async -> Bool {
        let problems = Problems()
        let outbox = OutboxService(
            store: store, ledger: ledger, domain: world.domain, problems: problems,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, pause: { _ in }, posted: {})
        return await outbox.pass()
    }

    /// Posts and looks until the lease is closed, a few times at the most.
    func close(_ lease: LeaseID) async throws {
        for _ in 0..<6 where try phase(lease) != .closed {
            await post()
            try await tick(lease)
        }
    }

    /// What the ledger has paid for a lease.
    func settled(_ lease: LeaseID) async throws -> Amount { try await bench.ledger.ledger.lease(lease).settled }

    /// The agent ends, and another life of it begins with what is in the store and on the machine.
    func restart() async throws {
        let core = try bench.core(store, ledger: ledger)
        life.withLock { $0 = core }
        for keeper in await core.allKeepers() {
            await keeper.resume()
            await keeper.launchEnded()
        }
    }

    var problems: [String] { get async { await core.context.problems.lines } }

    /// Every write of this kind fails from now on, as on a full disk.
    func breakStore(_ table: String, _ verb: String = "INSERT") throws {
        try store.write {
            try $0.execute(
                sql: "CREATE TRIGGER broken_\(table)_\(verb) BEFORE \(verb) ON \(table) "
                    + "BEGIN SELECT RAISE(ABORT, 'disk full'); END")
        }
    }

    /// As if the ledger had never shown any lease.
    func forgetSights() throws { try store.write { try $0.execute(sql: "DELETE FROM sight") } }

    func mendStore(_ table: String, _ verb: String = "INSERT") throws {
        try store.write { try $0.execute(sql: "DROP TRIGGER broken_\(table)_\(verb)") }
    }

    /// Holds a lease's receipts together as its buyer does.
    func checkReceipts(_ lease: LeaseID, elapsed seconds: UInt64 = 600) throws {
        let row = try row(lease)
        let check = ReceiptCheck(lease: lease, terms: row.terms, deposit: row.terms.deposit)
        let signed = try store.receipts(lease, after: 0, most: 1_000)
        for (index, receipt) in signed.enumerated() {
            try receipt.verify(signer: world.machine.address, in: world.domain)
            let last = index == 0 ? nil : signed[index - 1]
            try check.check(
                receipt.document, after: last.map { ($0.document, $0.digest(in: world.domain)) },
                elapsedNanoseconds: seconds * 1_000_000_000)
        }
    }
}
