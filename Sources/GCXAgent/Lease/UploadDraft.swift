import GCXModel
package import GCXWire
import Synchronization

/// An upload on its way, which several calls write one after the other: a call whose connection broke is followed by another, and
/// from then on nothing that the first one still brings is taken.
final class UploadDraft: Sendable {
    private struct State: ~Copyable, Sendable {
        /// Nil once it is complete.
        var file: UploadFile?
        var writer: UInt64 = 0
        var movedAt = SuspendingClock.now
    }

    /// SHA-256 of all that is to come, as the caller says; nil for one that nobody goes on with.
    let digest: String?
    let bytesMax: UInt64
    private let state: Mutex<State>

    init(_ file: consuming UploadFile, digest: String? = nil) {
        (self.digest, bytesMax) = (digest, file.bytesMax)
        state = Mutex(State(file: file))
    }

    /// Bytes that have come.
    var bytes: UInt64 { state.withLock { $0.file?.bytes ?? 0 } }

    /// When bytes came last, or somebody began to bring some.
    var movedAt: SuspendingClock.Instant { state.withLock { $0.movedAt } }

    /// The next writer, who is the only one from now on.
    fileprivate func begin() -> UInt64 {
        state.withLock { state in
            state.writer &+= 1
            state.movedAt = .now
            return state.writer
        }
    }

    fileprivate func write(_ piece: some Collection<UInt8>, by writer: UInt64) throws(AgentError) {
        let piece = Array(piece)
        try state.withLock { state throws(AgentError) in
            guard state.writer == writer else { throw Self.taken }
            try state.file?.write(piece)
            state.movedAt = .now
        }
    }

    fileprivate func end(by writer: UInt64) throws(AgentError) -> UploadFile {
        let file = try state.withLock { state throws(AgentError) -> UploadFile? in
            guard state.writer == writer else { throw Self.taken }
            return state.file.take()
        }
        guard let file else { throw Self.taken }
        return file
    }

    private static let taken = AgentError.badRequest("another call has gone on with this upload")
}

/// One call that brings an upload, or the rest of one.
package struct UploadWriter: ~Copyable, Sendable {
    let draft: UploadDraft
    private let number: UInt64
    /// Bytes that come and are there already.
    private var known: UInt64

    /// - Parameter from: where in the whole upload this call's bytes begin.
    /// - Throws: `AgentError.badRequest` when what lies before that has not come.
    init(_ draft: UploadDraft, from: UInt64 = 0) throws(AgentError) {
        (self.draft, number) = (draft, draft.begin())
        let there = draft.bytes
        guard from <= there else {
            throw .badRequest("the upload goes on at byte \(from), and \(NumberText.count(there)) of it are here")
        }
        known = there - from  // bounded: compared above
    }

    package var bytesMax: UInt64 { draft.bytesMax }
    /// Bytes that have come, those of the calls before among them.
    package var bytes: UInt64 { draft.bytes }

    /// Writes a piece at the end. The calling thread waits for the disk.
    ///
    /// - Throws: as ``UploadFile/write(_:)``, and `AgentError.badRequest` once another call goes on with the upload.
    package mutating func write(_ piece: some Collection<UInt8>) throws(AgentError) {
        // bounded here: the smaller of two sizes
        let double = min(known, UInt64(piece.count))
        known -= double
        try draft.write(piece.dropFirst(Int(double)), by: number)
    }

    /// Ends the writing for good: the bytes are on the disk, and nobody has the right to write any more.
    package consuming func seal() throws(AgentError) -> CompleteUpload {
        let digest = draft.digest
        let complete = try draft.end(by: number).seal()
        guard digest ?? complete.digest == complete.digest else {
            throw .badRequest("what came is sha256:\(complete.digest), and sha256:\(digest ?? "") was to come")
        }
        return complete
    }
}
