package import GCXLedger
package import GCXModel
import GCXSigning
import GCXWire
import GRDB

/// An effect on the ledger, written here before it is sent.
package struct OutboxItem: Equatable, Sendable {
    package enum State: String, Sendable {
        case queued, posted, refused
    }

    package var position: Int64
    package var lease: LeaseID?
    package var entry: Entry
    package var state: State
    package var attempts: Int
    /// Index on the ledger once posted, the error while it is not.
    package var detail: String
}

extension AgentStore {
    /// Writes an entry to be posted. The same key again changes nothing.
    func enqueue(_ entry: Entry, key: String, lease: LeaseID?) throws(AgentError) {
        try write { database in
            try database.execute(
                sql: """
                    INSERT INTO outbox (key, lease, entry, state) VALUES (?, ?, ?, 'queued') ON CONFLICT (key) DO NOTHING
                    """,
                arguments: [key, lease?.description, try StoredJSON.encode(entry)])
        }
    }

    /// Entries not yet accepted, oldest first. One that cannot be read does not stop those after it; it stays, and is
    /// counted by ``queuedCount()``.
    func queued() throws(AgentError) -> [OutboxItem] {
        try read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM outbox WHERE state = 'queued' ORDER BY position")
                .compactMap { try? OutboxItem(row: $0) }
        }
    }

    func outbox(of lease: LeaseID) throws(AgentError) -> [OutboxItem] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM outbox WHERE lease = ? ORDER BY position", arguments: [lease.description]
            ).map { try OutboxItem(row: $0) }
        }
    }

    func queuedCount() throws(AgentError) -> Int {
        try read { try Int.fetchOne($0, sql: "SELECT count(*) FROM outbox WHERE state = 'queued'") ?? 0 }
    }

    /// Records how a try went. A posted claim also moves the lease's `claimed`.
    func record(_ item: OutboxItem, _ state: OutboxItem.State, detail: String) throws(AgentError) {
        try write { database in
            try database.execute(
                sql: "UPDATE outbox SET state = ?, attempts = attempts + 1, detail = ? WHERE position = ?",
                arguments: [state.rawValue, detail, item.position])
            guard state == .posted, case .claim(let voucher) = item.entry,
                var row = try Self.lease(voucher.document.channel, database)
            else { return }
            row.claimed = max(row.claimed, voucher.document.cumulative)
            try Self.save(row, database)
        }
    }

    func setting(_ name: String) throws(AgentError) -> String? {
        try read { try String.fetchOne($0, sql: "SELECT value FROM setting WHERE name = ?", arguments: [name]) }
    }

    func set(_ name: String, _ value: String) throws(AgentError) {
        try write {
            try $0.execute(sql: "INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", arguments: [name, value])
        }
    }
}

extension OutboxItem {
    init(row: Row) throws(AgentError) {
        let columns = StoredRow(row, table: "outbox")
        let word: String = try columns.value("state")
        guard let state = State(rawValue: word) else { throw columns.damaged("state", "“\(word)” is none") }
        let lease: String? = try columns.value("lease")
        self.init(
            position: try columns.value("position"), lease: lease.flatMap { LeaseID($0) },
            entry: try columns.document("entry"), state: state, attempts: try columns.value("attempts"),
            detail: try columns.value("detail"))
    }
}
