import FoundationEssentials
import GCXJSON
import GCXLinux
import GCXModel
import GCXSigning
package import GCXWire
import GRDB

/// The agent's own database: leases, meters, receipts, vouchers and the outbox.
///
/// WAL with `synchronous=FULL`: what a call wrote is on disk when it returns, so a receipt is never sent, a voucher
/// never counted and an entry never posted that a power cut could take back. Calls block for one fsync, a few ms.
package struct AgentStore: Sendable {
    let pool: DatabasePool

    /// Opens or creates the database, for its owner's eyes alone, and brings its schema up to date.
    ///
    /// - Parameter dependents: what lies on the disk and is explained by this database alone. While there is any, a
    ///   database that is missing or empty is not begun anew.
    /// - Throws: `AgentError.stateUnusable` for a database that cannot be gone on with.
    package init(path: String, dependents: [String] = []) throws(AgentError) {
        try StoreCheck(path: path, dependents: dependents).run(Self.migrator)
        do { try Files.keepPrivate(database: path) } catch { throw .storage(Untrusted(error.description)) }
        var configuration = GRDB.Configuration()
        configuration.journalMode = .wal
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
        }
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
            try Self.migrator.migrate(pool)
        } catch {
            throw .storage("cannot open \(path): \(DatabaseWords.text(error))")
        }
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1") { database in
            try database.execute(sql: Schema.v1)
        }
        migrator.registerMigration("v2: cores of a lease") { database in
            try database.execute(sql: "ALTER TABLE lease ADD COLUMN placement TEXT")
        }
        migrator.registerMigration("v3: what happened to a lease") { database in
            try database.execute(sql: Schema.history)
        }
        migrator.registerMigration("v4: sealed uploads and counted starts") { database in
            try database.execute(sql: Schema.uploads)
        }
        migrator.registerMigration("v5: vouchers that the ledger pays") { database in
            try database.execute(sql: Schema.sureVouchers)
        }
        migrator.registerMigration("v6: jobs of a lease, one after the other") { database in
            try database.execute(sql: Schema.jobs)
            try namePayers(database)
        }
        migrator.registerMigration("v7: leases without a job") { database in
            try database.execute(sql: Schema.idleLeases)
        }
        migrator.registerMigration("v8: what the ledger said of a lease") { database in
            try database.execute(sql: Schema.sights)
        }
        migrator.registerMigration("v9: sessions and their revocations") { database in
            try database.execute(sql: Schema.sessions)
        }
        return migrator
    }

    /// Moves what the write-ahead log still holds into the file, and empties it.
    func settle() throws(AgentError) {
        do { try pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) } } catch {
            throw .storage(Untrusted(DatabaseWords.text(error)))
        }
    }

    /// Runs a read and names the database in what goes wrong.
    func read<Value>(_ body: (Database) throws -> Value) throws(AgentError) -> Value {
        do { return try pool.read(body) } catch let error as AgentError { throw error } catch {
            throw .storage(Untrusted(DatabaseWords.text(error)))
        }
    }

    /// Runs one transaction: all of it is on disk afterwards, or none.
    func write<Value>(_ body: (Database) throws -> Value) throws(AgentError) -> Value {
        do { return try pool.write(body) } catch let error as AgentError { throw error } catch {
            throw .storage(Untrusted(DatabaseWords.text(error)))
        }
    }
}

extension DatabaseWords {
    /// What the database, or what was done with it, threw.
    static func text(_ error: any Error) -> String {
        (error as? DatabaseError).map { text(code: $0.resultCode.rawValue) } ?? ForeignError.words(error)
    }
}

/// What is written into the header of the file, for whoever finds it.
enum StoreMark {
    /// `gcxa`. Databases of a time before it have 0.
    static let application: Int32 = 0x6763_7861
    /// Counts what was changed in the tables; what is applied is told by the migrations, which have names.
    static let version: Int32 = 9
}

/// The tables. Documents are stored as the JSON that goes over the wire; amounts are decimal text.
private enum Schema {
    static let history = """
        ALTER TABLE lease ADD COLUMN facts TEXT;
        ALTER TABLE lease ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE event (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            lease TEXT NOT NULL REFERENCES lease(id),
            wall INTEGER NOT NULL,
            boot INTEGER NOT NULL,
            kind TEXT NOT NULL,
            text TEXT NOT NULL
        ) STRICT;
        CREATE INDEX event_of_lease ON event (lease, sequence);
        CREATE TABLE usage_graph (
            lease TEXT PRIMARY KEY REFERENCES lease(id),
            points TEXT NOT NULL
        ) STRICT;
        """

