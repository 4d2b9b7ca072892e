import Crypto
import GCXLinux
import GCXModel
package import GCXWire
import Glibc
import Synchronization

/// One upload on its way to the agent's disk: hashed as it is written, by the one writer that has it.
///
/// Nobody else can open it while it is written, and nobody can write to it once it is sealed, so that what was looked
/// through and hashed is what is used later. It is gone with the last reference unless it got a name.
package final class UploadFile: Sendable {
    /// The writer stops with an error beyond this.
    package let bytesMax: UInt64
    private let draft: DraftFile
    private let name: String
    private let room: @Sendable (_ written: UInt64, _ more: UInt64) throws(AgentError) -> Void
    private let released: @Sendable (_ bytes: UInt64) -> Void
    private let state = Mutex(State())

    private struct State {
        var hasher = SHA256()
        var bytes: UInt64 = 0
        var sealed: String?
    }

    /// - Parameters:
    ///   - directory: where the file is to lie.
    ///   - name: for messages.
    ///   - room: asked before more bytes are written; throws when they may not be.
    ///   - released: told at the end how many bytes were written.
    package init(
        in directory: String, name: String, bytesMax: UInt64,
        room: @escaping @Sendable (_ written: UInt64, _ more: UInt64) throws(AgentError) -> Void = {
            (_, _) throws(AgentError) in
        },
        released: @escaping @Sendable (_ bytes: UInt64) -> Void = { _ in }
    ) throws(AgentError) {
        do { draft = try DraftFile(in: directory) } catch { throw .storage(Untrusted(error.description)) }
        (self.name, self.bytesMax, self.room, self.released) = (name, bytesMax, room, released)
    }

    deinit { released(bytes) }

    /// Bytes written so far.
    package var bytes: UInt64 { state.withLock { $0.bytes } }

    /// By this path this process, and no other, reads the very file.
    package var path: String { draft.path }

    /// Writes a piece at the end. The calling thread waits for the disk.
    ///
    /// - Throws: `AgentError.tooLarge`, `AgentError.noRoom`, or an error of the disk; what was written
    ///   before stays in the file, which is worth nothing then.
    package func write(_ piece: some Collection<UInt8>) throws(AgentError) {
        let piece = Array(piece)
        try state.withLock { state throws(AgentError) in
            guard state.sealed == nil else { throw .storage("the upload of the \(name) is complete already") }
            let more = UInt64(piece.count)
            // bounded: each piece was held against what is left
            guard more <= bytesMax - state.bytes else { throw .tooLarge("the \(name)", bytesMax: bytesMax) }
            try room(state.bytes, more)
            do throws(LinuxError) { try draft.write(piece, object: name) } catch {
                throw AgentError(error, writing: "the \(name)")
            }
            state.hasher.update(data: piece)
            state.bytes += more  // bounded: at most `bytesMax`, compared above
        }
    }

    /// Ends the writing for good: the bytes are on the disk, and nobody has the right to write any more.
    ///
    /// - Returns: SHA-256 of the bytes, 64 hexadecimal digits.
    @discardableResult
    package func seal() throws(AgentError) -> String {
        try state.withLock { state throws(AgentError) in
            if let sealed = state.sealed { return sealed }
            do throws(LinuxError) { try draft.seal() } catch { throw AgentError(error, writing: "the \(name)") }
            let digest = SHA256Hex.text(state.hasher.finalize())
            state.sealed = digest
            return digest
        }
    }

    /// Gives the sealed file its name; one that is taken is not taken over.
    package func link(as path: String) throws(AgentError) {
        precondition(state.withLock { $0.sealed != nil }, "only a sealed upload gets a name")
        do { try draft.link(as: path) } catch { throw AgentError(error, writing: "the \(name)") }
    }

    func identity() throws(AgentError) -> FileIdentity {
        do { return try draft.identity() } catch { throw .storage(Untrusted(error.description)) }
    }
}

extension AgentError {
    /// What the disk said while an upload was written.
    init(_ error: LinuxError, writing what: String) {
        if case .systemCall(_, _, ENOSPC) = error {
            self = .noRoom("the disk is full of other things than \(what)")
        } else {
            self = .storage(Untrusted(error.description))
        }
    }
}
