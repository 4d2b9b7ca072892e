import GCXLinux
import GCXModel
import GCXSandbox
import GCXSigning
import GCXWire
import GRDB
import Glibc
import Support
import Testing

@testable import GCXAgent

@Suite("The agent's database")
struct StoreTests {
    let bench: AgentBench
    private var path: String { bench.settings.databasePath }
    private let jobs = ["/somewhere/jobs/ab"]

    init() throws { bench = try AgentBench() }

    private func refused(
        _ dependents: [String], says words: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: AgentError.self, sourceLocation: sourceLocation) {
            try AgentStore(path: path, dependents: dependents)
        }
        guard case .stateUnusable(_, let remedy) = error else {
            Issue.record("\(String(describing: error))", sourceLocation: sourceLocation)
            return
        }
        let said = "\(error?.description ?? "") \(remedy.shown)"
        for word in words { #expect(said.contains(word), "no “\(word)” in: \(said)", sourceLocation: sourceLocation) }
    }

    @Test("one that is missing or empty is begun anew only while nothing would be forgotten")
    func empty() throws {
        refused(jobs, says: "is not there", "/somewhere/jobs/ab", "backup")
        #expect(!Files.exists(path))
        try DurableFile.write([], to: path)
        refused(jobs, says: "is empty")
        #expect(Content.bytes(path) == [])
        _ = try AgentStore(path: path)
        _ = try AgentStore(path: path, dependents: jobs)
    }

    @Test("garbage and a file that is cut off are refused, kept as they are, and copied aside once")
    func damaged() async throws {
        do {
            let store = try bench.store()
            for _ in 0..<20 { _ = try await bench.lease(in: store) }
            try store.pool.close()
        }
        let whole = Content.bytes(path)
        for bytes in [Array("this is no database, whatever its name says".utf8), Array(whole.prefix(whole.count / 2))] {
            try DurableFile.write(bytes, to: path)
            for _ in 0..<2 { refused([], says: "is damaged", "a copy of it is \(path).damaged-") }
            #expect(Content.bytes(path) == bytes)
            var status = stat()
            #expect(stat(path, &status) == 0)
            let copy = "\(path).damaged-\(status.st_mtim.tv_sec)"
            #expect(try FileIdentity(at: copy).mode == 0o600)
            #expect(Content.bytes(copy) == bytes)
            try Files.remove(copy)
        }
    }

    @Test("one that was emptied beside its journal is refused, and the journal is kept byte for byte")
    func journal() async throws {
        let store = try bench.store()
        _ = try await bench.lease(in: store)
        let journal = Content.bytes(path + "-wal")
        try #require(!journal.isEmpty)
        let other = bench.state + "/other.sqlite"
        try DurableFile.write([], to: other)
        try DurableFile.write(journal, to: other + "-wal")
        let error = #expect(throws: AgentError.self) { try AgentStore(path: other) }
        #expect(error?.description.contains("its journal") == true, "\(String(describing: error))")
        #expect(Content.bytes(other) == [] && Content.bytes(other + "-wal") == journal)
        try store.settle()
        #expect(Content.bytes(path + "-wal").isEmpty)
        try DurableFile.write(Content.bytes(path), to: other)
        try Files.remove(other + "-wal")
        #expect(try AgentStore(path: other).book().rows == store.book().rows, "the file alone is a copy of all of it")
    }

    @Test("one of a newer gcx, or of another program, is refused and not touched")
    func foreign() throws {
        do {
            let store = try bench.store()
            try store.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('v10: what comes later')") }
            try store.pool.close()
        }
        refused([], says: "newer gcx", "Install that version")
        do {
            let store = try AgentStore(path: path + ".2")
            try store.write { try $0.execute(sql: "PRAGMA application_id = 7") }
            try store.pool.close()
        }
        #expect(rename(path + ".2", path) == 0)
        refused([], says: "another program")
        #expect(rename(bench.state + "/ledger.sqlite", path) == 0)
        refused([], says: "none of leases")
    }

    @Test("its files are for its owner alone, also those of a time when they were not")
    func modes() throws {
        try DurableFile.write([], to: path, mode: 0o666)
        #expect(chmod(path, 0o666) == 0)
        let store = try bench.store()
        try store.set("a", "b")
        for suffix in ["", "-wal", "-shm"] {
            #expect(try FileIdentity(at: path + suffix).mode & 0o077 == 0, "\(suffix)")
        }
    }

    @Test(
        "one row that is damaged takes nothing from the others, and its files are kept",
        arguments: [
            "phase = 'junk'", "terms = '{}'", "created_at = -1", "claimed = 'much'", "request = '['", "placement = 'x'",
        ])
    func row(damage: String) async throws {
        let store = try bench.store()
        let (bad, good) = (try await bench.lease(in: store), try await bench.lease(in: store))
        try store.write { try $0.execute(sql: "UPDATE lease SET \(damage) WHERE id = '\(bad)'") }
        for lease in [bad, good] {
            try Files.makeDirectories("\(bench.settings.uploadsPath)/\(JobName(of: lease))", mode: 0o700)
        }
        let core = try bench.core(store)
        #expect(try await core.job(good, by: .owner).phase == .open)
        #expect(try await core.jobs(by: .owner).map(\.lease) == [good])
        await #expect(throws: AgentError.self) { try await core.job(bad, by: .owner) }
        try await bench.upload(.input, try bench.archive(of: "x"), for: good, to: core)
        await core.reconcile()
        #expect(Files.exists("\(bench.settings.uploadsPath)/\(JobName(of: bad))"))
        let problems = try await core.status().problems
        #expect(problems.contains { $0.contains(bad.short) && $0.contains("set aside") }, "\(problems)")
        #expect(!problems.contains { $0.contains(good.short) })
        // What it holds of the machine is not sold again.
        if damage != "terms = '{}'" {
            #expect(try store.book().holders(at: bench.world.clock.now).count == 2)
        } else {
            #expect(throws: AgentError.self) { try store.book().holders(at: bench.world.clock.now) }
        }
    }

    @Test("a lease whose voucher, receipt or meter is damaged is set aside, and so is an entry of the outbox")
    func others() async throws {
        let store = try bench.store()
        let (bad, good) = (try await bench.lease(in: store), try await bench.lease(in: store))
        try store.write { database in
            try database.execute(sql: "INSERT INTO voucher VALUES ('\(bad)', '5', '{')")
            try database.execute(sql: "INSERT INTO outbox (key, entry, state) VALUES ('k', '{', 'queued')")
            try database.execute(
                sql: "INSERT INTO event (lease, wall, boot, kind, text) VALUES ('\(good)', -1, 0, 'opened', '')")
        }
        let core = try bench.core(store)
        #expect(try await core.job(good, by: .owner).phase == .open)
        await core.reconcile()
        #expect(try await core.status().problems.contains { $0.contains(bad.short) })
        #expect(try store.queued().isEmpty)
        #expect(try await core.events(of: good, after: 0, waitSeconds: 0, by: .owner).isEmpty)
    }

    @Test("two agents on one directory: the second is told so, and the right goes with its holder")
    func lock() throws {
        var held: StateLock? = try StateLock(bench.state)
        let error = #expect(throws: AgentError.self) { try StateLock(bench.state) }
        #expect(error?.description.contains("another agent works on \(bench.state)") == true)
        _ = held
        held = nil
        _ = try StateLock(bench.state)
    }
}

/// The bytes of a file, none when it is not there.
private enum Content {
    static func bytes(_ path: String) -> [UInt8] { (try? Files.bytes(path)) ?? [] }
}
