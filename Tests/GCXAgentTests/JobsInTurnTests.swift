import GCXLedger
import GCXLinux
import GCXMetering
import GCXModel
import GCXSandbox
import GCXSigning
import GCXWire
import GRDB
import Support
import Synchronization
import Testing

@testable import GCXAgent

@Suite("Jobs that follow one another in a lease", .timeLimit(.minutes(1)))
struct JobsInTurnTests {
    let bench: AgentBench
    let store: AgentStore

    init() throws {
        bench = try AgentBench()
        store = try bench.store()
    }

    private static let typo = done(127, cpuSeconds: 5)
    private static let work = done(cpuSeconds: 10)

    /// A job that is over as soon as it has started.
    private static func done(_ code: Int32 = 0, cpuSeconds: UInt64) -> JobScript {
        .exits(code, after: 0) { ($0.beforehand, $0.cpuNanoseconds) = (cpuSeconds * 1_000_000_000, 0) }
    }

    /// A life of the agent in which the next jobs are these.
    private func life(_ scripts: JobScript...) throws -> AgentCore {
        for script in scripts { bench.driver.next(script) }
        return try bench.core(store)
    }

    /// Uploads an image and submits a job.
    private func submit(_ lease: LeaseID, to core: AgentCore, keeps: Bool? = nil) async throws {
        try await bench.upload(.image, try bench.archive(of: "an image"), for: lease, to: core)
        let request = JobRequest(command: ["/bin/true"], imageFormat: .rootfs, keepsLease: keeps)
        _ = try await core.submit(request, lease: lease, by: .owner)
    }

    /// Runs a job to its end: until the lease is open again or on its way to be closed.
    private func run(_ lease: LeaseID, on core: AgentCore, keeps: Bool? = nil) async throws {
        try await submit(lease, to: core, keeps: keeps)
        try await end(lease, on: core)
    }

