package import GCXModel
package import GCXSigning
package import GCXWire
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
    /// Jobs that were begun in it; request, times and exit are of the latest.
    package var jobs: UInt64 = 0
    /// Those of them that could not be started, and so cost nothing.
    package var failedStarts: UInt64 = 0
    /// How the latest job ended, when its lease went on.
    package var lastExit: ExitReason? = nil
    /// How long it may be open without a job by its offer's word; 0 for ever.
    package var idleSeconds: UInt64 = 0
    /// Since when it has been open without a job, Unix seconds; nil before it was open.
    package var idleSince: UInt64? = nil

    package var terms: LeaseTerms { signed.terms }
}

/// A row of the table of leases that cannot be read. Its job, if there is one, runs on under its supervisor.
struct DamagedLease: Equatable, Sendable {
    /// Nil when not even that can be read.
    var id: LeaseID?
    /// What the machine signed, as far as it can be read: the lease still holds it.
    var terms: LeaseTerms?
    var reason: String
}

/// The table of leases: one row that is damaged takes nothing from the others.
struct LeaseBook: Sendable {
    /// Oldest first.
    var rows: [LeaseRow] = []
    var damaged: [DamagedLease] = []
    /// Before which place there are older ones, where a part of the table was asked for; nil when there are none.
    var next: UInt64?

    /// What holds capacity of the machine at `now`, Unix seconds.
    ///
    /// - Throws: `AgentError.termsRefused` while that cannot be told.
    func holders(at now: UInt64) throws(AgentError) -> [LeaseHolder] {
        var holders = rows.filter(\.phase.holdsCapacity).map {
            LeaseHolder(terms: $0.terms, placement: $0.placement, isProposal: $0.phase.name == .proposed)
        }
        for lease in damaged {
            guard let terms = lease.terms else {
                throw .termsRefused(
                    "the record of another lease is damaged, and nobody knows what it holds of this machine",
                    remedy: "Choose another machine, or try again when this one's owner has mended it.")
            }
            // A job never runs longer than its lease.
            if terms.endsAt > now { holders.append(LeaseHolder(terms: terms, placement: nil, isProposal: false)) }
        }
        return holders
    }
}

/// Who has a part of the machine.
struct LeaseHolder: Sendable {
    var terms: LeaseTerms
    var placement: LeasePlacement?
    /// Signed by the machine and not open on the ledger yet.
    var isProposal: Bool
}

extension AgentStore {
    /// Writes a new lease with what `admit` gives it for itself, unless it finds that it does not fit beside those there.
    ///
    /// Both happen in one transaction, so two proposals can never be sold the same capacity.
    func insert(
        _ signed: CountersignedTerms, id: LeaseID, at now: UInt64, idleSeconds: UInt64 = 0,
        admit: ([LeaseHolder]) throws -> LeasePlacement
    ) throws(AgentError) -> LeaseRow {
        try write { database in
            if let existing = try Self.lease(id, database) { return existing }
            // Whoever proposes costs no more than the leases that there are now, however many there ever were.
            let placement = try admit(try Self.book(database, "WHERE \(Self.isNotClosed)").holders(at: now))
            let row = LeaseRow(
                id: id, signed: signed, phase: .proposed(since: now), createdAt: now, request: nil,
                startedAt: nil, endedAt: nil, claimed: .zero, note: "signed by the machine", wiped: false,
                placement: placement, idleSeconds: idleSeconds)
            try Self.save(row, database)
            return row
        }
    }

    /// Every lease there ever was.
    func book() throws(AgentError) -> LeaseBook { try read { try Self.book($0) } }

    /// Those of which something may be left on the machine.
    func unwiped() throws(AgentError) -> LeaseBook { try read { try Self.book($0, "WHERE wiped = 0") } }

    /// The newest so many leases and the newest so many that are not closed; with a payer, of those that are his.
    ///
    /// - Parameter place: the ``LeaseBook/next`` of the part before: the newest so many of those that are older, without
    ///   those that the first part has because they are not closed.
    func recent(
        _ most: Int, notClosed: Int = AgentLimits.leasesMax, of payer: Address? = nil, before place: UInt64? = nil
    ) throws(AgentError) -> LeaseBook {
        let mine = payer == nil ? "1" : "payer = :payer"
        let older = place.map { "\(mine) AND rowid < \(Int64(clamping: $0))" } ?? mine
        let arguments: StatementArguments = payer.map { ["payer": $0.description] } ?? []
        let first = """
            rowid IN (SELECT rowid FROM lease WHERE \(mine) AND \(Self.isNotClosed) ORDER BY rowid DESC LIMIT \(notClosed))
            """
        return try read { database in
            // Rows are numbered as leases come.
            let places = try Int64.fetchAll(
                database,
                sql: "SELECT rowid FROM lease WHERE \(older) ORDER BY rowid DESC LIMIT \(most.advanced(by: 1))",
                arguments: arguments)
            let last = places.prefix(most).last ?? 0
            let wanted = place == nil ? "(rowid >= \(last) OR \(first))" : "rowid >= \(last) AND NOT \(first)"
            var book = try Self.book(database, "WHERE \(older) AND \(wanted)", arguments)
            if places.count > most { book.next = UInt64(clamping: last) }
            return book
        }
    }

