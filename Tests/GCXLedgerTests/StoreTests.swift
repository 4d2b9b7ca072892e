import Foundation
import GCXLedger
import GCXLedgerSQLite
import GCXModel
import GCXSigning
import GRDB
import Support
import Testing

@Suite("the ledger's file")
struct StoreTests {
    let folder: Folder
    let world: TestWorld

    init() throws {
        (folder, world) = (try Folder(), try TestWorld())
    }

    private func bench() throws -> LedgerBench {
        LedgerBench(ledger: try openLedger(folder, world), world: world)
    }

    /// A whole market with a lease in each state.
    private func fill(_ bench: LedgerBench) async throws -> LeaseID {
        let closing = try await bench.openLease()
        try await bench.ledger.post(.closeRequest(world.closeRequest(closing, by: world.buyer)))
        let closed = try await bench.openLease()
        try await bench.ledger.post(.claim(world.voucher(closed, 300)))
        try await bench.ledger.post(.closeRequest(world.closeRequest(closed, by: world.owner)))
        try await bench.ledger.post(.rating(world.rating(closed)))
        return try await bench.openLease()
    }

    @Test("a ledger opened again is the same ledger, and goes on")
    func reopened() async throws {
        let open: LeaseID
        let before: [[LeaseRecord]]
        let head: SignedTreeHead
        do {
            let ledger = try openLedger(folder, world)
            open = try await fill(LedgerBench(ledger: ledger, world: world))
            before = [await ledger.leases(of: world.buyer.address), await ledger.leases(of: world.owner.address)]
            head = await ledger.head()
        }
        let ledger = try openLedger(folder, world)
        #expect(await ledger.head() == head)
        let after = [await ledger.leases(of: world.buyer.address), await ledger.leases(of: world.owner.address)]
        #expect(after == before)
        #expect(await ledger.account(world.buyer.address).escrowed == 20_000)
        #expect(await ledger.ratings(of: world.owner.address).count == 1)
        let receipt = try await ledger.post(.claim(world.voucher(open, 50)))
        #expect(receipt.index == head.document.size)
        #expect(
            try await ledger.consistency(from: head.document.size, to: receipt.index + 1)
                .isValid(oldRoot: head.document.root, newRoot: await ledger.head().document.root))
        #expect(try LedgerVerifier.verify(folder.ledger).isSound)
    }

    @Test("a post that was answered is a duplicate after the ledger was opened again")
    func retryAfterReopen() async throws {
        let entry = Entry.faucet(world.faucet(world.buyer.address, 5))
        let first = try await openLedger(folder, world).post(entry)
        let again = try await openLedger(folder, world).post(entry)
        #expect(again.duplicate)
        #expect(again.index == first.index)
    }

    @Test("a second writer is refused while the first one lives, and let in after it")
    func secondWriter() async throws {
        do {
            let first = try openLedger(folder, world)
            #expect(throws: LedgerError.locked(path: Untrusted(folder.ledger))) { try openLedger(folder, world) }
            #expect(await first.head().document.size == 0)
        }
        #expect(throws: Never.self) { try openLedger(folder, world) }
    }

    @Test("a file keeps its operator and its kind of network")
    func identity() throws {
        do { _ = try openLedger(folder, world) }
        #expect(throws: LedgerError.wrongNetwork(isTestNetwork: true)) {
            try openLedger(folder, world, isTestNetwork: false)
        }
        let clock = world.clock
        let error = LedgerError.wrongOperator(expected: world.operator.address, got: world.stranger.address)
        #expect(throws: error) {
            try SQLiteLedger(
                path: folder.ledger, operatorKey: world.stranger, isTestNetwork: true, now: { clock.now })
        }
    }

    @Test("nobody makes money on a ledger that is not a test network")
    func realNetwork() async throws {
        let world = try TestWorld(isTestNetwork: false)
        let bench = LedgerBench(ledger: try openLedger(folder, world, isTestNetwork: false), world: world)
        try await bench.refuses(.faucet(world.faucet(world.buyer.address, 1)), .notTestNetwork)
    }

    @Test("a file of an unknown format is not touched")
    func unknownFormat() throws {
        do { _ = try openLedger(folder, world) }
        try edit("UPDATE meta SET value = '9' WHERE name = 'format'")
        #expect(throws: LedgerError.unknownFormat(found: "9", known: "3")) { try openLedger(folder, world) }
        #expect(throws: LedgerError.unknownFormat(found: "9", known: "3")) { try LedgerVerifier.verify(folder.ledger) }
    }

    @Test("what is no ledger is called by its name")
    func noLedger() throws {
        try Data("not a database, but long enough to be looked at as one".utf8).write(
            to: URL(fileURLWithPath: folder.ledger))
        for attempt in [{ _ = try openLedger(folder, world) }, { _ = try LedgerVerifier.verify(folder.ledger) }] {
            let error = #expect(throws: LedgerError.self) { try attempt() }
            #expect(error == .notALedger(path: Untrusted(folder.ledger), reason: "the file is no database"))
        }
        let another = folder.path + "/another"
        try DatabaseQueue(path: another).write { try $0.execute(sql: "CREATE TABLE a (b)") }
        for (path, reason) in [
            (folder.path + "/nothing", "No such file or directory"), (folder.path, "it is a directory"),
            (another, "it is a database of another kind"),
        ] as [(String, Untrusted)] {
            #expect(throws: LedgerError.notALedger(path: Untrusted(path), reason: reason)) {
                try LedgerVerifier.verify(path)
            }
        }
    }

    @Test("when the disk refuses, nothing has happened, and the same post succeeds later")
    func failedWrite() async throws {
        let ledger = try openLedger(folder, world)
        let bench = LedgerBench(ledger: ledger, world: world)
        let id = try await bench.openLease()
        // Stands in for a full disk: the second insert of the transaction fails.
        try edit("CREATE TRIGGER full BEFORE INSERT ON heads BEGIN SELECT RAISE(ABORT, 'disk full'); END")
        let claim = Entry.claim(world.voucher(id, 100))
        try await bench.refuses(claim) {
            if case .storage("writing entry 5", let detail) = $0 {
                detail == "an entry contradicts one that is there"
            } else {
                false
            }
        }
        try await bench.expectBalance(world.owner, 0)
        try edit("DROP TRIGGER full")
        #expect(try await ledger.post(claim).index == 5)
        try await bench.expectBalance(world.owner, 100)
        #expect(try LedgerVerifier.verify(folder.ledger).isSound)
    }

    @Test("of many posts of one claim at once exactly one is written")
    func concurrentPosts() async throws {
        let ledger = try openLedger(folder, world)
        let id = try await LedgerBench(ledger: ledger, world: world).openLease()
        let claims = (1...5).map { Entry.claim(world.voucher(id, Amount(UInt128($0) * 100))) }
        let fresh = await withTaskGroup(of: Bool.self) { group in
            for claim in claims + claims + claims {
                group.addTask { (try? await ledger.post(claim)).map { !$0.duplicate } ?? false }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect((1...5).contains(fresh))
        #expect(try await ledger.lease(id).settled == 500)
        #expect(await ledger.account(world.owner.address).balance == 500)
        #expect(await ledger.head().document.size == UInt64(5 + fresh))
        #expect(try LedgerVerifier.verify(folder.ledger).isSound)
    }

    @Test("verify reads a ledger while it serves")
    func verifyWhileServing() async throws {
        let ledger = try openLedger(folder, world)
        _ = try await fill(LedgerBench(ledger: ledger, world: world))
        let report = try LedgerVerifier.verify(folder.ledger, expectedOperator: world.operator.address)
        #expect(report.problems == [])
        let head = await ledger.head().document
        #expect(report.entries == head.size)
        #expect(report.heads == head.size + 1)
        #expect(report.root == head.root)
        #expect(report.money.minted == 150_000)
    }

    private func edit(_ sql: String) throws {
        try DatabaseQueue(path: folder.ledger).write { try $0.execute(sql: sql) }
    }
}