    private func end(_ lease: LeaseID, on core: AgentCore) async throws {
        for _ in 0..<1_000 {
            let row = try #require(try store.lease(lease))
            if row.phase.name == .open || row.phase.exit != nil { return }
            if row.phase == .running { try await core.keeper(lease).tick() }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("no end of the job came: \(String(describing: try store.lease(lease)?.phase))")
    }

    private func receipts(_ lease: LeaseID) throws -> [Receipt] {
        try store.receipts(lease, after: 0, most: 100).map(\.document)
    }

    /// Vouches for the last receipt.
    private func vouch(_ lease: LeaseID, to core: AgentCore) async throws {
        let receipt = try #require(try store.lastReceipt(lease))
        let voucher = Voucher(
            channel: lease, cumulative: receipt.document.amount, receipt: receipt.digest(in: bench.world.domain))
        _ = try await core.accept(bench.world.sign(voucher, by: bench.world.session))
    }

    /// Whether the lease is to be closed, once the claims that wait are on the ledger.
    private func isClosing(_ lease: LeaseID, by core: AgentCore) async throws -> Bool {
        for item in try store.outbox(of: lease) where item.state == .queued && item.entry.kind == .claim {
            try store.record(item, .posted, detail: "")
        }
        try await core.keeper(lease).tick()
        return try store.outbox(of: lease).contains { $0.entry.kind == .closeRequest }
    }

    @Test("a job that cannot be run costs no lease: the next one runs, and both stand in one bill")
    func typo() async throws {
        let lease = try await bench.lease(in: store)
        let core = try life(Self.typo, Self.work)
        try await run(lease, on: core)
        let open = try await core.job(lease, by: .owner)
        #expect(open.phase == .open && open.exit == .exited(code: 127) && open.jobs == 1 && open.isOpenAgain)
        #expect(open.note.contains("open for another job") && open.endedAt != nil, "\(open.note)")
        let first = try receipts(lease)
        #expect(first.count == 1 && !first[0].isFinal && first[0].usage.coreNanoseconds == 5_000_000_000)
        #expect(try store.uploads(of: lease).isEmpty, "what was sent for it is of no use to the next")
        try await run(lease, on: core)
        let row = try #require(try store.lease(lease))
        #expect(row.phase.name == .settling && row.phase.exit == .exited(code: 0) && row.jobs == 2)
        let all = try receipts(lease)
        #expect(all.map(\.isFinal) == [false, true])
        #expect(all.last?.usage.coreNanoseconds == 15_000_000_000)
        #expect(all.map(\.beginsJob) == [nil, 2])
        #expect(all.flatMap(\.events).allSatisfy { !$0.contains("discontinuity") }, "\(all.flatMap(\.events))")
        // The buyer's check holds them together.
        let check = ReceiptCheck(lease: lease, terms: row.terms, deposit: row.terms.deposit)
        let signed = try store.receipts(lease, after: 0, most: 10)
        for (index, receipt) in signed.enumerated() {
            let last = index == 0 ? nil : signed[index - 1]
            try check.check(
                receipt.document, after: last.map { ($0.document, $0.digest(in: bench.world.domain)) },
                elapsedNanoseconds: 20_000_000_000)
        }
    }

    @Test("a lease ends with its job, unless the buyer wants it for more; then it goes on until he closes it")
    func kept() async throws {
        let lease = try await bench.lease(in: store)
        let core = try life(Self.work, Self.work, Self.work)
        for job in UInt64(1)...3 {
            try await run(lease, on: core, keeps: true)
            let status = try await core.job(lease, by: .owner)
            #expect(status.isOpenAgain && status.jobs == job && status.exit == .exited(code: 0))
            try await vouch(lease, to: core)
        }
        #expect(try receipts(lease).map(\.usage.coreNanoseconds) == [10, 20, 30].map { $0 * 1_000_000_000 })
        #expect(try receipts(lease).map(\.beginsJob) == [nil, 2, 3])
        _ = try await core.cancel(lease, by: .owner)
        let last = try #require(try receipts(lease).last)
        #expect(last.isFinal && last.sequence == 4 && last.usage.coreNanoseconds == 30_000_000_000)
        #expect(last.beginsJob == nil)
        #expect(try await isClosing(lease, by: core), "all is vouched for, so it is closed at once")
        let claims = try store.outbox(of: lease).compactMap { item -> Amount? in
            if case .claim(let voucher) = item.entry { voucher.document.cumulative } else { nil }
        }
        #expect(claims.last == last.amount)
        #expect(try await core.job(lease, by: .owner).exit == .exited(code: 0), "how the last job ended is still known")
    }

    @Test("an open lease whose jobs are not all vouched for waits for the last voucher when it is over")
    func lastVoucher() async throws {
        let lease = try await bench.lease(in: store)
        let core = try life(Self.work)
        try await run(lease, on: core, keeps: true)
        bench.world.clock.advance(1_000)
        try await core.keeper(lease).tick()
        let row = try #require(try store.lease(lease))
        #expect(row.phase.name == .settling)
        #expect(try receipts(lease).map(\.isFinal) == [false, true])
        #expect(try await !isClosing(lease, by: core))
        try await vouch(lease, to: core)
        #expect(try await isClosing(lease, by: core))
        // Nothing that was never used has a receipt.
        let unused = try await bench.lease(in: store)
        let other = try life()
        _ = try await other.cancel(unused, by: .owner)
        #expect(try receipts(unused).isEmpty)
        #expect(try await isClosing(unused, by: other))
    }

    @Test("a next job waits until what the ones before cost is vouched for within the credit")
    func debts() async throws {
        let lease = try await bench.lease(in: store)
        // 60 core-seconds come to 120, and the credit is 100.
        let core = try life(Self.done(126, cpuSeconds: 60), Self.work)
        try await run(lease, on: core)
        let error = await #expect(throws: AgentError.self) { try await submit(lease, to: core) }
        guard case .unpaid(lease, let owed, .zero, 100) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(owed == (try receipts(lease).last?.amount))
        #expect(error?.remedy != .refuse)
        #expect(try store.lease(lease)?.phase == .open && store.lease(lease)?.jobs == 1)
        try await vouch(lease, to: core)
        try await run(lease, on: core)
        #expect(try store.lease(lease)?.phase.exit == .exited(code: 0))
    }

    @Test("a start that fails leaves the lease open and costs nothing; too many of them end it")
    func failedStarts() async throws {
        let lease = try await bench.lease(in: store)
        let core = try life(.fails(), Self.typo, .fails(), .fails())
        try await run(lease, on: core)
        #expect(try await core.job(lease, by: .owner).isOpenAgain)
        #expect(try receipts(lease).isEmpty)
        try await run(lease, on: core)
        #expect(try receipts(lease).map(\.beginsJob) == [2])
        try await run(lease, on: core)
        // The receipt of a job that never ran says so, bills nothing, and stands for no log.
        let all = try receipts(lease)
        #expect(all.map(\.beginsJob) == [2, 3])
        #expect(all.last?.amount == all.first?.amount && all.last?.logDigest == .zero)
        #expect(all.last?.events.contains { $0.hasPrefix("start failed") } == true)
        try store.update(lease) { $0.failedStarts = AgentLimits.failedStartsMax }
        try await run(lease, on: core)
        #expect(try store.lease(lease)?.phase.name == .settling)
    }

    @Test("a lease whose time is over, or that had its share of jobs, is not opened again")
    func noMore() async throws {
        for (jobs, seconds) in [(AgentLimits.jobsPerLeaseMax, UInt64(0)), (1, 1_000)] {
            let lease = try await bench.lease(in: store)
            let core = try life(Self.typo)
            try await submit(lease, to: core)
            try store.update(lease) { $0.jobs = jobs }
            bench.world.clock.advance(seconds)
            try await end(lease, on: core)
            #expect(try store.lease(lease)?.phase.exit == .exited(code: 127), "\(jobs) jobs, \(seconds) s")
            #expect(try receipts(lease).last?.isFinal == true)
        }
    }

    @Test("an agent that ends between two jobs, or while one is started, goes on, and nothing is billed twice")
    func crashes() async throws {
        let lease = try await bench.lease(in: store)
        let first = try life(Self.typo, Self.work)
        try await run(lease, on: first)
        // The former one's meter was not given up: the next one's uploads are read in a group of their own.
        let job = JobName(of: lease)
        bench.driver.read(for: job, cpuNanoseconds: 7_000_000_000)
        let former = try #require(bench.driver.group(of: job))
        let second = try bench.core(store)
        for keeper in await second.allKeepers() { await keeper.resume() }
        try await bench.upload(.image, try bench.archive(of: "an image"), for: lease, to: second)
        #expect(try #require(bench.driver.group(of: job)) != former)
        // Written down as begun, and the agent ends before anything was started.
        let row = try #require(try store.lease(lease))
        try await second.keeper(lease).makeWay(row)
        try store.update(lease) { row in
            row.begin(JobRequest(command: ["/bin/true"], imageFormat: .rootfs))
            row.phase = .starting
        }
        let third = try bench.core(store)
        for keeper in await third.allKeepers() { await keeper.resume() }
        try await end(lease, on: third)
        #expect(try store.lease(lease)?.phase.exit == .exited(code: 0))
        let all = try receipts(lease)
        #expect(all.map(\.usage.coreNanoseconds) == [5_000_000_000, 15_000_000_000])
        #expect(all.map(\.beginsJob) == [nil, 2])
    }

    @Test("the log of a job that made way is kept, the newest within the bound, and asked for by number")
    func logs() async throws {
        let lease = try await bench.lease(in: store)
        let (history, name) = (LogHistory(path: bench.settings.historyPath), JobName(of: lease))
        for job in UInt64(1)...5 {
            let log = "\(bench.state)/log"
            try Files.makeDirectories(log, mode: 0o700)
            try DurableFile.write([UInt8](repeating: 7, count: 100), to: "\(log)/\(String(repeating: "0", count: 20))")
            try history.keep(log, of: name, as: job, bytesMax: 350)
        }
        #expect((1...5).map { Files.exists(history.log(of: name, number: $0)) } == [false, false, true, true, true])
        try store.update(lease) { $0.jobs = 6 }
        let core = try bench.core(store)
        for job in [UInt64(0), 1, 2, 7] {
            await #expect(throws: AgentError.logNotKept(lease, job: job, jobs: 6)) {
                try await core.log(lease, LogQuery(job: job), by: .owner)
            }
        }
        // What lies there is no log, and is found.
        await #expect(throws: AgentError.self) { try await core.log(lease, LogQuery(job: 4), by: .owner) }
        #expect(try await core.log(lease, LogQuery(), by: .owner).bytes.isEmpty)
        try history.remove(name)
        #expect(try Files.names(in: bench.settings.historyPath).isEmpty)
    }

