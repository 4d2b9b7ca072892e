import GCXModel
import GCXSigning
import GCXWire
import GRDB

/// A receipt that is signed and not on disk yet, with its digest and the meter that it was made from. Storing it uses it up.
struct WrittenReceipt: ~Copyable, Sendable {
    let signed: Signed<Receipt>
    let digest: Digest
    let meter: StoredMeter
}

/// A receipt that is on disk, which only the store can say. A keeper goes on from it once.
struct StoredReceipt: ~Copyable, Sendable {
    let signed: Signed<Receipt>
    let digest: Digest
    let meter: StoredMeter

    fileprivate init(_ written: consuming WrittenReceipt) {
        (signed, digest, meter) = (written.signed, written.digest, written.meter)
    }
}

// Jobs that follow one another in a lease.
extension AgentStore {
    /// Writes the end of a job whose lease goes on, and of which nothing was metered.
    func reopen(_ lease: LeaseID, _ change: (inout LeaseRow) -> Void) throws(AgentError) {
        try write { try Self.reopen(lease, $0, change) }
    }

    /// The same with the receipt and the meter of that job.
    func reopen(
        _ lease: LeaseID, _ receipt: consuming WrittenReceipt, _ change: (inout LeaseRow) -> Void
    ) throws(AgentError) -> StoredReceipt {
        try store(receipt) { try Self.reopen(lease, $0, change) }
    }

    private static func reopen(
        _ lease: LeaseID, _ database: Database, _ change: (inout LeaseRow) -> Void
    ) throws {
        guard var row = try Self.lease(lease, database) else { throw AgentError.unknownLease(lease) }
        change(&row)
        try Self.save(row, database)
    }

    /// Writes a receipt and the meter it was made from in one transaction with something else. The only place where a written
    /// receipt becomes a stored one.
    func store(
        _ receipt: consuming WrittenReceipt, with more: (Database) throws -> Void
    ) throws(AgentError) -> StoredReceipt {
        try write { database in
            try Self.insert(receipt, database)
            try more(database)
        }
        return StoredReceipt(receipt)
    }

    /// Forgets what was found out about the job before, and how often it was tried to start it.
    func forgetFacts(of lease: LeaseID) throws(AgentError) {
        try write {
            try $0.execute(
                sql: "UPDATE lease SET facts = NULL, start_attempts = 0 WHERE id = ?", arguments: [lease.description])
        }
    }

    private static func insert(_ receipt: borrowing WrittenReceipt, _ database: Database) throws {
        let document = receipt.signed.document
        try database.execute(
            sql: "INSERT INTO receipt (lease, sequence, digest, amount, document) VALUES (?, ?, ?, ?, ?)",
            arguments: [
                document.lease.description, document.sequence, receipt.digest.description,
                document.amount.description, try StoredJSON.encode(receipt.signed),
            ])
        try save(receipt.meter, lease: document.lease, database)
        try database.execute(sql: "DELETE FROM setting WHERE name = ?", arguments: [wordsName(document.lease)])
    }
}

// What the next receipt of a lease says, until it is written.
extension AgentStore {
    private static func wordsName(_ lease: LeaseID) -> String { "words.\(lease)" }

    func words(of lease: LeaseID) throws(AgentError) -> [String] {
        guard let text = try setting(Self.wordsName(lease)) else { return [] }
        do { return try StoredJSON.decode([String].self, text) } catch {
            throw .storage(Untrusted(ForeignError.words(error)))
        }
    }

    /// - Parameter words: all of them; the receipt that says them removes them in its own transaction.
    func keep(_ words: [String], of lease: LeaseID) throws(AgentError) {
        let text: String
        do { text = try StoredJSON.encode(words) } catch { throw .storage(Untrusted(ForeignError.words(error))) }
        try set(Self.wordsName(lease), text)
    }
}

// Whose leases they are.
extension AgentStore {
    /// Writes down who pays for each lease; of a row that is damaged nobody knows.
    static func namePayers(_ database: Database) throws {
        for row in try Row.fetchAll(database, sql: "SELECT rowid AS place, terms FROM lease") {
            let columns = StoredRow(row, table: "lease")
            guard let place: Int64 = try? columns.value("place"),
                let signed: CountersignedTerms = try? columns.document("terms")
            else { continue }
            try database.execute(
                sql: "UPDATE lease SET payer = ? WHERE rowid = ?",
                arguments: [signed.terms.payer.description, place])
        }
    }
}

extension LeaseRow {
    /// The one place where a lease becomes open: for its first job, or for another one.
    ///
    /// - Parameter now: Unix seconds.
    mutating func open(at now: UInt64, note: String) {
        enter(.open, at: now)
        self.note = note
    }

    /// Begins a job: what is said of a job is said of this one from now on.
    mutating func begin(_ request: JobRequest) {
        self.request = request
        jobs = jobs.saturatingSum(1)
        (startedAt, endedAt, lastExit) = (nil, nil, nil)
    }

    /// How its last job ended; nil while one is on its way, and before the first.
    var exit: ExitReason? { phase.mayHaveProcess ? nil : phase.exit ?? lastExit }
}
