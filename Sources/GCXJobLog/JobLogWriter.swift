package import GCXLinux
package import GCXModel
import Glibc

/// Appends records to a job's log, within its limit; used by the supervisor alone.
///
/// What is on the disk, headers and all, stays below the limit, but for marks and messages of the sandbox; a limit below
/// two of the smallest segments counts as that.
@safe package struct JobLogWriter: ~Copyable {
    private let path: String
    private let limit: UInt64
    private let keep: LogKeep
    private let segmentBytes: UInt64
    /// Room for one record: read into, hashed and written where it lies.
    private let buffer: UnsafeMutableRawBufferPointer
    private let payloadMax: Int
    private var file: FileDescriptor?
    private var chain = JobLogChain()
    private var counts = JobLogCounts()
    /// Offsets of the segments that are kept; the last one is being written.
    private var starts: [UInt64] = []
    private var index: UInt64 = 0
    private var isTruncated = false
    private var dropped = (output: UInt64(0), error: UInt64(0))
    /// Bytes of all records so far, kept or not: where the next one begins.
    package private(set) var offset: UInt64 = 0

    /// Begins a new log in a directory of its own; what was there goes.
    package init(_ path: String, limit: UInt64, keep: LogKeep = .end) throws(LinuxError) {
        self.path = path
        self.keep = keep
        let least = JobLogLimits.logSegmentBytesMin
        self.limit = max(limit, 2 * least)  // bounded: of two constants
        segmentBytes = min(max(self.limit / JobLogLimits.logSegments, least), JobLogLimits.logSegmentBytesMax)
        // bounded here: a segment has at least `logSegmentBytesMin`, more than its own record
        let room = Int(segmentBytes) - JobLog.Segment.recordBytes - JobLog.overheadBytes
        payloadMax = min(room, JobLogLimits.logRecordBytesMax)
        unsafe buffer = .allocate(byteCount: payloadMax + JobLog.overheadBytes, alignment: 64)
        do {
            try Files.removeTree(path)
            // Whoever may go to the job's directory may read its log.
            try Files.makeDirectory(path, mode: 0o750)
            try beginSegment()
        } catch {
            // The deinit of a value that was never whole does not run.
            unsafe buffer.deallocate()
            throw error
        }
    }

    deinit { unsafe buffer.deallocate() }

    /// The head of the chain after everything so far.
    package var head: Digest { chain.head }
    private var droppedBytes: UInt64 {
        isTruncated ? dropped.output + dropped.error : goneBytes  // bounded: bytes that were read one by one
    }
    private var goneBytes: UInt64 = 0

    /// Reads once from the job and keeps what came.
    ///
    /// - Parameter replacing: what is kept in the place of what came, as the sandbox's own word; nil keeps what came.
    /// - Returns: the bytes read; 0 at the end.
    package mutating func copy(
        from number: Int32, _ stream: JobLog.Stream,
        replacing: (UnsafeRawBufferPointer) -> [UInt8]? = { _ in nil }
    ) throws(LinuxError) -> Int {
        let count = unsafe read(number, buffer.baseAddress?.advanced(by: JobLog.headerBytes), payloadMax)
        if count < 0 && errno == EINTR { return 1 }
        guard count >= 0 else { throw .systemCall(operation: "read", object: "output of the job", errno: errno) }
        guard count > 0 else { return count }
        // bounded here: no more was read than there is room for behind the header
        let end = JobLog.headerBytes + count
        if let other = unsafe replacing(UnsafeRawBufferPointer(rebasing: buffer[JobLog.headerBytes..<end])) {
            try write(.sandbox, other)
        } else {
            try take(stream, count)
        }
        return count
    }

    /// Keeps bytes that are at hand.
    package mutating func write(_ stream: JobLog.Stream, _ bytes: [UInt8]) throws(LinuxError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(payloadMax)
            // bounded here: the buffer begins with the header
            unsafe piece.withUnsafeBytes {
                unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[JobLog.headerBytes...]).copyMemory(from: $0)
            }
            try take(stream, piece.count)
            rest = rest.dropFirst(piece.count)
        }
    }

    /// Says how much was dropped, once nothing more will come, and what the log came to. There is no writing after it.
    package consuming func finish() -> FinishedLog {
        var failure: LinuxError?
        if isTruncated { do { try mark() } catch { failure = error } }
        return FinishedLog(bytes: offset, head: head, droppedBytes: droppedBytes, failure: failure)
    }

    /// Keeps the first `count` bytes of the buffer's payload, as far as the limit allows.
    private mutating func take(_ stream: JobLog.Stream, _ count: Int) throws(LinuxError) {
        guard stream == .output || stream == .error else { return try append(stream, count) }
        guard !isTruncated else { return drop(stream, count) }
        var kept = count
        if keep == .beginning {
            // bounded here: bytes that were written one by one, and a piece of them
            let room = limit - min(limit, offset + newSegmentBytes(count) + UInt64(JobLog.overheadBytes))
            kept = min(count, Int(clamping: room))
        }
        if kept > 0 { try append(stream, kept) }
        if kept < count {
            isTruncated = true
            try mark()
            // bounded here: a part of the count
            drop(stream, count - kept)
        }
    }

    private mutating func drop(_ stream: JobLog.Stream, _ count: Int) {
        // bounded: bytes that were read one by one
        if stream == .output { dropped.output += UInt64(count) } else { dropped.error += UInt64(count) }
    }

    private mutating func mark() throws(LinuxError) {
        // bounded here: joins bytes; the buffer begins with the header
        let payload = JobLog.bytes(dropped.output) + JobLog.bytes(dropped.error)
        unsafe payload.withUnsafeBytes {
            unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[JobLog.headerBytes...]).copyMemory(from: $0)
        }
        try append(.truncated, payload.count)
    }

    private func isFull(before count: Int) -> Bool {
        // bounded: a segment begins at or before the place that is written; a piece is at most `payloadMax`
        offset - (starts.last ?? 0) + UInt64(count + JobLog.overheadBytes) > segmentBytes
    }

    private func newSegmentBytes(_ count: Int) -> UInt64 {
        isFull(before: count) ? UInt64(JobLog.Segment.recordBytes) : 0  // bounded: a constant
    }

    /// Makes a record of the buffer's payload and writes it in one call.
    private mutating func append(_ stream: JobLog.Stream, _ count: Int) throws(LinuxError) {
        if isFull(before: count) { try beginSegment() }
        unsafe JobLog.writeHeader(stream, length: count, boot: BootClock.now(), wall: WallClock.now(), buffer)
        // bounded here: a piece is at most `payloadMax`, and the buffer has room for it, header and check
        let covered = JobLog.headerBytes + count
        let check = unsafe chain.extend(UnsafeRawBufferPointer(rebasing: buffer[..<covered]))
        unsafe buffer.storeBytes(of: check.littleEndian, toByteOffset: covered, as: UInt64.self)
        unsafe counts.add(stream, UnsafeRawBufferPointer(rebasing: buffer[JobLog.headerBytes..<covered]))
        try unsafe put(UnsafeRawBufferPointer(rebasing: buffer[..<(covered + JobLog.checkBytes)]))
    }

    /// Goes on in a new file, and drops the oldest ones to stay below the limit when it is full.
    ///
    /// The payload in the buffer waits meanwhile.
    private mutating func beginSegment() throws(LinuxError) {
        var gone: [UInt64] = []
        if keep == .end {
            // bounded here: the first is there; bytes and segments that were written one by one
            while starts.count > 1, offset - starts[0] + segmentBytes > limit { gone.append(starts.removeFirst()) }
        }
        if let first = starts.first, !gone.isEmpty {
            goneBytes = try JobLogFolder(path: path).segment(at: first)?.counts.bytes ?? goneBytes
        }
        let segment = JobLog.Segment(
            index: index, offset: offset, firstKept: starts.first ?? offset, counts: counts, head: chain.head)
        let record = JobLog.Record(
            stream: .segment, bootNanoseconds: BootClock.now(), wallNanoseconds: WallClock.now(), bytes: segment.payload
        ).encoded(after: &chain)
        file = try FileDescriptor.open(
            JobLogFolder.name(of: offset, in: path), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, mode: 0o640)
        starts.append(offset)
        index += 1  // bounded: segments that were written one by one
        try file?.write(record, object: path)
        offset += UInt64(record.count)  // bounded: bytes that were written one by one
        // The new segment says that they are gone before they are.
        for start in gone { try Files.remove(JobLogFolder.name(of: start, in: path)) }
    }

    private mutating func put(_ bytes: UnsafeRawBufferPointer) throws(LinuxError) {
        guard let number = file?.number else { return }
        var done = 0
        // bounded here: no more is written than there is; the sum was written bytes by bytes
        while done < bytes.count {
            let count = unsafe Glibc.write(number, bytes.baseAddress?.advanced(by: done), bytes.count - done)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .systemCall(operation: "write", object: path, errno: errno) }
            done += count
        }
        offset += UInt64(bytes.count)
    }
}

/// What a log came to, in the words of the one that wrote it.
package struct FinishedLog: Equatable, Sendable {
    /// Bytes of all records, kept or not.
    package var bytes: UInt64
    /// The head of the chain after all of them.
    package var head: Digest
    /// Output of the job that is not kept, in bytes: beyond the limit, or in segments that had to go.
    package var droppedBytes: UInt64
    /// Why the last record, which says what was dropped, could not be written; nil when it could, or nothing was dropped.
    package var failure: LinuxError?
}