    /// A phase is stored as an object with one member, named like the phase.
    private static let isNotClosed = "phase NOT LIKE '{\"closed\"%'"

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
            .map { try LeaseRow(row: $0) }
    }

    private static func book(
        _ database: Database, _ condition: String = "", _ arguments: StatementArguments = []
    ) throws -> LeaseBook {
        var book = LeaseBook()
        let all = try Row.fetchCursor(
            database, sql: "SELECT * FROM lease \(condition) ORDER BY created_at, rowid", arguments: arguments)
        while let row = try all.next() {
            do { book.rows.append(try LeaseRow(row: row)) } catch {
                // Of one that is wiped nothing is left to be kept.
                guard (try? row.decode(Bool.self, forColumn: "wiped")) != true else { continue }
                book.damaged.append(DamagedLease(row, error))
            }
        }
        return book
    }

    static func save(_ row: LeaseRow, _ database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO lease (id, terms, phase, created_at, request, started_at, ended_at, claimed, note, wiped,
                    placement, payer, jobs, failed_starts, last_exit, idle_seconds, idle_since)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET phase = excluded.phase, request = excluded.request,
                    started_at = excluded.started_at, ended_at = excluded.ended_at, claimed = excluded.claimed,
                    note = excluded.note, wiped = excluded.wiped, jobs = excluded.jobs,
                    failed_starts = excluded.failed_starts, last_exit = excluded.last_exit,
                    idle_since = excluded.idle_since
                """,
            arguments: [
                row.id.description, try StoredJSON.encode(row.signed), try StoredJSON.encode(row.phase), row.createdAt,
                try row.request.map(StoredJSON.encode), row.startedAt, row.endedAt,
                row.claimed.description, row.note, row.wiped, try row.placement.map(StoredJSON.encode),
                row.terms.payer.description, Int64(clamping: row.jobs), Int64(clamping: row.failedStarts),
                try row.lastExit.map(StoredJSON.encode),
                row.idleSeconds, row.idleSince,
            ])
    }
}

extension LeaseRow {
    /// - Throws: `AgentError.storage` when a column does not hold what the schema says.
    init(row: Row) throws(AgentError) {
        let columns = StoredRow(row, table: "lease")
        let (idText, claimedText): (String, String) = (try columns.value("id"), try columns.value("claimed"))
        guard let id = LeaseID(idText) else { throw columns.damaged("id", "no lease has the id “\(idText)”") }
        guard let claimed = Amount(claimedText) else {
            throw columns.damaged("claimed", "“\(claimedText)” is no amount")
        }
        self.init(
            id: id, signed: try columns.document("terms"), phase: try columns.document("phase"),
            createdAt: try columns.value("created_at"), request: try columns.documentIfPresent("request"),
            startedAt: try columns.value("started_at"), endedAt: try columns.value("ended_at"), claimed: claimed,
            note: try columns.value("note"), wiped: try columns.value("wiped"),
            placement: try columns.documentIfPresent("placement"), jobs: try columns.value("jobs"),
            failedStarts: try columns.value("failed_starts"), lastExit: try columns.documentIfPresent("last_exit"),
            idleSeconds: try columns.value("idle_seconds"), idleSince: try columns.value("idle_since"))
    }
}

extension DamagedLease {
    init(_ row: Row, _ error: AgentError) {
        let columns = StoredRow(row, table: "lease")
        let signed: CountersignedTerms? = try? columns.document("terms")
        let id: String? = try? columns.value("id")
        self.init(id: id.flatMap { LeaseID($0) }, terms: signed?.terms, reason: error.description)
    }
}

/// A row that is read without trusting it: what GRDB's subscripts end the process for is an error here.
struct StoredRow {
    private let row: Row
    private let table: String

    init(_ row: Row, table: String) { (self.row, self.table) = (row, table) }

    func value<Value: DatabaseValueConvertible>(_ column: String) throws(AgentError) -> Value {
        guard row.hasColumn(column) else { throw damaged(column, "it is not there") }
        let stored = row[column] as DatabaseValue  // bounded: a column of a row, which is there
        guard let value = Value.fromDatabaseValue(stored) else { throw damaged(column, "it holds \(stored)") }
        return value
    }

    /// JSON of a value.
    func document<Value: Decodable>(_ column: String) throws(AgentError) -> Value {
        let text: String = try value(column)
        do { return try StoredJSON.decode(Value.self, text) } catch { throw damaged(column, error.description) }
    }

    func documentIfPresent<Value: Decodable>(_ column: String) throws(AgentError) -> Value? {
        // bounded: a column of a row, which is there
        guard row.hasColumn(column), !(row[column] as DatabaseValue).isNull else { return nil }
        return try document(column)
    }

    func damaged(_ column: String, _ reason: String) -> AgentError {
        .storage("a row of the table \(table) is damaged in column \(column): \(reason)")
    }
}
