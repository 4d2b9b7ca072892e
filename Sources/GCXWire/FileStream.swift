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

        package mutating func next() async throws -> ByteBuffer? {
            guard left > 0 else { return nil }
            let count = Int(Swift.min(left, UInt64(WireLimits.chunkBytes)))  // bounded: `chunkBytes` at most
            let (file, path) = (file, path)
            let bytes = try await blocking { () throws(LinuxError) in try file.read(count, object: path) }
            guard !bytes.isEmpty else { throw LinuxError.malformed(object: path, reason: "it became shorter") }
            left -= UInt64(bytes.count)  // bounded: no more is read than is left
            return ByteBuffer(bytes: bytes)
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

    /// Creates the file, mode 0600, and cuts it to `keeping` bytes, after which more are written. A link in its place is
    /// not followed.
    package init(_ path: String, bytesMax: UInt64, keeping: UInt64 = 0) throws(LinuxError) {
        self.path = path
        self.bytesMax = bytesMax
        self.keeping = keeping
        file = OpenFile(try GCXLinux.FileDescriptor.open(path, O_WRONLY | O_CREAT | O_NOFOLLOW))
        // bounded: of a file on this disk, or 0
        guard ftruncate(file.number, off_t(keeping)) == 0, lseek(file.number, 0, SEEK_END) >= 0 else {
            throw .systemCall(operation: "ftruncate", object: path, errno: errno)
        }
    }

    /// - Returns: how many bytes there are in the file now.
    package func write<Pieces: AsyncSequence>(
        _ pieces: Pieces, progress: @Sendable (UInt64) -> Void = { _ in }
    ) async throws -> UInt64 where Pieces.Element == ByteBuffer {
        var written = keeping
        for try await piece in pieces {
            try Task.checkCancellation()
            written = written.saturatingSum(UInt64(piece.readableBytes))  // bounded: bytes in memory
            guard written <= bytesMax else { throw Overflow() }
            try await blocking { [file, path] () throws(LinuxError) in
                try file.write(piece.readableBytesView, object: path)
            }
            progress(written)
        }
        return written
    }
}

/// A descriptor that several tasks may hold; closed with the last of them.
private final class OpenFile: Sendable {
    private let descriptor: GCXLinux.FileDescriptor
    var number: Int32 { descriptor.number }

    package init(_ descriptor: consuming GCXLinux.FileDescriptor) { self.descriptor = descriptor }

    /// Up to `count` bytes; none at the end of the file.
    func read(_ count: Int, object: String) throws(LinuxError) -> [UInt8] {
        var failure: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let result = unsafe Glibc.read(number, buffer.baseAddress, count)
            failure = result < 0 ? errno : 0
            initialized = Swift.max(result, 0)
        }
        guard failure == 0 else { throw .systemCall(operation: "read", object: object, errno: failure) }
        return bytes
    }

    func write(_ bytes: some Collection<UInt8>, object: String) throws(LinuxError) {
        try descriptor.write(bytes, object: object)
    }
}
