import GCXLedger
import GCXModel
import Glibc

/// The right to write a ledger file, held by one process at a time through `flock(2)` on a file beside it.
///
/// The kernel lets go when the process ends, however it ends; the lock file stays and means nothing by itself.
final class FileLock: Sendable {
    private let descriptor: Int32

    /// - Throws: ``LedgerError/locked(path:)`` when another holder is there.
    init(beside path: String) throws(LedgerError) {
        // Close-on-exec, or a job started by this process would keep the lock after the process is gone.
        let descriptor = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .storage(operation: "opening \(path).lock", detail: Untrusted(String(cString: strerror(errno))))
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw .locked(path: Untrusted(path))
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}
