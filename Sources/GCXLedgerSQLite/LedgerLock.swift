import GCXLedger
import GCXLinux
import GCXModel
import Glibc

/// The right to write a ledger file, held by one process at a time through a lock on a file beside it.
///
/// The kernel lets go when the process ends, however it ends. The lock file stays, and says that a ledger was kept here: one
/// that has vanished since is not founded anew.
final class LedgerLock: Sendable {
    private let lock: FileLock
    private let path: String
    private let database: String

    /// - Parameter database: the ledger's file, by whatever name: the lock lies beside the file itself.
    /// - Throws: `LedgerError.locked` when another holder is there, `LedgerError.corrupted` when a
    ///   ledger was kept in the file and is not there any more.
    init(beside database: String) throws(LedgerError) {
        self.database = database
        path = Self.followed(database) + ".lock"
        let held: FileLock?
        do { held = try FileLock.takePrivate(path) } catch {
            throw .storage(operation: "opening \(path)", detail: Untrusted(error.description))
        }
        guard let held else { throw .locked(path: Untrusted(database)) }
        lock = held
        try check()
    }

    /// Notes that a ledger is kept in the file from now on.
    func mark() throws(LedgerError) {
        guard isUnmarked else { return }
        do { try Files.control(path, "a ledger is kept in the file beside this one\n") } catch {
            throw .storage(operation: "writing \(path)", detail: Untrusted(error.description))
        }
    }

    private func check() throws(LedgerError) {
        // With an empty file SQLite throws its write-ahead log away, whatever that holds (sqlite.org/wal.html).
        guard !isUnmarked, Self.bytes(of: database) == 0 else { return }
        throw .corrupted(
            nil,
            detail: Untrusted(
                "\(database) is \(Files.exists(database) ? "empty" : "not there"), and a ledger was kept in it; put a "
                    + "backup in its place, or remove \(path) to give it up and found another"))
    }

    private var isUnmarked: Bool { Self.bytes(of: path) == 0 }

    private static func bytes(of path: String) -> Int {
        var status = stat()
        // bounded: a file's size is signed and of 64 bits
        return unsafe stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Where links lead; the path itself when nothing is there yet.
    private static func followed(_ path: String) -> String {
        guard let real = unsafe realpath(path, nil) else { return path }
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }
}
