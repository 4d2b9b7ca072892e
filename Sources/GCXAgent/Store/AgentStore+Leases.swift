import GCXModel
import GCXSigning
import GRDB

/// A lease as the agent keeps it.
package struct LeaseRow: Equatable, Sendable {
    package var id: LeaseID
    package var signed: CountersignedTerms
    package var phase: LeasePhase
    package var createdAt: UInt64
    package var request: JobRequest?
    package var startedAt: UInt64?
    package var endedAt: UInt64?
    package var claimed: Amount
    package var note: String
    package var wiped: Bool
    /// What it has for itself; nil for a lease of a time before there was such a thing.
    package var placement: LeasePlacement? = nil

    package var terms: LeaseTerms { signed.terms }
}

extension AgentStore {
    /// Writes a new lease with what `admit` gives it for itself, unless it finds that it does not fit beside those there.
    ///
    /// Both happen in one transaction, so two proposals can never be sold the same capacity.
    func insert(
        _ signed: CountersignedTerms, id: LeaseID, at now: UInt64, admit: ([LeaseRow]) throws -> LeasePlacement
    ) throws(AgentError) -> LeaseRow {
        try write { database in
            let rows = try Self.leases(database)
            if let existing = rows.first(where: { $0.id == id }) { return existing }
            let placement = try admit(rows.filter(\.phase.holdsCapacity))
            let row = LeaseRow(
                id: id, signed: signed, phase: .proposed(since: now), createdAt: now, request: nil,
                startedAt: nil, endedAt: nil, claimed: .zero, note: "signed by the machine", wiped: false,
                placement: placement)
            try Self.save(row, database)
            return row
        }
    }

    /// Every lease, oldest first.
    func leases() throws(AgentError) -> [LeaseRow] { try read(Self.leases) }

    func lease(_ id: LeaseID) throws(AgentError) -> LeaseRow? {
        try read { try Self.lease(id, $0) }
    }

    /// Changes one lease in a transaction and returns what it is now.
    @discardableResult
    func update(_ id: LeaseID, _ change: (inout LeaseRow) throws -> Void) throws(AgentError) -> LeaseRow {
        try write { database in
            guard var row = try Self.lease(id, database) else { throw AgentError.unknownLease(id) }
            try change(&row)
            try Self.save(row, database)
            return row
        }
    }

    static func lease(_ id: LeaseID, _ database: Database) throws -> LeaseRow? {
        try Row.fetchOne(database, sql: "SELECT * FROM lease WHERE id = ?", arguments: [id.description])
            .map(LeaseRow.init(row:))
    }

    private static func leases(_ database: Database) throws -> [LeaseRow] {
        try Row.fetchAll(database, sql: "SELECT * FROM lease ORDER BY created_at, rowid").map(LeaseRow.init(row:))
    }

    static func save(_ row: LeaseRow, _ database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO lease (id, terms, phase, created_at, request, started_at, ended_at, claimed, note, wiped,
                    placement)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET phase = excluded.phase, request = excluded.request,
                    started_at = excluded.started_at, ended_at = excluded.ended_at, claimed = excluded.claimed,
                    note = excluded.note, wiped = excluded.wiped
                """,
            arguments: [
                row.id.description, try StoredJSON.encode(row.signed), try StoredJSON.encode(row.phase), row.createdAt,
                try row.request.map(StoredJSON.encode), row.startedAt, row.endedAt,
                row.claimed.description, row.note, row.wiped, try row.placement.map(StoredJSON.encode),
            ])
    }
}

extension LeaseRow {
    /// - Throws: ``AgentError/storage(_:)`` when a column does not hold what the schema says.
    init(row: Row) throws {
        guard let id = LeaseID(row["id"] as String), let claimed = Amount(row["claimed"] as String) else {
            throw AgentError.storage("a row of table lease is damaged: id \(row["id"] as String)")
        }
        self.init(
            id: id, signed: try StoredJSON.decode(CountersignedTerms.self, row["terms"]),
            phase: try StoredJSON.decode(LeasePhase.self, row["phase"]),
            createdAt: row["created_at"],
            request: try (row["request"] as String?).map { try StoredJSON.decode(JobRequest.self, $0) },
            startedAt: row["started_at"], endedAt: row["ended_at"], claimed: claimed, note: row["note"],
            wiped: row["wiped"],
            placement: try (row["placement"] as String?).map { try StoredJSON.decode(LeasePlacement.self, $0) })
    }
}
