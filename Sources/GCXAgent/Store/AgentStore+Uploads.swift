import GCXLinux
import GCXModel
import GCXWire
import GRDB

/// An upload in its place: which file it is, and the digest of the bytes that were written into it.
struct SealedUpload: Codable, Equatable, Sendable {
    var kind: UploadKind
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    var digest: String
    /// The very file that was looked through and hashed.
    var file: FileIdentity

    /// Whether that very file lies there. The number of its device may be another one after a restart of the machine.
    func isFile(at path: String) throws(LinuxError) -> Bool { hasFile(try FileIdentity(at: path)) }

    /// The same of one that is open.
    func isFile(_ file: OpenFile, _ path: String) throws(LinuxError) -> Bool {
        hasFile(try FileIdentity(of: file.number, path))
    }

    private func hasFile(_ found: FileIdentity) -> Bool {
        found.inode == file.inode && found.bytes == file.bytes && found.mode == file.mode
    }
}

extension AgentStore {
    /// What lies in its place for a lease.
    func uploads(of lease: LeaseID) throws(AgentError) -> [UploadKind: SealedUpload] {
        try read { database in
            let texts = try String.fetchAll(
                database, sql: "SELECT document FROM upload WHERE lease = ?", arguments: [lease.description])
            let uploads = try texts.map { try StoredJSON.decode(SealedUpload.self, $0) }
            return Dictionary(uploads.map { ($0.kind, $0) }) { $1 }
        }
    }

    func hasUploads(_ lease: LeaseID) throws(AgentError) -> Bool {
        try read { database in
            try Bool.fetchOne(
                database, sql: "SELECT EXISTS (SELECT 1 FROM upload WHERE lease = ?)", arguments: [lease.description])
                ?? false
        }
    }

    /// Writes an upload down in the place of one of its kind, while the lease is in a phase that allows it.
    func save(
        _ upload: SealedUpload, of lease: LeaseID, while allowed: LeasePhaseName
    ) throws(AgentError) {
        try write { database in
            guard let row = try Self.lease(lease, database) else { throw AgentError.unknownLease(lease) }
            guard row.phase.name == allowed else {
                throw AgentError.wrongPhase(
                    lease, phase: Untrusted(row.phase.name.rawValue), wanted: Untrusted(allowed.rawValue))
            }
            try database.execute(
                sql: "INSERT OR REPLACE INTO upload (lease, kind, document) VALUES (?, ?, ?)",
                arguments: [lease.description, upload.kind.rawValue, try StoredJSON.encode(upload)])
        }
    }

    /// Forgets the uploads of a lease, whose files go.
    func forgetUploads(of lease: LeaseID) throws(AgentError) {
        try write {
            try $0.execute(sql: "DELETE FROM upload WHERE lease = ?", arguments: [lease.description])
        }
    }

    /// Counts a try to start the lease's job, before it is made.
    ///
    /// - Returns: the tries so far, this one among them.
    func countStart(_ lease: LeaseID) throws(AgentError) -> Int {
        try write { database in
            try Int.fetchOne(
                database,
                sql: "UPDATE lease SET start_attempts = start_attempts + 1 WHERE id = ? RETURNING start_attempts",
                arguments: [lease.description]) ?? 0
        }
    }

    /// Takes the last try back: it did not fail, the agent was told to stop.
    func forgiveStart(_ lease: LeaseID) throws(AgentError) {
        try write {
            try $0.execute(
                sql: "UPDATE lease SET start_attempts = max(start_attempts - 1, 0) WHERE id = ?",
                arguments: [lease.description])
        }
    }
}
