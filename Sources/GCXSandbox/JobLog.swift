import Crypto
import GCXLinux
import Glibc

/// The file a job's output is kept in.
///
/// Format: the 8 bytes `GCXLOG1\n`, then records. A record is a header of 24 bytes and its payload; numbers are
/// little-endian: stream (1 byte: 1 standard output, 2 standard error, 3 truncation mark, 4 a message of the sandbox
/// itself), 3 zero bytes, length of the payload (4 bytes), CLOCK_BOOTTIME in nanoseconds (8), nanoseconds since 1970
/// (8). A truncation mark has no payload and says that everything after it was dropped. A record is written by one
/// call, so that a reader sees either all of it or knows that it is not finished.
package enum JobLog {
    package static let magic = Array("GCXLOG1\n".utf8)
    static let headerBytes = 24

    package enum Stream: UInt8, Codable, Sendable {
        case output = 1
        case error = 2
        case truncated = 3
        case sandbox = 4
    }

    package struct Record: Equatable, Sendable {
        package var stream: Stream
        package var bootNanoseconds: UInt64
        package var wallNanoseconds: UInt64
        package var bytes: [UInt8]

        package init(stream: Stream, bootNanoseconds: UInt64, wallNanoseconds: UInt64, bytes: [UInt8]) {
            self.stream = stream
            self.bootNanoseconds = bootNanoseconds
            self.wallNanoseconds = wallNanoseconds
            self.bytes = bytes
        }

        var encoded: [UInt8] {
            let header = [stream.rawValue, 0, 0, 0]
            let length = withUnsafeBytes(of: UInt32(bytes.count).littleEndian) { Array($0) }
            let boot = withUnsafeBytes(of: bootNanoseconds.littleEndian) { Array($0) }
            let wall = withUnsafeBytes(of: wallNanoseconds.littleEndian) { Array($0) }
            return header + length + boot + wall + bytes
        }
    }
}

/// Appends records, up to a limit; used by the supervisor alone.
struct JobLogWriter: ~Copyable {
    private let file: FileDescriptor
    private let path: String
    private let limit: UInt64
    private var kept: UInt64 = 0
    private var isTruncated = false
    private var hasher = SHA256()
    private(set) var droppedBytes: UInt64 = 0
    private(set) var fileBytes: UInt64 = 0

    /// - Parameter limit: payload bytes of standard output and standard error that are kept, together.
    init(_ path: String, limit: UInt64) throws(LinuxError) {
        self.path = path
        self.limit = limit
        file = try FileDescriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND)
    }

    /// Keeps as much of `bytes` as the limit allows; where it ends, a truncation mark is written once.
    mutating func write(_ stream: JobLog.Stream, _ bytes: ArraySlice<UInt8>) throws(LinuxError) {
        let room = stream == .sandbox ? UInt64(bytes.count) : limit - kept
        let taken = bytes.prefix(Int(clamping: room))
        if !taken.isEmpty { try append(record(stream, Array(taken))) }
        if stream != .sandbox { kept += UInt64(taken.count) }
        droppedBytes += UInt64(bytes.count - taken.count)
        if taken.count < bytes.count, !isTruncated {
            isTruncated = true
            try append(record(.truncated, []))
        }
    }

    /// SHA-256 of the whole file so far.
    var digest: String { SHA256Hex.text(hasher.finalize()) }

    private func record(_ stream: JobLog.Stream, _ bytes: [UInt8]) -> [UInt8] {
        JobLog.Record(
            stream: stream, bootNanoseconds: BootClock.now(), wallNanoseconds: WallClock.now(), bytes: bytes
        ).encoded
    }

    /// Writes the bytes every log begins with; called once, before the first record.
    mutating func begin() throws(LinuxError) { try append(JobLog.magic) }

    private mutating func append(_ bytes: [UInt8]) throws(LinuxError) {
        try file.write(bytes, object: path)
        hasher.update(data: bytes)
        fileBytes += UInt64(bytes.count)
    }
}

/// Reads records in order, also while the job still writes.
package struct JobLogReader: Sendable {
    package let path: String
    /// Where the next record begins.
    package private(set) var offset: UInt64 = 0
    private var hasher = SHA256()

    package init(path: String) { self.path = path }

    /// Goes on elsewhere in the file; the digest is then of what is read from there.
    mutating func skip(to offset: UInt64) { self.offset = offset }

    /// SHA-256 of the file up to `offset`: what a receipt carries as the digest of the log so far.
    package var digest: String { SHA256Hex.text(hasher.finalize()) }

    /// The next whole records, at most about 4 MiB of them; empty when there is nothing new yet.
    ///
    /// - Throws: ``LinuxError/malformed(object:reason:)`` when the file is not a log.
    package mutating func next() throws(LinuxError) -> [JobLog.Record] {
        // No file is as long as that, and pread takes a signed offset.
        guard let position = Int(exactly: offset) else { return [] }
        let file = try FileDescriptor.open(path, O_RDONLY)
        var bytes = [UInt8](repeating: 0, count: 4 << 20)
        let count = bytes.withUnsafeMutableBytes { pread(file.number, $0.baseAddress, $0.count, position) }
        guard count >= 0 else { throw .systemCall(operation: "read", object: path, errno: errno) }
        var rest = bytes[..<count]
        var records: [JobLog.Record] = []
        if offset == 0 {
            guard rest.count >= JobLog.magic.count else { return [] }
            guard rest.starts(with: JobLog.magic) else { throw .malformed(object: path, reason: "not a job's log") }
            advance(over: JobLog.magic.count, &rest)
        }
        while let (record, length) = try parse(rest) {
            records.append(record)
            advance(over: length, &rest)
        }
        return records
    }

    private mutating func advance(over count: Int, _ rest: inout ArraySlice<UInt8>) {
        hasher.update(data: Array(rest.prefix(count)))
        rest = rest.dropFirst(count)
        offset += UInt64(count)
    }

    /// The record at the beginning, or nil when it is not all there.
    private func parse(_ bytes: ArraySlice<UInt8>) throws(LinuxError) -> (JobLog.Record, Int)? {
        guard bytes.count >= JobLog.headerBytes else { return nil }
        let start = bytes.startIndex
        let length = Int(Self.number(bytes[(start + 4)..<(start + 8)]))
        guard let stream = JobLog.Stream(rawValue: bytes[start]), length <= SandboxLimits.logRecordBytesMax else {
            throw .malformed(object: path, reason: "no record at byte \(offset)")
        }
        guard bytes.count >= JobLog.headerBytes + length else { return nil }
        let payload = start + JobLog.headerBytes
        let record = JobLog.Record(
            stream: stream, bootNanoseconds: Self.number(bytes[(start + 8)..<(start + 16)]),
            wallNanoseconds: Self.number(bytes[(start + 16)..<(start + 24)]),
            bytes: Array(bytes[payload..<(payload + length)]))
        return (record, JobLog.headerBytes + length)
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
