import GCXBuyer
import GCXLedger
import GCXLinux
import GCXModel
import Glibc

/// Where the journal of one attended lease is, and when it goes.
struct JournalPlace {
    let path: String
    /// The user's folder; nil where the user named a file, which is never removed.
    private let folder: BuyerFolder?

    /// - Parameter named: what the user asked for.
    init(_ named: String?, lease: LeaseID) throws {
        if let named {
            (path, folder) = (named, nil)
            return
        }
        let folder = try Self.folder(orElse: "Set HOME, or name a file with --journal.")
        path = folder.file(of: lease)
        self.folder = folder
        let old = "gcx-\(lease.short).journal"
        if try folder.prepare(lease, old: old) { Terminal.complain("the journal \(old) was moved to \(path)") }
    }

    /// The same for who cannot do without.
    static func folder(orElse fix: String) throws -> BuyerFolder {
        if let folder = ofUser { return folder }
        throw CommandError(
            "there is no place for the buyer's journal: neither XDG_STATE_HOME nor HOME is set, and the system knows no home of user \(getuid())",
            fix: fix)
    }

    /// The folder of this user; nil where nobody says where his files are.
    static var ofUser: BuyerFolder? {
        var environment: [String: String] = [:]
        // bounded here: a dictionary
        for name in ["XDG_STATE_HOME", "HOME"] { environment[name] = Environment.value(name) }
        let home = unsafe getpwuid(geteuid()).flatMap { unsafe $0.pointee.pw_dir }.map { unsafe String(cString: $0) }
        return BuyerFolder(environment: environment, home: home)
    }

    /// Removes what is settled: the journals of leases that the ledger has closed. One whose lease cannot be asked about stays.
    ///
    /// - Parameter lease: is given a moment to be closed, for that follows on its last voucher.
    func sweep(_ ledger: any Ledger, waitingFor lease: LeaseID?) async {
        guard let folder else { return }
        if let lease { await Self.awaitClose(lease, on: ledger) }
        for other in folder.leases.shuffled().prefix(Self.sweptMax) {
            guard let record = try? await ledger.lease(other), record.escrow.isClosed else { continue }
            folder.forget(other)
        }
    }

    private static func awaitClose(_ lease: LeaseID, on ledger: any Ledger) async {
        for _ in 0..<closeLooksMax {  // bounded: a constant
            guard let record = try? await ledger.lease(lease), !record.escrow.isClosed else { return }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Two seconds in steps of 100 ms: an agent closes a lease in less. What is closed later goes with the next job.
    private static let closeLooksMax = 20
    /// Journals looked at after a job, a call to the ledger each.
    private static let sweptMax = 32
}
