import GCXMetering
import GCXModel
import GCXSigning
import GCXWire
import GRDB

/// A meter as it stood when the last receipt was written.
struct StoredMeter: Sendable {
    var meter: Meter
    /// Chained digest over all samples so far.
    var samplesDigest: Digest
}

extension AgentStore {
    /// Writes a receipt and the meter it was made from, together.
    ///
    /// A crash before leaves neither, and the next receipt covers the time; a crash after leaves both, and the receipt
    /// is sent from here. So none is lost and none is made twice.
    func append(
        _ receipt: consuming WrittenReceipt, phase: LeasePhase?, at now: UInt64
    ) throws(AgentError) -> StoredReceipt {
        let lease = receipt.signed.document.lease
        return try store(receipt) { database in
            guard let phase, var row = try Self.lease(lease, database) else { return }
            row.enter(phase, at: now)
            row.endedAt = row.endedAt ?? now
            try Self.save(row, database)
        }
    }

    /// Writes the meter's first state, before the first receipt.
    func save(_ meter: StoredMeter, lease: LeaseID) throws(AgentError) {
        try write { try Self.save(meter, lease: lease, $0) }
    }

    func meter(_ lease: LeaseID) throws(AgentError) -> StoredMeter? {
        try read { database in
            guard
                let row = try Row.fetchOne(
                    database, sql: "SELECT * FROM meter WHERE lease = ?", arguments: [lease.description])
            else { return nil }
            let columns = StoredRow(row, table: "meter")
            let text: String = try columns.value("samples_digest")
            guard let digest = Digest(text) else { throw columns.damaged("samples_digest", "“\(text)” is no digest") }
            return StoredMeter(meter: try columns.document("state"), samplesDigest: digest)
        }
    }

    /// Receipts above `after`, in order, at most `most`.
    func receipts(_ lease: LeaseID, after: UInt64, most: Int) throws(AgentError) -> [Signed<Receipt>] {
        try read { database in
            try String.fetchAll(
                database,
                sql: "SELECT document FROM receipt WHERE lease = ? AND sequence > ? ORDER BY sequence LIMIT ?",
                arguments: [lease.description, Int64(clamping: after), most]
            ).map { try StoredJSON.decode(Signed<Receipt>.self, $0) }
        }
    }

    func lastReceipt(_ lease: LeaseID) throws(AgentError) -> Signed<Receipt>? {
        try read { database in
            try String.fetchOne(
                database, sql: "SELECT document FROM receipt WHERE lease = ? ORDER BY sequence DESC LIMIT 1",
                arguments: [lease.description]
            ).map { try StoredJSON.decode(Signed<Receipt>.self, $0) }
        }
    }

    /// The amount of the receipt with this digest; nil when there is none.
    func amount(ofReceipt digest: Digest, lease: LeaseID) throws(AgentError) -> Amount? {
        try read { database in
            try String.fetchOne(
                database, sql: "SELECT amount FROM receipt WHERE digest = ? AND lease = ?",
                arguments: [digest.description, lease.description]
            ).flatMap { Amount($0) }
        }
    }

    /// The best voucher of a lease.
    func voucher(_ lease: LeaseID) throws(AgentError) -> Signed<Voucher>? { try voucher(lease, in: .best) }

    /// The best of those of which the ledger said that it would pay them; nil when there is none.
    func sureVoucher(_ lease: LeaseID) throws(AgentError) -> Signed<Voucher>? { try voucher(lease, in: .sure) }

    /// Keeps the highest voucher of a lease; a lower one changes nothing.
    ///
    /// - Parameter isSure: whether the ledger said that it would pay it.
    func keep(_ voucher: Signed<Voucher>, isSure: Bool) throws(AgentError) {
        try write { database in
            try Self.keep(voucher, in: .best, database)
            if isSure { try Self.keep(voucher, in: .sure, database) }
        }
    }

    /// What the ledger said of a lease when that was last news; nil before it said anything.
    func sight(_ lease: LeaseID) throws(AgentError) -> LedgerSight? {
        try read { database in
            try String.fetchOne(
                database, sql: "SELECT document FROM sight WHERE lease = ?", arguments: [lease.description]
            ).map { try StoredJSON.decode(LedgerSight.self, $0) }
        }
    }

    func keep(_ sight: LedgerSight, of lease: LeaseID) throws(AgentError) {
        try write { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO sight (lease, document) VALUES (?, ?)",
                arguments: [lease.description, try StoredJSON.encode(sight)])
        }
    }

    private enum Vouchers: String {
        case best = "voucher"
        case sure = "sure_voucher"
    }

    private func voucher(_ lease: LeaseID, in table: Vouchers) throws(AgentError) -> Signed<Voucher>? {
        try read { database in
            try String.fetchOne(
                database, sql: "SELECT document FROM \(table.rawValue) WHERE lease = ?",
                arguments: [lease.description]
            ).map { try StoredJSON.decode(Signed<Voucher>.self, $0) }
        }
    }

    private static func keep(_ voucher: Signed<Voucher>, in table: Vouchers, _ database: Database) throws {
        let document = voucher.document
        let lease = document.channel.description
        let held = try String.fetchOne(
            database, sql: "SELECT cumulative FROM \(table.rawValue) WHERE lease = ?", arguments: [lease]
        ).flatMap { Amount($0) }
        if let held, held >= document.cumulative { return }
        try database.execute(
            sql: "INSERT OR REPLACE INTO \(table.rawValue) (lease, cumulative, document) VALUES (?, ?, ?)",
            arguments: [lease, document.cumulative.description, try StoredJSON.encode(voucher)])
    }

    static func save(_ meter: StoredMeter, lease: LeaseID, _ database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO meter (lease, state, samples_digest) VALUES (?, ?, ?)",
            arguments: [lease.description, try StoredJSON.encode(meter.meter), meter.samplesDigest.description])
    }
}
