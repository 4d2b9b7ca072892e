import Foundation
import GCXLedger
import GCXLedgerSQLite
import GCXModel
import GCXSigning
import Glibc
import Support
import Testing

/// A file that a disk, a copy in the middle of the night or a hand has damaged.
@Suite("a damaged ledger's file")
struct LedgerFileDamageTests {
    let folder: Folder
    let world: TestWorld
    /// Entries in it.
    private let size: UInt64

    init() async throws {
        (folder, world) = (try Folder(), try TestWorld())
        let ledger = try openLedger(folder, world)
        let bench = LedgerBench(ledger: ledger, world: world)
        let id = try await bench.openLease()
        for amount in 1...20 { try await ledger.post(.claim(world.voucher(id, Amount(UInt128(amount))))) }
        size = await ledger.head().document.size
        try await ledger.settle()
    }

    private func refusal(_ body: () throws -> Void) -> LedgerError? {
        do { try body() } catch { return error as? LedgerError }
        return nil
    }

    /// In parts of a hundred of the file; a negative number is so many bytes less than all.
    @Test(
        "cut anywhere it is refused, in words, and nothing is founded in its place",
        arguments: [1, 10, 30, 50, 70, 90, 99, -4_096, -1])
    func cut(_ part: Int) throws {
        let whole = try Data(contentsOf: URL(filePath: folder.ledger))
        let count = part > 0 ? whole.count * part / 100 : whole.count + part
        try whole.prefix(count).write(to: URL(filePath: folder.ledger))
        for suffix in ["-wal", "-shm"] { unlink(folder.ledger + suffix) }
        let error = try #require(
            refusal { _ = try openLedger(folder, world) }, "\(count) of \(whole.count) bytes were opened")
        let isOfFile =
            switch error {
            case .corrupted, .notALedger: true
            default: false
            }
        #expect(isOfFile, "the disk is well: \(error)")
        for word in ["SQLite", "GRDB", "code ", "NSCocoa"] { #expect(!error.description.contains(word), "\(error)") }
        #expect((try? LedgerVerifier.verify(folder.ledger).isSound) != true)
    }

    @Test("the file alone has every entry, also while it is written to, and whatever its log has become")
    func withoutLog() async throws {
        let ledger = try openLedger(folder, world)
        try await ledger.post(.faucet(world.faucet(world.buyer.address, 7)))
        for log in [nil, Data(), Data(repeating: 0xA5, count: 40_000)] {
            let copy = try Folder()
            try FileManager.default.copyItem(atPath: folder.ledger, toPath: copy.ledger)
            if let log { try log.write(to: URL(filePath: copy.ledger + "-wal")) }
            let opened = try openLedger(copy, world)
            #expect(await opened.head() == ledger.head())
            #expect(await opened.head().document.size == size + 1)
            #expect(try LedgerVerifier.verify(copy.ledger, expectedOperator: world.operator.address).isSound)
        }
    }

    private static let changes: [(String, LedgerError)] = [
        (
            "UPDATE meta SET value = 'nobody' WHERE name = 'operator'",
            .corrupted(nil, detail: "the file does not name its operator")
        ),
        ("DELETE FROM meta WHERE name = 'operator'", .corrupted(nil, detail: "the file does not name its operator")),
        (
            "UPDATE meta SET value = 'perhaps' WHERE name = 'is_test_network'",
            .corrupted(nil, detail: "the file does not say whether it is a test network")
        ),
        (
            "DELETE FROM meta WHERE name = 'founding'",
            .corrupted(nil, detail: "the file does not name its founding, which makes it one of its own")
        ),
        (
            "UPDATE meta SET value = '0x12' WHERE name = 'founding'",
            .corrupted(nil, detail: "the file does not name its founding, which makes it one of its own")
        ),
        ("UPDATE meta SET value = '4' WHERE name = 'format'", .unknownFormat(found: "4", known: "3")),
        ("UPDATE meta SET value = '03' WHERE name = 'format'", .unknownFormat(found: "03", known: "3")),
        ("UPDATE meta SET value = '' WHERE name = 'format'", .unknownFormat(found: "", known: "3")),
        (
            "DELETE FROM meta WHERE name = 'format'",
            .corrupted(nil, detail: "the file does not say which format it has")
        ),
        ("DELETE FROM meta", .corrupted(nil, detail: "the file does not say which format it has")),
        (
            "DELETE FROM meta; DELETE FROM heads",
            .corrupted(nil, detail: "the file does not say which format it has")
        ),
        (
            "DELETE FROM meta; DELETE FROM journal",
            .corrupted(nil, detail: "the file does not say which format it has")
        ),
    ]

    @Test("what it no longer says of itself is named, and nothing is founded over it", arguments: changes.indices)
    func charter(_ index: Int) throws {
        let (sql, expected) = Self.changes[index]
        try SQLFile.run(sql, on: folder.ledger)
        for _ in 0..<2 { #expect(refusal { _ = try openLedger(folder, world) } == expected, "\(sql)") }
        let verified = refusal { _ = try LedgerVerifier.verify(folder.ledger) }
        #expect(verified == expected, "\(sql)")
    }

    @Test(
        "a part that is gone is named as damage, not blamed on the disk",
        arguments: ["DROP TABLE heads", "DROP TABLE journal", "ALTER TABLE journal RENAME COLUMN leaf_hash TO leaf"])
    func tables(_ sql: String) throws {
        try SQLFile.run(sql, on: folder.ledger)
        let error = try #require(refusal { _ = try openLedger(folder, world) })
        guard case .corrupted = error else { throw ConformanceFailure("\(sql): \(error)") }
        #expect(try !LedgerVerifier.verify(folder.ledger).isSound)
    }

    @Test("a file without its heads says so, and without its last one names it")
    func heads() throws {
        try SQLFile.run("DELETE FROM heads WHERE size = \(size)", on: folder.ledger)
        let last = refusal { _ = try openLedger(folder, world) }
        #expect(last?.description.contains("the last signed head is not that of the \(size) entries") == true)
        try SQLFile.run("DELETE FROM heads", on: folder.ledger)
        let none = refusal { _ = try openLedger(folder, world) }
        #expect(none == .corrupted(nil, detail: "no signed head is in the file"))
    }

    @Test("nothing is founded in a database of another kind, and nothing is added to it")
    func otherKind() throws {
        let path = folder.path + "/another"
        try SQLFile.run("CREATE TABLE orders (number); INSERT INTO orders VALUES (1)", on: path)
        let before = try Data(contentsOf: URL(filePath: path))
        let error = refusal { _ = try SQLiteLedger(path: path, operatorKey: world.operator, isTestNetwork: true) { 0 } }
        #expect(error == .notALedger(path: Untrusted(path), reason: "it is a database of another kind"))
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
    }
}
