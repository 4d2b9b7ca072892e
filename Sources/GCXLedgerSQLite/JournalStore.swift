import FoundationEssentials
import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import GRDB
import Glibc

/// The ledger's file: rows in, rows out, no rule of the market.
///
/// Every call blocks until the disk has answered; a write returns after fsync (WAL, `synchronous = FULL`).
struct JournalStore: Sendable {
    private let queue: DatabaseQueue

    /// Opens the file for writing, makes it if it is not there, and brings its tables up to date.
    static func writing(_ path: String) throws(LedgerError) -> JournalStore {
        var configuration = Configuration()
        configuration.prepareDatabase { database in
            // Each entry goes into the file itself at once: a write-ahead log that is damaged later is ignored by SQLite
            // from there on, and would take entries with it without a word.
            try database.execute(
                sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 1;")
        }
        return try opening(path) {
            // Looked at before a byte or a permission of it changes.
            if Files.exists(path), try reading(path).queue.read(Schema.isForeign) {
                throw LedgerError.notALedger(path: Untrusted(path), reason: "it is a database of another kind")
            }
            try Files.keepPrivate(database: path)
            let store = JournalStore(queue: try DatabaseQueue(path: path, configuration: configuration))
            try Schema.migrator.migrate(store.queue)
            return store
        }
    }

    /// Opens the file of a stopped or of a running ledger, and never changes it.
    static func reading(_ path: String) throws(LedgerError) -> JournalStore {
        var configuration = Configuration()
        configuration.readonly = true
        guard unsafe access(path, R_OK) == 0 else {
            throw unsafe .notALedger(path: Untrusted(path), reason: Untrusted(String(cString: strerror(errno))))
        }
        return try opening(path) { JournalStore(queue: try DatabaseQueue(path: path, configuration: configuration)) }
    }

    /// Turns what a file that is no ledger's answers into an error that says so: its disk is well.
    private static func opening(_ path: String, _ body: () throws -> JournalStore) throws(LedgerError) -> JournalStore {
        var status = stat()
        if unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            throw .notALedger(path: Untrusted(path), reason: "it is a directory")
        }
        do {
            return try body()
        } catch let error as DatabaseError where DatabaseWords.isOfFile(code: error.resultCode.rawValue) {
            throw .notALedger(
                path: Untrusted(path), reason: Untrusted(DatabaseWords.text(code: error.resultCode.rawValue)))
        } catch let error as DatabaseError where error.resultCode.primaryResultCode == .SQLITE_CORRUPT {
            throw .corrupted(nil, detail: "the file is damaged")
        } catch {
            throw storeError(error, in: "opening the ledger \(path)")
        }
    }

    /// Moves what the write-ahead log still holds into the file, and empties it.
    func settle() throws(LedgerError) {
        try storing("emptying the write-ahead log") {
            try queue.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        }
    }

    /// Whether nothing was ever written: no word of the ledger about itself, no entry and no head.
    func isEmpty() throws(LedgerError) -> Bool { try snapshot("looking into the ledger") { try $0.isEmpty() } }

    func meta(_ name: MetaName) throws(LedgerError) -> String? {
        try storing("reading the ledger's \(name.rawValue)") {
            do { return try queue.read { try JournalReader($0).meta(name) } } catch let error as DatabaseError
                where error.resultCode == .SQLITE_ERROR
            {
                // A sound file of SQLite without the tables of a ledger.
                throw LedgerError.notALedger(path: Untrusted(queue.path), reason: "it is a database of another kind")
            }
        }
    }

    /// Writes what a new ledger is, with the head of its empty journal.
    func found(_ meta: [MetaName: String], head: SignedTreeHead) throws(LedgerError) {
        try storing("founding the ledger") {
            try queue.write { database in
                for (name, value) in meta {
                    try database.execute(
                        sql: "INSERT INTO meta (name, value) VALUES (?, ?)", arguments: [name.rawValue, value])
                }
                try insert(head, into: database)
            }
        }
    }

    /// Writes a row and the head over it, both or neither.
    func append(_ row: JournalRow, head: SignedTreeHead) throws(LedgerError) {
        try storing("writing entry \(row.index)") {
            try queue.write { database in
                try insert(row, into: database)
                try insert(head, into: database)
            }
        }
    }

    /// Gives one moment's view of the file: nothing that is written meanwhile is seen.
    func snapshot<Value>(
        _ operation: String, _ body: (JournalReader) throws -> Value
    ) throws(LedgerError) -> Value {
        try storing(operation) { try queue.read { try body(JournalReader($0)) } }
    }

    func row(_ index: UInt64) throws(LedgerError) -> JournalRow? {
        try rows(from: index, limit: 1).first
    }

    func rows(from index: UInt64, limit: Int) throws(LedgerError) -> [JournalRow] {
        try snapshot("reading entries from \(index)") { try $0.rows(from: index, limit: limit) }
    }

    /// Rows up to `LedgerLimits.pageBytesMax`, at least one if there is one; read on a thread of the store's own.
    func rowsAside(from index: UInt64, limit: Int) async throws(LedgerError) -> [JournalRow] {
        do {
            return try await queue.read {
                try JournalReader($0).rows(from: index, limit: limit, bytesMax: LedgerLimits.pageBytesMax)
            }
        } catch {
            throw storeError(error, in: "reading entries from \(index)")
        }
    }

    func lastHead() throws(LedgerError) -> SignedTreeHead? {
        try snapshot("reading the last signed head") { try $0.lastHead() }
    }

    private func insert(_ row: JournalRow, into database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO journal
                    (position, key, posted_at_seconds, entry, previous_hash, entry_hash, leaf_hash)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                Int64(clamping: row.index), row.key, Int64(clamping: row.postedAt), Data(row.entry),
                Data(row.previous), Data(row.entryHash), Data(row.leafHash),
            ])
    }

    private func insert(_ head: SignedTreeHead, into database: Database) throws {
        let document = head.document
        try database.execute(
            sql: "INSERT INTO heads (size, root, chain, timestamp_seconds, signature) VALUES (?, ?, ?, ?, ?)",
            arguments: [
                Int64(clamping: document.size), Data(document.root.bytes), Data(document.chain.bytes),
                Int64(clamping: document.timestamp), Data(head.signature.bytes),
            ])
    }
}

/// What a ledger file says about itself.
enum MetaName: String {
    case format
    case `operator`
    case isTestNetwork = "is_test_network"
    /// From format 3 on.
    case founding
    /// Where the founder said so.
    case currency
}

/// Turns whatever the store throws into a ledger error that names the operation.
func storing<Value>(_ operation: String, _ body: () throws -> Value) throws(LedgerError) -> Value {
    do {
        return try body()
    } catch {
        throw storeError(error, in: operation)
    }
}

/// What the store threw, as a ledger error that names the operation.
func storeError(_ error: any Error, in operation: String) -> LedgerError {
    switch error {
    case let error as LedgerError: return error
    case let error as DatabaseError:
        switch error.resultCode.primaryResultCode {
        // A page that is not what it should be, or no table or column of that name: the disk did what it was asked to.
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: return .corrupted(nil, detail: "\(operation): the file is damaged")
        case .SQLITE_ERROR: return .corrupted(nil, detail: "\(operation): a table of the ledger is not what it was")
        default:
            let words = DatabaseWords.text(code: error.resultCode.rawValue)
            return .storage(operation: Untrusted(operation), detail: Untrusted(words))
        }
    default: return .storage(operation: Untrusted(operation), detail: Untrusted(ForeignError.words(error)))
    }
}
