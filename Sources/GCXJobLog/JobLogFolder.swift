package import GCXLinux
import GCXModel
import Glibc

/// The segments of a log, as their readers find them; also while the job writes.
package struct JobLogFolder: Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    static func name(of start: UInt64, in path: String) -> String {
        let digits = String(start)
        // bounded: joins texts; 64 bits have at most 20 digits
        return "\(path)/\(String(repeating: "0", count: nameDigits - digits.count))\(digits)"
    }

    /// Enough for any 64-bit number, so that names sort as the numbers do.
    private static let nameDigits = 20

    /// Offsets at which segments begin, in order and below 2^63, more than any log has; none when there is no log.
    func starts() throws(LinuxError) -> [UInt64] {
        let names: [String]
        do {
            names = try Files.names(in: path)
        } catch .systemCall(_, _, ENOENT) {
            return []
        } catch {
            throw error
        }
        return names.filter { $0.utf8.count == Self.nameDigits }.compactMap { Int64($0, radix: 10) }.compactMap {
            UInt64(exactly: $0)
        }
    }

    /// Bytes that the log takes.
    package var bytes: UInt64 {
        let names = (try? Files.names(in: path)) ?? []
        return names.reduce(0) { $0.saturatingSum(Disk.size(of: "\(path)/\($1)") ?? 0) }
    }

    package var exists: Bool { Files.exists(path) }

    /// The bytes of a segment from a place within it, at most `bytesMax`; nil when it has just been dropped.
    func bytes(of start: UInt64, from place: UInt64 = 0, bytesMax: Int) throws(LinuxError) -> [UInt8]? {
        guard let position = Int(exactly: place) else { return [] }
        let name = Self.name(of: start, in: path)
        let number = unsafe open(name, O_RDONLY | O_CLOEXEC)
        if number < 0, errno == ENOENT { return nil }
        guard number >= 0 else { throw .systemCall(operation: "open", object: name, errno: errno) }
        let file = FileDescriptor(owning: number)
        // A segment is no longer than its most; a page may be asked for far behind its end.
        var status = stat()
        guard unsafe fstat(file.number, &status) == 0 else {
            throw .systemCall(operation: "fstat", object: name, errno: errno)
        }
        var failure: Int32 = 0
        // bounded: a size and a place, neither below 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: max(0, min(bytesMax, Int(status.st_size) - position))) {
            let count = unsafe pread(file.number, $0.baseAddress, $0.count, position)
            failure = count < 0 ? errno : 0
            $1 = max(0, count)
        }
        guard failure == 0 else { throw .systemCall(operation: "read", object: name, errno: failure) }
        return bytes
    }

    /// The whole of a segment; nil when it has just been dropped.
    func bytes(of start: UInt64) throws(LinuxError) -> [UInt8]? {
        // bounded: of two constants
        try bytes(of: start, bytesMax: Int(JobLogLimits.logSegmentBytesMax) + JobLog.overheadBytes)
    }

    /// What a segment's first record says; nil when the segment is gone or has no whole record yet.
    func segment(at start: UInt64) throws(LinuxError) -> JobLog.Segment? { try opening(start)?.segment }

    /// The same with the record's wall time.
    func opening(_ start: UInt64) throws(LinuxError) -> (segment: JobLog.Segment, wallNanoseconds: UInt64)? {
        guard let bytes = try bytes(of: start, bytesMax: JobLog.Segment.recordBytes) else { return nil }
        let found = unsafe bytes.withUnsafeBytes { bytes -> (segment: JobLog.Segment, wallNanoseconds: UInt64)?? in
            switch unsafe JobLog.look(at: bytes) {
            case .part: return .some(nil)
            case .rubbish: return nil
            case .frame(let frame):
                guard frame.stream == .segment, let segment = unsafe JobLog.Segment(frame.payload),
                    segment.offset == start
                else { return nil }
                return (segment, frame.wallNanoseconds)
            }
        }
        guard let found else { throw damaged(start) }
        return found
    }

    func damaged(_ offset: UInt64) -> LinuxError {
        .malformed(object: path, reason: "no record begins at offset \(offset)")
    }
}

