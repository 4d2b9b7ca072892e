import GCXLinux
import GCXModel
package import GCXWire
import Glibc

/// One upload on its way to the agent's disk: hashed as it is written, by the one writer that has it.
///
/// Nobody else can open it while it is written, and sealing uses the writer up, so that what was looked through and hashed is
/// what is used later. It is gone with this value, and the room that it took is free again.
package struct UploadFile: ~Copyable, Sendable {
    /// The writer stops with an error beyond this.
    package let bytesMax: UInt64
    /// Bytes written so far.
    package private(set) var bytes: UInt64 = 0
    private let name: String
    private let draft: DraftFile
    /// Nil where nobody counts.
    private var room: UploadPlace?
    private var hasher = RunningSHA256()

    /// - Parameters:
    ///   - directory: where the file is to lie.
    ///   - name: for messages.
    ///   - room: what its bytes are counted to; asked before each piece.
    package init(
        in directory: String, name: String, bytesMax: UInt64, room: consuming UploadPlace? = nil
    ) throws(AgentError) {
        do { draft = try DraftFile(in: directory) } catch { throw .storage(Untrusted(error.description)) }
        (self.name, self.bytesMax) = (name, bytesMax)
        self.room = room
    }

    /// Writes a piece at the end. The calling thread waits for the disk.
    ///
    /// - Throws: `AgentError.tooLarge`, `AgentError.noRoom`, or an error of the disk; what was written
    ///   before stays in the file, which is worth nothing then.
    package mutating func write(_ piece: some Collection<UInt8>) throws(AgentError) {
        let more = UInt64(piece.count)  // bounded: bytes in memory
        // bounded: each piece was held against what is left
        guard more <= bytesMax - bytes else { throw .tooLarge("the \(name)", bytesMax: bytesMax) }
        try room?.grow(by: more)
        do throws(LinuxError) { try draft.write(piece, object: name) } catch {
            throw AgentError(error, writing: "the \(name)")
        }
        hasher.add(piece)
        bytes += more  // bounded: at most `bytesMax`, compared above
    }

    /// Ends the writing for good: the bytes are on the disk, and nobody has the right to write any more.
    package consuming func seal() throws(AgentError) -> CompleteUpload {
        let digest = hasher.hex
        let file: SealedFile
        do throws(LinuxError) { file = try draft.seal() } catch { throw AgentError(error, writing: "the \(name)") }
        return CompleteUpload(digest: digest, bytesMax: bytesMax, name: name, file: file, room: room)
    }
}

/// An upload that nobody can write any more: it can be looked through, and gets its name once.
package struct CompleteUpload: ~Copyable, Sendable {
    /// SHA-256 of the bytes, 64 hexadecimal digits.
    package let digest: String
    package let bytesMax: UInt64
    private let name: String
    private let file: SealedFile
    private let room: UploadPlace?

    fileprivate init(
        digest: String, bytesMax: UInt64, name: String, file: consuming SealedFile, room: consuming UploadPlace?
    ) {
        (self.digest, self.bytesMax, self.name) = (digest, bytesMax, name)
        self.file = file
        self.room = room
    }

    /// By this path this process, and no other, reads the very file.
    package var path: String { file.path }

    /// The very file, open for reading only.
    func reading() throws(AgentError) -> OpenFile {
        do {
            return OpenFile(try FileDescriptor.open(path, O_RDONLY))
        } catch { throw .storage(Untrusted(error.description)) }
    }

    func identity() throws(AgentError) -> FileIdentity {
        do { return try file.identity() } catch { throw .storage(Untrusted(error.description)) }
    }

    /// Gives the file its name; one that is taken is not taken over.
    package consuming func link(as path: String) throws(AgentError) {
        let name = name
        do { try file.link(as: path) } catch { throw AgentError(error, writing: "the \(name)") }
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
