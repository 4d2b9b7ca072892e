package import GCXLinux
import GCXModel
import Glibc

/// The directory a job's output is kept in: a stream of records, cut into segments.
///
/// **Record.** A header of 24 bytes, the payload, a check of 8 bytes; numbers are little-endian. Header: stream (1 byte,
/// ``Stream``), 3 zero bytes, length of the payload (4), CLOCK_BOOTTIME in nanoseconds (8), nanoseconds since 1970 (8).
///
/// **Chain.** The head after a record is SHA-256 over the head before it (32 bytes), the header and the payload; before
/// the first record it is zero. The check is the first 8 bytes of that head, so a changed byte is found at its record. A
/// receipt carries the head at its moment (`Receipt.logDigest`).
///
/// **Offset.** Bytes of all records before, from the first that was ever written: it stays the same when old ones go.
///
/// **Segment.** A file named by the offset of its first record, 20 digits. That record (``Stream/segment``,
/// ``Segment``) holds the head before it and what was written so far, so reading, checking, and seeking by time or
/// line can begin at any segment. Kept segments are without a gap; only the oldest are ever dropped.
///
/// **Crashes.** A record is one write. A supervisor that is killed may leave part of one, which readers do not see and
/// ``JobLogFolder/cut()`` removes. Nothing is synced: a crash of the agent or the supervisor loses nothing that was
/// written, one of the machine what the kernel had not put on disk (usually the last 30 s), and then what is left may end
/// in rubbish that the check shows.
package enum JobLog {
    static let magic = Array("GCXLOG2\n".utf8)
    static let headerBytes = 24
    static let checkBytes = 8
    /// What a record takes beyond its payload.
    package static let overheadBytes = headerBytes + checkBytes  // bounded: of two constants

    /// What a record is.
    package enum Stream: UInt8, Sendable {
        case output = 1
        case error = 2
        /// From here on output is dropped; its payload counts what was dropped so far: standard output, standard error.
        /// Written where it begins, and once more at the job's end.
        case truncated = 3
        /// A message of the sandbox itself.
        case sandbox = 4
        /// The first record of a segment.
        case segment = 5
    }

    /// A record without its check.
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

        /// Header and payload: what the chain covers.
        var hashed: [UInt8] {
            var all = [UInt8](repeating: 0, count: JobLog.headerBytes)
            unsafe all.withUnsafeMutableBytes {
                unsafe JobLog.writeHeader(stream, length: bytes.count, boot: bootNanoseconds, wall: wallNanoseconds, $0)
            }
            return all + bytes  // bounded: joins bytes
        }

        /// The record as it is stored after what `chain` holds, which goes on to it.
        package func encoded(after chain: inout JobLogChain) -> [UInt8] {
            let hashed = hashed
            let check = unsafe hashed.withUnsafeBytes { unsafe chain.extend($0) }
            return hashed + JobLog.bytes(check)  // bounded: joins bytes
        }
    }

    static func writeHeader(
        _ stream: Stream, length: Int, boot: UInt64, wall: UInt64, _ target: UnsafeMutableRawBufferPointer
    ) {
        // bounded here: a stream is a byte; what is written is `logRecordBytesMax` at most
        unsafe target.storeBytes(of: UInt32(stream.rawValue).littleEndian, toByteOffset: 0, as: UInt32.self)
        unsafe target.storeBytes(of: UInt32(length).littleEndian, toByteOffset: 4, as: UInt32.self)
        unsafe target.storeBytes(of: boot.littleEndian, toByteOffset: 8, as: UInt64.self)
        unsafe target.storeBytes(of: wall.littleEndian, toByteOffset: 16, as: UInt64.self)
    }

    static func bytes(_ number: UInt64) -> [UInt8] {
        unsafe withUnsafeBytes(of: number.littleEndian) { unsafe Array($0) }
    }

    static func number(_ bytes: UnsafeRawBufferPointer, at index: Int) -> UInt64 {
        unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
    }
}

extension JobLog {
    /// One record where it lies.
    @safe struct Frame {
        var stream: Stream
        var bootNanoseconds: UInt64
        var wallNanoseconds: UInt64
        var payload: UnsafeRawBufferPointer
        /// Header, payload and check.
        var all: UnsafeRawBufferPointer

        var record: Record {
            unsafe Record(
                stream: stream, bootNanoseconds: bootNanoseconds, wallNanoseconds: wallNanoseconds,
                bytes: Array(payload))
        }
    }

    /// What begins at some place of a log.
    enum Found {
        case frame(Frame)
        /// A record that is not all there.
        case part
        /// No record.
        case rubbish
    }

    /// Looks at the beginning of `bytes`.
    static func look(at bytes: UnsafeRawBufferPointer) -> Found {
        guard bytes.count >= headerBytes else { return .part }
        let word = unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
        // bounded here: a length is at most `logRecordBytesMax`, and there are as many bytes as record and header take
        let length = unsafe Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
        guard let stream = UInt8(exactly: word).flatMap(Stream.init), length <= JobLogLimits.logRecordBytesMax else {
            return .rubbish
        }
        let total = overheadBytes + length
        guard bytes.count >= total else { return .part }
        return unsafe .frame(
            Frame(
                stream: stream, bootNanoseconds: number(bytes, at: 8), wallNanoseconds: number(bytes, at: 16),
                payload: UnsafeRawBufferPointer(rebasing: bytes[headerBytes..<(headerBytes + length)]),
                all: UnsafeRawBufferPointer(rebasing: bytes[..<total])))
    }

    /// Hands every whole record at the beginning of `bytes` to `body` with the offset of the record within them, until
    /// one is not whole or `body` answers false.
    ///
    /// - Returns: bytes of the records that `body` accepted, and whether rubbish follows them.
    @discardableResult
    static func walk(
        _ bytes: UnsafeRawBufferPointer, _ body: (Frame, Int) -> Bool
    ) -> (bytes: Int, isRubbish: Bool) {
        var done = 0
        while true {
            // bounded here: what was read of the bytes is at most their number, `look` sees to it
            switch unsafe look(at: UnsafeRawBufferPointer(rebasing: bytes[done...])) {
            case .part: return (done, false)
            case .rubbish: return (done, true)
            case .frame(let frame):
                guard body(frame, done) else { return (done, false) }
                unsafe done += frame.all.count
            }
        }
    }

    /// The whole records in a page of a log.
    ///
    /// - Throws: `LinuxError.malformed` when there is something else among them.
    package static func records(in page: [UInt8]) throws(LinuxError) -> [Record] {
        var records: [Record] = []
        let end = unsafe page.withUnsafeBytes { bytes in
            unsafe walk(bytes) { frame, _ in
                records.append(frame.record)
                return true
            }
        }
        guard end.bytes == page.count else {
            throw .malformed(object: "a page of a log", reason: "no record begins at its byte \(end.bytes)")
        }
        return records
    }
}
