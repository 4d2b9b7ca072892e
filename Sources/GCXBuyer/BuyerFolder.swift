// dictionaries: environment
import GCXLinux
package import GCXModel
import GCXSigning

/// Where a user's journals lie: one for each lease, from its first receipt until it is settled.
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

    /// Removes the journal of a lease that is settled: nothing is promised in it any more. One with a receipt that was refused
    /// stays, as evidence.
    package func forget(_ lease: LeaseID) {
        let journal = FileBuyerJournal(file(of: lease))
        guard let record = try? journal.load(), record.lease == lease, record.refused == nil else { return }
        try? Files.remove(file(of: lease))
    }

    /// Leases that have a journal here.
    package var leases: [LeaseID] {
        let names = (try? Files.names(in: path)) ?? []
        return names.filter { $0.hasSuffix(Self.ending) }.compactMap { LeaseID(String($0.dropLast(Self.ending.count))) }
    }

    private static let ending = ".journal"
}

extension BuyerRecord {
    /// How far the buyer has gone: of two records of a lease the higher one knows more.
    fileprivate var progress: UInt64 { receipt?.document.sequence ?? 0 }
}
