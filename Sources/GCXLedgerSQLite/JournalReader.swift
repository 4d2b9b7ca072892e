import FoundationEssentials
import GCXLedger
import GCXModel
import GCXSigning
import GRDB

/// Reads the tables inside one transaction. A column of the wrong type reads as zero or nothing, which no hash matches.
struct JournalReader {
    private let database: Database

    init(_ database: Database) { self.database = database }

    // Each column by its name: then a file without one is an error of SQLite's, and never a row without it.
    private static let journal =
        "position, key, posted_at_seconds, entry, previous_hash, entry_hash, leaf_hash FROM journal"
    private static let heads = "size, root, chain, timestamp_seconds, signature FROM heads"

    func meta(_ name: MetaName) throws -> String? {
        try String.fetchOne(database, sql: "SELECT value FROM meta WHERE name = ?", arguments: [name.rawValue])
    }

    func isEmpty() throws -> Bool {
        let isUsed = try Bool.fetchOne(
            database,
            sql: "SELECT EXISTS (SELECT * FROM meta) OR EXISTS (SELECT * FROM journal) OR EXISTS (SELECT * FROM heads)")
        return isUsed == false
    }

    func rows(from index: UInt64, limit: Int) throws -> [JournalRow] {
        try Row.fetchAll(
            database, sql: "SELECT \(Self.journal) WHERE position >= ? ORDER BY position LIMIT ?",
            arguments: [Int64(clamping: index), limit]
        ).map(Self.journalRow)
    }

    /// As many rows as fit so many bytes of entries, but always one if there is one.
    func rows(from index: UInt64, limit: Int, bytesMax: Int) throws -> [JournalRow] {
        let found = try Row.fetchCursor(
            database, sql: "SELECT \(Self.journal) WHERE position >= ? ORDER BY position LIMIT ?",
            arguments: [Int64(clamping: index), limit])
        var (rows, bytes) = ([JournalRow](), 0)
        while let row = try found.next().map(Self.journalRow) {
            // bounded: of entries in memory, each at most `entryBytesMax`
            bytes += row.entry.count
            guard rows.isEmpty || bytes <= bytesMax else { break }
            rows.append(row)
        }
        return rows
    }

    /// Every row in order, one at a time.
    func forEachRow(_ body: (JournalRow) throws -> Void) throws {
        let rows = try Row.fetchCursor(database, sql: "SELECT \(Self.journal) ORDER BY position")
        while let row = try rows.next() { try body(Self.journalRow(row)) }
    }

    func forEachHead(_ body: (SignedTreeHead) throws -> Void) throws {
        let rows = try Row.fetchCursor(database, sql: "SELECT \(Self.heads) ORDER BY size")
        while let row = try rows.next() { try body(Self.head(row)) }
    }

    func lastHead() throws -> SignedTreeHead? {
        try Row.fetchOne(database, sql: "SELECT \(Self.heads) ORDER BY size DESC LIMIT 1").map(Self.head)
    }

    /// What SQLite itself finds wrong with the file; empty when nothing is.
    func integrityProblems() throws -> [String] {
        try String.fetchAll(database, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
    }

    private static func journalRow(_ row: Row) -> JournalRow {
        JournalRow(
            index: number(row, "position"), key: String.fromDatabaseValue(row["key"]) ?? "",
            postedAt: number(row, "posted_at_seconds"), entry: bytes(row, "entry"),
            previous: bytes(row, "previous_hash"), entryHash: bytes(row, "entry_hash"),
            leafHash: bytes(row, "leaf_hash"))
    }

    private static func head(_ row: Row) -> SignedTreeHead {
        let document = TreeHead(
            size: number(row, "size"), root: Digest(bytes: bytes(row, "root")) ?? .zero,
            chain: Digest(bytes: bytes(row, "chain")) ?? .zero, timestamp: number(row, "timestamp_seconds"))
        return Signed(document: document, signature: Signature(bytes: bytes(row, "signature")) ?? .zero)
    }

    private static func number(_ row: Row, _ column: String) -> UInt64 {
        // bounded: a column of a row, which answers what it holds
        UInt64(clamping: Int64.fromDatabaseValue(row[column]) ?? 0)
    }

    private static func bytes(_ row: Row, _ column: String) -> [UInt8] {
        // bounded: a column of a row, which answers what it holds
        Data.fromDatabaseValue(row[column]).map(Array.init) ?? []
    }
}
