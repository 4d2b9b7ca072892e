package import GCXModel
import Glibc

import struct Crypto.SHA256

/// The chain of digests over a job's log, record by record; see ``JobLog``.
///
/// Cost: SHA-256 over what is added, and one more block for each record.
package struct JobLogChain: Equatable, Sendable {
    private var bytes: [UInt8]

    /// Before the first record.
    package init() { bytes = Digest.zero.bytes }
    /// Goes on from a head.
    package init(head: Digest) { bytes = head.bytes }

    package var head: Digest { Digest(checkedBytes: bytes) }

    /// Adds header and payload of a record; answers its check.
    mutating func extend(_ record: UnsafeRawBufferPointer) -> UInt64 {
        var hasher = SHA256()
        unsafe bytes.withUnsafeBytes { unsafe hasher.update(bufferPointer: $0) }
        unsafe hasher.update(bufferPointer: record)
        let digest = hasher.finalize()
        unsafe digest.withUnsafeBytes { new in unsafe bytes.withUnsafeMutableBytes { unsafe $0.copyMemory(from: new) } }
        return unsafe bytes.withUnsafeBytes { unsafe JobLog.number($0, at: 0) }
    }

    /// Adds a stored record; false when its check does not fit what it holds or what came before.
    mutating func add(_ frame: JobLog.Frame) -> Bool {
        // bounded here: a frame has its header and its check, `look` sees to it
        let covered = unsafe frame.all.count - JobLog.checkBytes
        let check = unsafe extend(UnsafeRawBufferPointer(rebasing: frame.all[..<covered]))
        return unsafe check == JobLog.number(frame.all, at: covered)
    }
}
