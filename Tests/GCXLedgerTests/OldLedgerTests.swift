import Foundation
import GCXLedger
import GCXLedgerSQLite
import GCXModel
import GCXSigning
import GRDB
import Support
import Testing

/// A file as ledgers wrote it before they had a charter and before texts were looked at.
@Suite("a ledger of the first format")
struct OldLedgerTests {
    let folder: Folder
    let world: TestWorld

    init() throws {
        (folder, world) = (try Folder(), try TestWorld())
        do { _ = try openLedger(folder, world) }
        try DatabaseQueue(path: folder.ledger).write { database in
            try database.execute(sql: "DELETE FROM heads; UPDATE meta SET value = '1' WHERE name = 'format'")
        }
        var tree = MerkleTree()
        try write(head(of: tree, chain: .zero))
        let entry = Entry.grant(world.grant { $0.label = "\u{1B}]0;rack\u{7}\u{202E}4" })
        let posted = try PostedEntry(index: 0, postedAt: world.clock.now, previous: .zero, entry: entry)
        try write(posted)
        tree.append(posted.leafHash)
        try write(head(of: tree, chain: posted.entryHash))
    }

    private func head(of tree: MerkleTree, chain: Digest) -> SignedTreeHead {
        let head = TreeHead(
            size: tree.size, root: tree.root(size: tree.size), chain: chain, timestamp: world.clock.now)
        return Signed(head, by: world.operator, in: world.domain)
    }

    private func write(_ head: SignedTreeHead) throws {
        let document = head.document
        try DatabaseQueue(path: folder.ledger).write { database in
            try database.execute(
                sql: "INSERT INTO heads (size, root, chain, timestamp_seconds, signature) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    Int64(document.size), Data(document.root.bytes), Data(document.chain.bytes),
                    Int64(document.timestamp), Data(head.signature.bytes),
                ])
        }
    }

    private func write(_ posted: PostedEntry) throws {
        try DatabaseQueue(path: folder.ledger).write { database in
            try database.execute(
                sql: "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?)",
                arguments: [
                    Int64(posted.index), posted.entry.key(in: world.domain).description, Int64(posted.postedAt),
                    Data(try PostedEntry.canonicalJSON(posted.entry)), Data(posted.previous.bytes),
                    Data(posted.entryHash.bytes), Data(posted.leafHash.bytes),
                ])
        }
    }

    @Test("opens as it is, goes on, and is sound; the report says what nothing covers")
    func opens() async throws {
        let ledger = try openLedger(folder, world)
        #expect(await ledger.grants(of: world.owner.address).count == 1)
        _ = try await LedgerBench(ledger: ledger, world: world).openLease()
        let report = try LedgerVerifier.verify(folder.ledger, expectedOperator: world.operator.address)
        #expect(report.problems == [])
        #expect(report.entries > 4)
        #expect(!report.isTestNetworkCovered && report.isTestNetwork)
    }

    @Test("takes no new text of the kind that stands in it")
    func newTexts() async throws {
        let ledger = try openLedger(folder, world)
        let error = await #expect(throws: LedgerError.self) {
            try await ledger.post(.grant(world.grant { $0.label = "\u{1B}]0;rack\u{7}" }))
        }
        #expect(error?.description.contains("label") == true)
        #expect(await ledger.head().document.size == 1)
    }

    @Test("cannot be passed off as one with a charter")
    func promoted() throws {
        try DatabaseQueue(path: folder.ledger).write { database in
            try database.execute(sql: "UPDATE meta SET value = '2' WHERE name = 'format'")
        }
        #expect(try !LedgerVerifier.verify(folder.ledger).isSound)
        #expect(throws: LedgerError.self) { try openLedger(folder, world) }
    }
}
