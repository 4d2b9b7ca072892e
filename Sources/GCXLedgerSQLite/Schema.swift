import GRDB

/// The tables of a ledger file. The journal is the truth; everything else is derived from it or signs it.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 journal, heads, meta") { database in
            try database.execute(
                sql: """
                    CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
                    CREATE TABLE journal (
                        position INTEGER PRIMARY KEY NOT NULL CHECK (position >= 0),
                        key TEXT NOT NULL UNIQUE,
                        posted_at_seconds INTEGER NOT NULL CHECK (posted_at_seconds >= 0),
                        entry BLOB NOT NULL,
                        previous_hash BLOB NOT NULL CHECK (length(previous_hash) = 32),
                        entry_hash BLOB NOT NULL CHECK (length(entry_hash) = 32),
                        leaf_hash BLOB NOT NULL CHECK (length(leaf_hash) = 32)
                    ) STRICT;
                    CREATE TABLE heads (
                        size INTEGER PRIMARY KEY NOT NULL CHECK (size >= 0),
                        root BLOB NOT NULL CHECK (length(root) = 32),
                        chain BLOB NOT NULL CHECK (length(chain) = 32),
                        timestamp_seconds INTEGER NOT NULL CHECK (timestamp_seconds >= 0),
                        signature BLOB NOT NULL CHECK (length(signature) = 65)
                    ) STRICT;
                    """)
        }
        return migrator
    }

    /// Whether there are tables in the file, and none of them a ledger's: nothing of ours belongs beside them.
    static func isForeign(_ database: Database) throws -> Bool {
        guard try !migrator.appliedIdentifiers(database).isSuperset(of: migrator.migrations.prefix(1)) else {
            return false
        }
        let others = try Bool.fetchOne(
            database,
            sql: """
                SELECT EXISTS (SELECT * FROM sqlite_master
                    WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'grdb_migrations')
                """)
        return others == true
    }
}