    static let uploads = """
        ALTER TABLE lease ADD COLUMN start_attempts INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE upload (
            lease TEXT NOT NULL REFERENCES lease(id),
            kind TEXT NOT NULL,
            document TEXT NOT NULL,
            PRIMARY KEY (lease, kind)
        ) STRICT;
        PRAGMA application_id = \(StoreMark.application);
        PRAGMA user_version = \(StoreMark.version);
        """

    static let sureVouchers = """
        CREATE TABLE sure_voucher (
            lease TEXT PRIMARY KEY,
            cumulative TEXT NOT NULL,
            document TEXT NOT NULL
        ) STRICT;
        PRAGMA user_version = \(StoreMark.version);
        """

    /// A lease of before has had the one job that there was to have, if it was submitted.
    static let jobs = """
        ALTER TABLE lease ADD COLUMN jobs INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE lease ADD COLUMN failed_starts INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE lease ADD COLUMN last_exit TEXT;
        ALTER TABLE lease ADD COLUMN payer TEXT;
        UPDATE lease SET jobs = 1 WHERE request IS NOT NULL OR started_at IS NOT NULL;
        CREATE INDEX lease_of_payer ON lease (payer, created_at);
        PRAGMA user_version = \(StoreMark.version);
        """

    static let idleLeases = """
        ALTER TABLE lease ADD COLUMN idle_seconds INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE lease ADD COLUMN idle_since INTEGER;
        PRAGMA user_version = \(StoreMark.version);
        """

    static let sights = """
        CREATE TABLE sight (
            lease TEXT PRIMARY KEY REFERENCES lease(id),
            document TEXT NOT NULL
        ) STRICT;
        PRAGMA user_version = \(StoreMark.version);
        """

    /// What a row of either says is of no use after its time: a session is over then, or every one that a revocation means.
    static let sessions = """
        CREATE TABLE session (
            place INTEGER PRIMARY KEY AUTOINCREMENT,
            account TEXT NOT NULL,
            id TEXT NOT NULL,
            document TEXT NOT NULL,
            expires_at INTEGER NOT NULL,
            last_used_at INTEGER NOT NULL,
            UNIQUE (account, id)
        ) STRICT;
        CREATE TABLE session_revocation (
            account TEXT NOT NULL,
            id TEXT NOT NULL,
            at INTEGER NOT NULL,
            until INTEGER NOT NULL,
            PRIMARY KEY (account, id)
        ) STRICT;
        PRAGMA user_version = \(StoreMark.version);
        """

    static let v1 = """
        CREATE TABLE lease (
            id TEXT PRIMARY KEY,
            terms TEXT NOT NULL,
            phase TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            request TEXT,
            started_at INTEGER,
            ended_at INTEGER,
            claimed TEXT NOT NULL DEFAULT '0',
            note TEXT NOT NULL DEFAULT '',
            wiped INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE TABLE meter (
            lease TEXT PRIMARY KEY REFERENCES lease(id),
            state TEXT NOT NULL,
            samples_digest TEXT NOT NULL
        ) STRICT;
        CREATE TABLE receipt (
            lease TEXT NOT NULL REFERENCES lease(id),
            sequence INTEGER NOT NULL,
            digest TEXT NOT NULL UNIQUE,
            amount TEXT NOT NULL,
            document TEXT NOT NULL,
            PRIMARY KEY (lease, sequence)
        ) STRICT;
        CREATE TABLE voucher (
            lease TEXT PRIMARY KEY REFERENCES lease(id),
            cumulative TEXT NOT NULL,
            document TEXT NOT NULL
        ) STRICT;
        CREATE TABLE outbox (
            position INTEGER PRIMARY KEY AUTOINCREMENT,
            key TEXT NOT NULL UNIQUE,
            lease TEXT,
            entry TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('queued', 'posted', 'refused')),
            attempts INTEGER NOT NULL DEFAULT 0,
            detail TEXT NOT NULL DEFAULT ''
        ) STRICT;
        CREATE TABLE setting (
            name TEXT PRIMARY KEY,
            value TEXT NOT NULL
        ) STRICT;
        """
}

/// Documents as JSON text, keys sorted so that the same value is always the same text.
enum StoredJSON {
    static func encode(_ value: some Encodable) throws -> String {
        String(decoding: try CanonicalJSON.bytes(value), as: UTF8.self)
    }

    /// Another version of the agent may have written it: a field that is not known here is passed over.
    static func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws(JSONError) -> Value {
        try StrictJSON.decode(type, from: text.utf8, unknownFields: .tolerated)
    }
}
