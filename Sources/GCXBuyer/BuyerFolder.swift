// dictionaries: environment
import GCXLinux
package import GCXModel
package import GCXSigning

/// Where a user's journals lie: one for each lease, from its first receipt until it is settled. Beside it lies the lease's session
/// key, where that was made for the lease alone.
///
/// `$XDG_STATE_HOME/gcx`, or `~/.local/state/gcx`, made with mode 0700. A path in XDG_STATE_HOME that does not begin at the root
/// counts for nothing. Without HOME the home of the system's user database is taken.
///
/// Source: XDG Base Directory Specification 0.8.
package struct BuyerFolder: Equatable, Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    /// - Parameters:
    ///   - environment: of the process.
    ///   - home: of the user database, where HOME is not set.
    /// - Returns: nil where nobody says where the user's files are.
    package init?(environment: [String: String], home: String?) {
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
            path = "\(state)/gcx"
        } else if let home = [environment["HOME"], home].compactMap(\.self).first(where: { $0.hasPrefix("/") }) {
            path = "\(home)/.local/state/gcx"
        } else {
            return nil
        }
    }

    /// The file of a lease's journal.
    package func file(of lease: LeaseID) -> String { "\(path)/\(lease)\(Self.ending)" }

    /// Makes the folder, and brings in a journal that an older release left in the working directory.
    ///
    /// Where both are there, the one with more receipts holds.
    ///
    /// - Parameter old: its path; there need be none, and one of another lease stays where it is.
    /// - Returns: whether the journal is the old one.
    package func prepare(_ lease: LeaseID, old: String) throws(BuyerError) -> Bool {
        do { try Files.makeDirectories(path) } catch { throw .journal(path, reason: error.description) }
        guard Files.exists(old) else { return false }
        let journal = FileBuyerJournal(file(of: lease))
        let own = try journal.load()
        let found: BuyerRecord?
        // What cannot be read is no reason to stop where there is a newer one.
        do { found = try FileBuyerJournal(old).load() } catch { if own == nil { throw error } else { return false } }
        guard let found, found.lease == lease else { return false }
        let isNewer = own.map { $0.progress < found.progress } ?? true
        if isNewer { try journal.save(found) }
        try? Files.remove(old)
        return isNewer
    }

    /// Removes the journal and the session key of a lease that is settled: nothing is promised in it any more. A journal with a
    /// receipt that was refused stays, as evidence.
    package func forget(_ lease: LeaseID) {
        try? Files.remove(sessionFile(of: lease))
        let journal = FileBuyerJournal(file(of: lease))
        guard let record = try? journal.load(), record.lease == lease, record.refused == nil else { return }
        try? Files.remove(file(of: lease))
    }

    /// Leases that have a journal, or a session key, here.
    package var leases: [LeaseID] {
        let names = (try? Files.names(in: path)) ?? []
        let found = names.compactMap { name in
            let ending = [Self.ending, Self.sessionEnding].first { name.hasSuffix($0) }
            return ending.flatMap { LeaseID(String(name.dropLast($0.count))) }
        }
        return Array(Set(found))
    }

    private static let ending = ".journal"
    private static let sessionEnding = ".session"
}

// The key that signs a lease's vouchers and nothing else.
extension BuyerFolder {
    private func sessionFile(of lease: LeaseID) -> String { "\(path)/\(lease)\(Self.sessionEnding)" }

    /// Keeps a lease's session key, so that another command can go on paying. It lies open, with mode 0600: what it may promise
    /// is bounded by the lease, and until the lease is closed.
    ///
    /// Cost: two fsyncs.
    package func keep(_ key: PrivateKey, of lease: LeaseID) throws(BuyerError) {
        let file = sessionFile(of: lease)
        do {
            try Files.makeDirectories(path)
            // bounded: joins texts
            try DurableFile.write((Hex.encodeBare(key.exposedBytes) + "\n").utf8, to: file)
        } catch { throw .keptKey(file, reason: error.description) }
    }

    /// The session key that was kept for a lease; nil where there is none.
    package func session(of lease: LeaseID) throws(BuyerError) -> PrivateKey? {
        let file = sessionFile(of: lease)
        guard Files.exists(file) else { return nil }
        do throws(KeystoreError) {
            let bytes = try SecretFile.read(file, bytesMax: BuyerLimits.sessionKeyBytesMax)
            let text = String(decoding: bytes, as: UTF8.self)
            if let secret = Hex.decode(text.prefix { $0 != "\n" }), let key = try? PrivateKey(bytes: secret) {
                return key
            }
        } catch { throw .keptKey(file, reason: error.description) }
        throw .keptKey(file, reason: "it holds no key")
    }
}

extension BuyerRecord {
    /// How far the buyer has gone: of two records of a lease the higher one knows more.
    fileprivate var progress: UInt64 { receipt?.document.sequence ?? 0 }
}
