import Foundation
import GCXLedger
import GCXLedgerSQLite
import GCXModel
import GCXSigning
import GRDB
import Support
import Testing

/// Someone with write access to the file, and without the operator's key.
@Suite("a tampered ledger")
struct TamperTests {
    let folder: Folder
    let world: TestWorld

    init() async throws {
        (folder, world) = (try Folder(), try TestWorld())
        let bench = LedgerBench(ledger: try openLedger(folder, world), world: world)
        let id = try await bench.openLease()
        try await bench.ledger.post(.claim(world.voucher(id, 300)))
        try await bench.ledger.post(.closeRequest(world.closeRequest(id, by: world.owner)))
        try await bench.ledger.post(.rating(world.rating(id)))
    }

    @Test("is sound before anybody touched it")
    func untouched() throws {
        #expect(try verify().problems == [])
        #expect(try verify().entries == 8)
    }

    @Test("shows every changed byte of every entry", arguments: 0..<8)
    func entryBytes(_ position: Int) throws {
        let entry = try read("entry", position)
        // Every 17th byte, so that braces, keys, digits and signatures are all met.
        for place in stride(from: position, to: entry.count, by: 17) {
            var changed = entry
            changed[place] ^= 1
            try write("entry", position, changed)
            #expect(try finds(entry: position), "byte \(place) of entry \(position)")
        }
        try write("entry", position, entry)
        #expect(try verify().isSound)
    }

    @Test("shows every changed byte of every hash", arguments: ["previous_hash", "entry_hash", "leaf_hash"])
    func hashBytes(_ column: String) throws {
        for position in 0..<8 {
            let hash = try read(column, position)
            for place in stride(from: 0, to: 32, by: 9) {
                var changed = hash
                changed[place] ^= 0x80
                try write(column, position, changed)
                #expect(try finds(entry: position), "byte \(place) of \(column) of entry \(position)")
            }
            try write(column, position, hash)
        }
        #expect(try verify().isSound)
    }

    @Test(
        "shows a changed time, key or place, a lost entry and an added one",
        arguments: [
            "UPDATE journal SET posted_at_seconds = posted_at_seconds + 1 WHERE position = 7",
            "UPDATE journal SET posted_at_seconds = posted_at_seconds - 1 WHERE position = 3",
            "UPDATE journal SET key = 'claim:0x00' WHERE position = 5",
            "UPDATE journal SET position = 8 WHERE position = 7", "DELETE FROM journal WHERE position = 3",
            "DELETE FROM journal WHERE position = 7", "DELETE FROM journal",
            "UPDATE journal SET position = 99 WHERE position = 2;"
                + "UPDATE journal SET position = 2 WHERE position = 3;"
                + "UPDATE journal SET position = 3 WHERE position = 99",
            "INSERT INTO journal SELECT 8, key || '0', posted_at_seconds, entry, previous_hash, entry_hash, leaf_hash"
                + " FROM journal WHERE position = 7",
        ])
    func rows(_ sql: String) throws {
        try edit(sql)
        #expect(try !verify().isSound)
        #expect(throws: LedgerError.self) { try openLedger(folder, world) }
    }

    @Test(
        "shows a changed, lost or added head",
        arguments: [
            "UPDATE heads SET root = zeroblob(32) WHERE size = 4",
            "UPDATE heads SET chain = zeroblob(32) WHERE size = 4",
            "UPDATE heads SET timestamp_seconds = 1 WHERE size = 4",
            "UPDATE heads SET signature = zeroblob(65) WHERE size = 4", "DELETE FROM heads WHERE size = 4",
            "DELETE FROM heads WHERE size = 8",
            "UPDATE heads SET signature = (SELECT signature FROM heads WHERE size = 3) WHERE size = 4",
            "INSERT INTO heads SELECT 9, root, chain, timestamp_seconds, signature FROM heads WHERE size = 8",
        ])
    func heads(_ sql: String) throws {
        try edit(sql)
        #expect(try !verify().isSound)
    }

    @Test("shows a voucher that was raised and hashed again all the way to the end")
    func forgedChain() throws {
        try forge { posted in
            guard case .claim(let claim) = posted.entry else { return posted.entry }
            var voucher = claim.document
            voucher.cumulative = 900
            return .claim(Signed(document: voucher, signature: claim.signature))
        }
        let problems = try verify().problems
        #expect(problems.contains { $0.index == 5 && $0.detail.contains("signed by") }, "\(problems)")
        #expect(problems.contains { $0.index == nil && $0.detail.contains("another root") }, "\(problems)")
    }

    @Test("shows an entry that is signed well but breaks a rule")
    func forgedRule() throws {
        let lease = try postedEntries()[4].entry.digest(in: world.domain)
        try forge { posted in
            guard case .claim = posted.entry else { return posted.entry }
            return .claim(world.voucher(lease, 10_001))
        }
        let problems = try verify().problems
        #expect(problems.contains { $0.index == 5 && $0.detail.contains("escrow") }, "\(problems)")
    }

    @Test("shows entries that were taken away together with their heads, to whoever kept a head")
    func truncated() async throws {
        let kept = try await openLedger(folder, world).head()
        let last = kept.document.size - 1
        #expect(try LedgerVerifier.verify(folder.ledger, kept: kept).isSound)
        try edit("DELETE FROM journal WHERE position = \(last)")
        try edit("DELETE FROM heads WHERE size = \(last + 1)")
        #expect(try verify().isSound, "nothing in the file itself can show it")
        let problems = try LedgerVerifier.verify(folder.ledger, kept: kept).problems
        #expect(problems.contains { $0.detail.contains("only \(last) are here") }, "\(problems)")
    }