    @Test("whose leases are listed is asked before how many")
    func listed() async throws {
        let mine = try await bench.lease(in: store)
        try store.update(mine) { $0.phase = .closed(nil) }
        let row = try #require(try store.lease(mine))
        for number in 0..<AgentLimits.jobsListedMax {
            var terms = row.terms
            terms.payer = bench.world.stranger.address
            let signed = CountersignedTerms(
                terms: terms, payerSignature: row.signed.payerSignature, machineSignature: row.signed.machineSignature)
            let id = LeaseID.random()
            _ = try store.insert(signed, id: id, at: row.createdAt + UInt64(number)) { _ in
                LeasePlacement(cores: nil, devices: [])
            }
            try store.update(id) { $0.phase = .closed(nil) }
        }
        let core = try bench.core(store)
        #expect(try await core.jobs(by: bench.session()).map(\.lease) == [mine])
        #expect(try await core.jobs(by: .owner).count == AgentLimits.jobsListedMax)
    }

    @Test("a database of a time when a lease was one job is brought forward, with its payers")
    func migration() async throws {
        let lease = try await bench.lease(in: store)
        try store.update(lease) { $0.request = JobRequest(command: ["a"], imageFormat: .oci) }
        let unused = try await bench.lease(in: store)
        try store.write { database in
            try database.execute(
                sql: """
                    DROP INDEX lease_of_payer;
                    ALTER TABLE lease DROP COLUMN jobs;
                    ALTER TABLE lease DROP COLUMN failed_starts;
                    ALTER TABLE lease DROP COLUMN last_exit;
                    ALTER TABLE lease DROP COLUMN payer;
                    DELETE FROM grdb_migrations WHERE identifier LIKE 'v6%';
                    PRAGMA user_version = 5;
                    """)
        }
        try store.pool.close()
        let newer = try bench.store()
        #expect(try newer.lease(lease)?.jobs == 1 && newer.lease(unused)?.jobs == 0)
        #expect(try newer.recent(10, of: bench.world.buyer.address).rows.count == 2)
        #expect(try newer.recent(10, of: bench.world.stranger.address).rows.isEmpty)
    }
}