/// Whole records of a log as they are stored.
package struct JobLogStretch: Equatable, Sendable {
    /// Where the records begin; beyond what was asked for when that has been dropped.
    package var start: UInt64
    /// Where to go on.
    package var next: UInt64
    /// Where what is kept begins.
    package var firstKept: UInt64
    package var bytes: [UInt8]
}

extension JobLogFolder {
    /// Whole records from an offset on: at least one if there is one, otherwise at most `bytesMax` bytes, out of one segment.
    ///
    /// - Parameter only: leaves out the other stream of the job.
    /// - Throws: `LinuxError.malformed` when no record begins at the offset.
    package func stretch(
        from offset: UInt64, bytesMax: Int, only: JobLog.Stream? = nil
    ) throws(LinuxError) -> JobLogStretch {
        for _ in 0..<JobLogLimits.logReadTriesMax {
            let starts = try starts()
            guard let first = starts.first else {
                return JobLogStretch(start: offset, next: offset, firstKept: 0, bytes: [])
            }
            if let found = try stretch(from: max(offset, first), bytesMax, only, starts) { return found }
        }
        throw .malformed(object: path, reason: "segments vanish faster than they can be read")
    }

    private func stretch(
        from offset: UInt64, _ bytesMax: Int, _ only: JobLog.Stream?, _ starts: [UInt64]
    ) throws(LinuxError) -> JobLogStretch? {
        var number = (starts.lastIndex { $0 <= offset } ?? 0)
        var place = offset
        // Where the answer begins: segments without the wanted stream are passed over, not lost.
        var begin = offset
        // bounded: of two constants
        let most = max(bytesMax, JobLogLimits.logRecordBytesMax + JobLog.overheadBytes)
        while true {
            // bounded here: no segment is gone on to that is not there, and a place lies in it or behind
            let start = starts[number]
            if let only, place == start, try lacks(only, number, starts) {
                number += 1
                place = starts[number]
                continue
            }
            guard let bytes = try bytes(of: start, from: place - start, bytesMax: most) else { return nil }
            if place == start { _ = try opening(start) }
            let (kept, count) = try whole(bytes, at: place, bytesMax: bytesMax, only)
            if count > 0 || number == starts.count - 1 {
                return JobLogStretch(start: begin, next: place + UInt64(count), firstKept: starts[0], bytes: kept)
            }
            // A segment that has a next one is finished: what is no whole record there never will be.
            guard bytes.isEmpty else { throw damaged(place) }
            number += 1
            if begin == place { begin = starts[number] }
            place = starts[number]
        }
    }

    /// Whether a finished segment holds nothing of a stream, by what its next one counts.
    private func lacks(_ only: JobLog.Stream, _ number: Int, _ starts: [UInt64]) throws(LinuxError) -> Bool {
        // bounded here: whether there is a next one is asked first; the counts of a stream are no list
        guard number + 1 < starts.count, let here = try segment(at: starts[number]),
            let next = try segment(at: starts[number + 1])
        else { return false }
        return here.counts[only]?.bytes == next.counts[only]?.bytes
    }

    private func whole(
        _ bytes: [UInt8], at place: UInt64, bytesMax: Int, _ only: JobLog.Stream?
    ) throws(LinuxError) -> (kept: [UInt8], count: Int) {
        var kept: [UInt8] = []
        let left: JobLog.Stream? = only.map { $0 == .output ? .error : .output }
        let end = unsafe bytes.withUnsafeBytes {
            unsafe JobLog.walk($0) { frame, at in
                // bounded here: joins bytes; both lie in bytes in memory
                guard unsafe at == 0 || at + frame.all.count <= bytesMax else { return false }
                if left != nil, frame.stream != left { unsafe kept += frame.all }
                return true
            }
        }
        if end.bytes == 0, end.isRubbish { throw damaged(place) }
        return (left == nil ? Array(bytes.prefix(end.bytes)) : kept, end.bytes)
    }
}