    @Test("is not sound under another operator's name")
    func otherOperator() throws {
        #expect(try !LedgerVerifier.verify(folder.ledger, expectedOperator: world.stranger.address).isSound)
        try edit("UPDATE meta SET value = '\(world.stranger.address)' WHERE name = 'operator'")
        #expect(try !verify().isSound)
    }

    @Test(
        "shows a changed word about itself, with the hashes as they were and with every hash made anew",
        arguments: [
            ("false", "is_test_network"), ("1", "format"), ("2", "format"), ("\(Digest.zero)", "founding"),
        ])
    func charter(value: String, name: String) throws {
        try edit("UPDATE meta SET value = '\(value)' WHERE name = '\(name)'")
        #expect(try verify().problems.contains { $0.index == 0 && $0.detail.contains("hash of the entry before") })
        #expect(throws: LedgerError.self) { try openLedger(folder, world, isTestNetwork: value != "false") }
        var charter = world.charter
        if name == "format" { charter.format = value == "1" ? .withoutCharter : .ofOperator }
        if name == "founding" { charter.founding = .zero }
        charter.isTestNetwork = value != "false"
        try forge(from: charter.genesis) { $0.entry }
        #expect(try verify().problems.contains { $0.detail.contains("another root") })
        #expect(throws: LedgerError.self) { try openLedger(folder, world, isTestNetwork: value != "false") }
    }

    @Test("shows a changed word about itself before there is an entry")
    func charterOfEmptyJournal() throws {
        let folder = try Folder()
        do { _ = try openLedger(folder, world) }
        #expect(try LedgerVerifier.verify(folder.ledger).isSound)
        let queue = try DatabaseQueue(path: folder.ledger)
        try queue.write { try $0.execute(sql: "UPDATE meta SET value = 'false' WHERE name = 'is_test_network'") }
        let problems = try LedgerVerifier.verify(folder.ledger).problems
        #expect(problems.contains { $0.detail.contains("another last hash") }, "\(problems)")
        #expect(throws: LedgerError.self) { try openLedger(folder, world, isTestNetwork: false) }
        // Whoever computes the head anew lacks the key to sign it.
        let genesis = try TestWorld(isTestNetwork: false).charter.genesis
        try queue.write { try $0.execute(sql: "UPDATE heads SET chain = ?", arguments: [Data(genesis.bytes)]) }
        #expect(try !LedgerVerifier.verify(folder.ledger).isSound)
        #expect(
            throws: LedgerError.corrupted(
                nil, detail: "the last head is not signed by the operator \(world.operator.address)")
        ) { try openLedger(folder, world, isTestNetwork: false) }
    }

    @Test("shows bytes changed in the file itself, wherever the journal lies")
    func fileBytes() throws {
        // Opening and closing for writing moves everything from the write-ahead log into the file.
        try DatabaseQueue(path: folder.ledger).writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        let file = URL(fileURLWithPath: folder.ledger)
        let original = try Data(contentsOf: file)
        let needle = Data(try read("entry", 5).prefix(40))
        let place = try #require(original.range(of: needle)).lowerBound
        for offset in stride(from: 0, to: 300, by: 13) {
            var changed = original
            changed[place + offset] ^= 0x04
            try changed.write(to: file)
            // A file so broken that it cannot be opened is found as well.
            let sound = (try? verify().isSound) ?? false
            #expect(!sound, "byte \(place + offset) of the file")
        }
        try original.write(to: file)
        #expect(try verify().isSound)
    }

    /// Replaces entries and computes every hash again, as someone who knows the format would.
    private func forge(from genesis: Digest? = nil, _ change: (PostedEntry) -> Entry) throws {
        var previous = try genesis ?? Digest(bytes: read("previous_hash", 0)) ?? .zero
        for posted in try postedEntries() {
            let entry = change(posted)
            let forged = try PostedEntry(
                index: posted.index, postedAt: posted.postedAt, previous: previous, entry: entry)
            let position = Int(posted.index)
            try write("entry", position, PostedEntry.canonicalJSON(entry))
            try write("previous_hash", position, previous.bytes)
            try write("entry_hash", position, forged.entryHash.bytes)
            try write("leaf_hash", position, forged.leafHash.bytes)
            let key = entry.key(in: world.domain)
            try edit("UPDATE journal SET key = '\(key)' WHERE position = \(position)")
            previous = forged.entryHash
        }
    }

    private func postedEntries() throws -> [PostedEntry] {
        try (0..<8).map { position in
            let entry = try JSONDecoder().decode(Entry.self, from: Data(read("entry", position)))
            let previous = Digest(bytes: try read("previous_hash", position)) ?? .zero
            return try PostedEntry(
                index: UInt64(position), postedAt: world.clock.now, previous: previous, entry: entry)
        }
    }

    private func verify() throws -> VerifyReport { try LedgerVerifier.verify(folder.ledger) }

    /// Whether verify names this entry, or the one after it, whose link is broken.
    private func finds(entry position: Int) throws -> Bool {
        try verify().problems.contains { $0.index == UInt64(position) || $0.index == UInt64(position + 1) }
    }

    private func edit(_ sql: String) throws {
        try DatabaseQueue(path: folder.ledger).write { try $0.execute(sql: sql) }
    }

    private func read(_ column: String, _ position: Int) throws -> [UInt8] {
        let data = try DatabaseQueue(path: folder.ledger).read {
            try Data.fetchOne($0, sql: "SELECT \(column) FROM journal WHERE position = \(position)")
        }
        return Array(try #require(data))
    }

    private func write(_ column: String, _ position: Int, _ bytes: [UInt8]) throws {
        try DatabaseQueue(path: folder.ledger).write {
            try $0.execute(
                sql: "UPDATE journal SET \(column) = ? WHERE position = ?", arguments: [Data(bytes), position])
        }
    }
}
