package import GCXLinux
import GCXModel
import Glibc
package import NIOCore

/// A file as a sequence of pieces of at most `WireLimits.chunkBytes`, so that a large one never lies in memory.
///
/// Reading blocks a thread of NIO's pool, never one of Swift's.
package struct FileChunks: AsyncSequence, Sendable {
    package let path: String
    /// Bytes when the file was opened; no more are read.
    package let size: UInt64
    /// Where reading begins.
    package let offset: UInt64
    private let file: OpenFile

    /// - Parameter offset: bytes to leave out; beyond the end of the file there is nothing to read.
    package init(_ path: String, from offset: UInt64 = 0) throws(LinuxError) {
        self.path = path
        file = OpenFile(try GCXLinux.FileDescriptor.open(path, O_RDONLY))
        var status = stat()
        guard unsafe fstat(file.number, &status) == 0 else {
            throw .systemCall(operation: "fstat", object: path, errno: errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .malformed(object: path, reason: "not a regular file") }
        size = UInt64(status.st_size)  // bounded: a size is not below 0
        self.offset = Swift.min(offset, size)
        // bounded: at most the size, which is signed and of 64 bits
        guard lseek(file.number, off_t(self.offset), SEEK_SET) >= 0 else {
            throw .systemCall(operation: "lseek", object: path, errno: errno)
        }
    }

    // bounded: an offset is at most the size
    package func makeAsyncIterator() -> Iterator { Iterator(path: path, file: file, left: size - offset) }

    package struct Iterator: AsyncIteratorProtocol {
        let path: String
        fileprivate let file: OpenFile
        package private(set) var left: UInt64
        /// The last few pieces. Their memory is used again once nobody else has them: what a fresh piece costs is memory that the
        /// kernel has to clear.
        private var used: [ByteBuffer] = []

        fileprivate init(path: String, file: OpenFile, left: UInt64) {
            (self.path, self.file, self.left) = (path, file, left)
        }

        package mutating func next() async throws -> ByteBuffer? {
            guard left > 0 else { return nil }
            let count = Int(Swift.min(left, UInt64(WireLimits.chunkBytes)))  // bounded: `chunkBytes` at most
            let (file, path) = (file, path)
            let room = used.count < WireLimits.chunksKept ? ByteBuffer() : used.removeFirst()
            // Passed on and never copied: only memory that has one owner is used again.
            let chunk = try await blocking(giving: consume room) { (room: consuming ByteBuffer) throws(LinuxError) in
                var chunk = consume room
                try file.read(count, into: &chunk, object: path)
                return chunk
            }
            guard chunk.readableBytes > 0 else { throw LinuxError.malformed(object: path, reason: "it became shorter") }
            left -= UInt64(chunk.readableBytes)  // bounded: no more is read than is left
            used.append(chunk)
            return chunk
        }
    }
}

/// Writes pieces to a new file and refuses to write more than it may.
package struct FileSink: Sendable {
    /// More bytes came than were allowed.
    package struct Overflow: Error {}

    package let path: String
    package let bytesMax: UInt64
    private let keeping: UInt64
    private let file: OpenFile
    /// Whether the kernel keeps other sinks away from the file.
    private let isAlone: Bool

    /// Creates the file, mode 0600, and cuts it to `keeping` bytes, after which more are written. A link in its place is
    /// not followed. As long as the sink lives, no other one gets the file.
    package init(_ path: String, bytesMax: UInt64, keeping: UInt64 = 0) throws(LinuxError) {
        self.path = path
        self.bytesMax = bytesMax
        self.keeping = keeping
        file = OpenFile(try GCXLinux.FileDescriptor.open(path, O_WRONLY | O_CREAT | O_NOFOLLOW))
        isAlone = try file.takeAlone(path)
        // bounded: of a file on this disk, or 0
        guard ftruncate(file.number, off_t(keeping)) == 0, lseek(file.number, 0, SEEK_END) >= 0 else {
            throw .systemCall(operation: "ftruncate", object: path, errno: errno)
        }
    }

    /// Takes the next pieces while those before them are written. What came before an error is in the file.
    ///
    /// - Returns: how many bytes there are in the file now, and their SHA-256 as they were written; nil where some were there
    ///   before, or somebody else may have written as well.
    package func write<Pieces: AsyncSequence>(
        _ pieces: Pieces, progress: @Sendable (UInt64) -> Void = { _ in }
    ) async throws -> (bytes: UInt64, digest: String?) where Pieces.Element == ByteBuffer {
        var (taken, writing) = (keeping, WriteBehind(file, path))
        do {
            for try await piece in pieces {
                try Task.checkCancellation()
                let sum = taken.saturatingSum(UInt64(piece.readableBytes))  // bounded: bytes in memory
                guard sum <= bytesMax else { throw Overflow() }
                taken = sum
                try await writing.add(piece)
                progress(taken)
            }
        } catch {
            _ = try? await writing.finish()
            throw error
        }
        let digest = try await writing.finish()
        return (taken, isAlone && keeping == 0 ? digest : nil)
    }
}

/// Writes what came in batches, one after the other, each while the next one comes.
private struct WriteBehind {
    private let file: OpenFile
    private let path: String
    private var batch: [ByteBuffer] = []
    private var batchBytes = 0
    private var digest = RunningSHA256()
    /// The batch before, on its way to the file.
    private var running: Task<RunningSHA256, any Error>?

    init(_ file: OpenFile, _ path: String) { (self.file, self.path) = (file, path) }

    mutating func add(_ piece: ByteBuffer) async throws {
        batch.append(piece)
        batchBytes += piece.readableBytes  // bounded: bytes in memory
        if batchBytes >= WireLimits.batchBytes { try await begin() }
    }

    /// - Returns: the digest of all that was added, once it is written.
    mutating func finish() async throws -> String {
        try await begin()
        try await settle()
        return digest.hex
    }

    private mutating func begin() async throws {
        try await settle()
        let (batch, digest, file, path) = (batch, digest, file, path)
        (self.batch, batchBytes) = ([], 0)
        running = Task {
            try await blocking { () throws(LinuxError) in
                var digest = digest
                for piece in batch {
                    try file.write(piece.readableBytesView, object: path)
                    digest.add(piece.readableBytesView)
                }
                return digest
            }
        }
    }

    private mutating func settle() async throws {
        guard let before = running else { return }
        running = nil
        do { digest = try await before.value } catch {
            // Nothing stands behind what is not there.
            batch = []
            throw error
        }
    }
}

/// A descriptor that several tasks may hold; closed with the last of them.
private final class OpenFile: Sendable {
    private let descriptor: GCXLinux.FileDescriptor
    var number: Int32 { descriptor.number }

    package init(_ descriptor: consuming GCXLinux.FileDescriptor) { self.descriptor = descriptor }

    /// Up to `count` bytes in place of what the buffer holds; none at the end of the file.
    func read(_ count: Int, into buffer: inout ByteBuffer, object: String) throws(LinuxError) {
        var failure: Int32 = 0
        buffer.clear(minimumCapacity: count)
        unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
            let result = unsafe Glibc.read(number, bytes.baseAddress, count)
            failure = result < 0 ? errno : 0
            return Swift.max(result, 0)
        }
        guard failure == 0 else { throw .systemCall(operation: "read", object: object, errno: failure) }
    }

    /// Takes the file at `path`, which this is, for as long as it is open.
    ///
    /// - Returns: false where the file system knows no locks.
    /// - Throws: when somebody else has it, or has given it another name.
    func takeAlone(_ path: String) throws(LinuxError) -> Bool {
        guard flock(number, LOCK_EX | LOCK_NB) == 0 else {
            guard errno == EWOULDBLOCK else { return false }
            throw .malformed(object: path, reason: "another transfer is writing it")
        }
        var (own, named) = (stat(), stat())
        guard unsafe fstat(number, &own) == 0, unsafe lstat(path, &named) == 0, own.st_ino == named.st_ino,
            own.st_dev == named.st_dev
        else { throw .malformed(object: path, reason: "another transfer has just ended there") }
        return true
    }

    func write(_ bytes: some Collection<UInt8>, object: String) throws(LinuxError) {
        try descriptor.write(bytes, object: object)
    }
}