@Suite("How a job ends, and what becomes of its lease")
struct JobEndTests {
    private static let host = ExitReason.hostFailure(description: "x")

    @Test("a job that could not be run leaves its lease open, and one that ran does when its buyer said so")
    func table() {
        // Reason, whether it ran: open without a word of the buyer's, and with it.
        let cases: [(ExitReason, Bool, Bool, Bool)] = [
            (.exited(code: 0), true, false, true), (.exited(code: 1), true, false, true),
            (.exited(code: 125), true, false, true), (.exited(code: 126), true, true, true),
            (.exited(code: 127), true, true, true), (.exited(code: 128), true, false, true),
            (.signalled(signal: 11), true, false, true), (.outOfMemory, true, false, true),
            (.timeLimit, true, false, false), (.budget, true, false, false),
            (.cancelled(by: .buyer), true, false, false), (.cancelled(by: .owner), true, false, false),
            (.cancelled(by: .agent), false, false, false), (Self.host, true, false, false),
            (Self.host, false, true, true), (.refused(description: "x"), false, true, true),
        ]
        for (reason, hasRun, alone, kept) in cases {
            #expect(JobEnd(reason: reason, hasRun: hasRun, keepsLease: false).leavesOpen == alone, "\(reason)")
            #expect(JobEnd(reason: reason, hasRun: hasRun, keepsLease: true).leavesOpen == kept, "\(reason), kept")
        }
    }
}
