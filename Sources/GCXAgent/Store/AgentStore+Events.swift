import GCXModel
import GCXWire
import GRDB

extension AgentStore {
    /// Writes an event down. Beyond `WireLimits.eventsPerLeaseMax` of one lease nothing more is kept.
    func append(_ event: JobEvent) throws(AgentError) {
        try write { database in
            let lease = event.lease.description
            let held = try Int.fetchOne(database, sql: "SELECT count(*) FROM event WHERE lease = ?", arguments: [lease])
            guard held ?? 0 < WireLimits.eventsPerLeaseMax else { return }
            try database.execute(
                sql: "INSERT INTO event (lease, wall, boot, kind, text) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    lease, Int64(clamping: event.wallNanoseconds), Int64(clamping: event.bootNanoseconds),
                    event.kind.rawValue, event.text.raw(for: .storing),
                ])
        }
    }

    /// Events after a sequence, in order, of one lease or of all; at most `most`.
    func events(of lease: LeaseID?, after sequence: UInt64, most: Int) throws(AgentError) -> [JobEvent] {
        try read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM event WHERE sequence > :after AND (:lease IS NULL OR lease = :lease)
                    ORDER BY sequence LIMIT :most
                    """,
                arguments: ["after": Int64(clamping: sequence), "lease": lease?.description, "most": most])
            // One that cannot be read is a word to people that is lost; those after it are not.
            return rows.compactMap { try? JobEvent(row: $0) }
        }
    }

    /// Removes what is kept of a lease for people: its events, its graph, and what the ledger said of it. Receipts and money stay.
    func forgetHistory(of lease: LeaseID) throws(AgentError) {
        try write { database in
            for table in ["event", "usage_graph", "sight"] {
                try database.execute(sql: "DELETE FROM \(table) WHERE lease = ?", arguments: [lease.description])
            }
            try database.execute(
                sql: "UPDATE lease SET request = NULL, facts = NULL, forgotten = 1 WHERE id = ?",
                arguments: [lease.description])
        }
    }

    func graph(of lease: LeaseID) throws(AgentError) -> UsageGraph {
        try read { database in
            let text = try String.fetchOne(
                database, sql: "SELECT points FROM usage_graph WHERE lease = ?", arguments: [lease.description])
            return try text.map { try StoredJSON.decode(UsageGraph.self, $0) } ?? UsageGraph()
        }
    }

    func save(_ graph: UsageGraph, of lease: LeaseID) throws(AgentError) {
        try write { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO usage_graph (lease, points) VALUES (?, ?)",
                arguments: [lease.description, try StoredJSON.encode(graph)])
        }
    }

    func facts(of lease: LeaseID) throws(AgentError) -> JobFacts? {
        try read { database in
            try String.fetchOne(database, sql: "SELECT facts FROM lease WHERE id = ?", arguments: [lease.description])
                .map { try StoredJSON.decode(JobFacts.self, $0) }
        }
    }

    func save(_ facts: JobFacts, of lease: LeaseID) throws(AgentError) {
        try write { database in
            try database.execute(
                sql: "UPDATE lease SET facts = ? WHERE id = ?",
                arguments: [try StoredJSON.encode(facts), lease.description])
        }
    }

    /// Leases that are wiped, had ended by `time` (Unix seconds) and still have a history.
    func leasesToForget(endedBy time: UInt64) throws(AgentError) -> [LeaseID] {
        try read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT id FROM lease WHERE wiped = 1 AND forgotten = 0 AND coalesce(ended_at, created_at) <= ?
                    """,
                arguments: [Int64(clamping: time)]
            ).compactMap { LeaseID($0) }
        }
    }
}

extension JobEvent {
    init(row: Row) throws(AgentError) {
        let columns = StoredRow(row, table: "event")
        let (leaseText, kindText): (String, String) = (try columns.value("lease"), try columns.value("kind"))
        guard let lease = LeaseID(leaseText), let kind = Kind(rawValue: kindText) else {
            throw columns.damaged("kind", "“\(kindText)” of lease “\(leaseText)”")
        }
        self.init(
            sequence: try columns.value("sequence"), lease: lease, wallNanoseconds: try columns.value("wall"),
            bootNanoseconds: try columns.value("boot"), kind: kind, text: Untrusted(try columns.value("text") as String)
        )
    }
}
