import GCXLedger
import GCXModel
import GCXSigning
import GCXWire
import GRDB

/// That sessions of an account are refused, as it is kept.
struct KeptRevocation: Equatable, Sendable {
    var account: Address
    /// Zero for all that were issued until `at`.
    var id: Digest
    /// Unix seconds.
    var at: UInt64
    /// When every session that it means is over, Unix seconds.
    var until: UInt64
}

extension AgentStore {
    /// Notes that a session was used. What is over goes first, then, at ``AgentLimits/sessionsPerAccountMax``, what was silent for
    /// the longest.
    ///
    /// - Returns: false when its account has no lease here: whoever has none writes nothing.
    func note(_ use: SessionUse, at now: UInt64) throws(AgentError) -> Bool {
        let account = use.session.account.description
        guard try hasLease(account) else { return false }
        return try write { database in
            try database.execute(
                sql: "DELETE FROM session WHERE account = ? AND expires_at <= ?",
                arguments: [account, Int64(clamping: now)])
            var use = use
            if let known = try Self.session(use.id, of: account, database) {
                use.firstUsedAt = known.firstUsedAt
                use.places = SessionPlace.merged(known.places, use.places)
            }
            try database.execute(
                sql: """
                    INSERT INTO session (account, id, document, expires_at, last_used_at) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (account, id) DO UPDATE SET document = excluded.document,
                        last_used_at = excluded.last_used_at
                    """,
                arguments: [
                    account, use.id.description, try StoredJSON.encode(use), Int64(clamping: use.session.expiresAt),
                    Int64(clamping: use.lastUsedAt),
                ])
            try database.execute(
                sql: """
                    DELETE FROM session WHERE account = :account AND place NOT IN (SELECT place FROM session
                        WHERE account = :account ORDER BY last_used_at DESC, place DESC LIMIT :most)
                    """, arguments: ["account": account, "most": AgentLimits.sessionsPerAccountMax])
            return true
        }
    }

    private func hasLease(_ account: String) throws(AgentError) -> Bool {
        try read { database in
            try Bool.fetchOne(
                database, sql: "SELECT EXISTS (SELECT 1 FROM lease WHERE payer = ?)", arguments: [account]) ?? false
        }
    }

    private static func session(_ id: Digest, of account: String, _ database: Database) throws -> SessionUse? {
        try String.fetchOne(
            database, sql: "SELECT document FROM session WHERE account = ? AND id = ?",
            arguments: [account, id.description]
        ).flatMap { try? StoredJSON.decode(SessionUse.self, $0) }
    }

    /// Sessions that are not over, of one account or of all, the newest first; those before a place of the page before.
    func sessions(
        of account: Address?, before place: UInt64?, at now: UInt64, most: Int = AgentLimits.sessionPageMax
    ) throws(AgentError) -> Page<SessionUse> {
        try read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT place, document FROM session WHERE (:account IS NULL OR account = :account)
                        AND expires_at > :now AND place < :place ORDER BY place DESC LIMIT :most
                    """,
                arguments: [
                    "account": account?.description, "now": Int64(clamping: now),
                    "place": Int64(clamping: place ?? .max), "most": most.advanced(by: 1),
                ])
            let shown = rows.prefix(most)
            var next: UInt64?
            if rows.count > most, let last = shown.last { next = try StoredRow(last, table: "session").value("place") }
            // One that cannot be read is a word to people that is lost; those after it are not.
            return Page(
                items: shown.compactMap { try? StoredRow($0, table: "session").document("document") }, next: next)
        }
    }

    /// Writes down that sessions are refused.
    ///
    /// - Returns: how many known sessions it means.
    /// - Throws: `AgentError.revocationRefused` from an account without a lease here, and beyond
    ///   ``AgentLimits/revokedPerAccountMax``.
    func revoke(_ kept: KeptRevocation, at now: UInt64) throws(AgentError) -> UInt64 {
        let account = kept.account.description
        guard try hasLease(account) else {
            throw .revocationRefused(
                "\(kept.account.checksummed) has no lease on this machine, and none of its sessions sees anything here",
                remedy: "Revoke it at the machine where the lease is, with the key of the lease's payer.")
        }
        return try write { database in
            try Self.forgetSessions(at: now, database)
            try Self.requireRoom(for: kept, database)
            try database.execute(
                sql: """
                    INSERT INTO session_revocation (account, id, at, until) VALUES (?, ?, ?, ?)
                    ON CONFLICT (account, id) DO UPDATE SET at = max(at, excluded.at), until = max(until, excluded.until)
                    """,
                arguments: [account, kept.id.description, Int64(clamping: kept.at), Int64(clamping: kept.until)])
            let documents = try String.fetchAll(
                database, sql: "SELECT document FROM session WHERE account = ?", arguments: [account])
            let known = documents.compactMap { try? StoredJSON.decode(SessionUse.self, $0) }
            return UInt64(known.filter { kept.means($0.session, $0.id) }.count)  // bounded: a count is not below 0
        }
    }

    private static func requireRoom(for kept: KeptRevocation, _ database: Database) throws {
        guard kept.id != .zero else { return }
        let others = try Int.fetchOne(
            database, sql: "SELECT count(*) FROM session_revocation WHERE account = ? AND id NOT IN (?, ?)",
            arguments: [kept.account.description, kept.id.description, Digest.zero.description])
        guard others ?? 0 < AgentLimits.revokedPerAccountMax else {
            throw AgentError.revocationRefused(
                "\(NumberText.count(AgentLimits.revokedPerAccountMax, "session")) of this account are revoked one by one already",
                remedy: "Revoke all of them: `gcx session revoke --all`.")
        }
    }

    /// Revocations that still refuse a session. One that cannot be read keeps nobody from the agent, and ends within a day.
    func revocations(at now: UInt64) throws(AgentError) -> [KeptRevocation] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM session_revocation WHERE until > ?", arguments: [Int64(clamping: now)]
            ).compactMap { try? KeptRevocation(row: $0) }
        }
    }

    /// Removes what is of no use any more.
    func forgetSessions(at now: UInt64) throws(AgentError) {
        try write { try Self.forgetSessions(at: now, $0) }
    }

    private static func forgetSessions(at now: UInt64, _ database: Database) throws {
        for condition in ["session WHERE expires_at", "session_revocation WHERE until"] {
            try database.execute(sql: "DELETE FROM \(condition) <= ?", arguments: [Int64(clamping: now)])
        }
    }
}

extension KeptRevocation {
    /// - Throws: `AgentError.storage` when a column does not hold what the schema says.
    init(row: Row) throws(AgentError) {
        let columns = StoredRow(row, table: "session_revocation")
        let (account, id): (String, String) = (try columns.value("account"), try columns.value("id"))
        guard let address = Address(account) else { throw columns.damaged("account", "“\(account)” is none") }
        guard let digest = Digest(id) else { throw columns.damaged("id", "“\(id)” is none") }
        self.init(account: address, id: digest, at: try columns.value("at"), until: try columns.value("until"))
    }

    /// Whether it refuses a session of its account.
    func means(_ session: ApiSession, _ id: Digest) -> Bool {
        self.id == .zero ? session.issuedAt <= at : self.id == id
    }
}
