package import GCXLinux
package import GCXModel
import Glibc

/// Where a log ends, and the head of its chain there.
package struct JobLogEnd: Equatable, Sendable {
    package var offset: UInt64 = 0
    package var head = Digest.zero

    package init(offset: UInt64 = 0, head: Digest = .zero) { (self.offset, self.head) = (offset, head) }
}

extension JobLogFolder {
    /// The end of what is whole by now; nil when there is no log.
    ///
    /// - Throws: `LinuxError.malformed` when the last segment does not hold what was written.
    /// - Complexity: the last segment is read and hashed, a few milliseconds at most.
    package func end() throws(LinuxError) -> JobLogEnd? {
        for start in try starts().reversed() {
            guard let segment = try segment(at: start), let bytes = try bytes(of: start) else { continue }
            let (end, isGood) = Self.follow(segment, bytes)
            guard isGood else { throw damaged(end.offset) }
            return end
        }
        return nil
    }

    /// Removes what the death of the writer left at the end: part of a record, or what the disk made of it.
    ///
    /// - Precondition: nobody writes any more.
    /// - Returns: the bytes removed.
    @discardableResult
    package func cut() throws(LinuxError) -> UInt64 {
        var removed: UInt64 = 0
        for start in try starts().reversed() {
            guard let bytes = try bytes(of: start) else { continue }
            let name = Self.name(of: start, in: path)
            let end = (try? segment(at: start)).map { Self.follow($0, bytes).end.offset }
            if let end, end > start {
                // bounded here: a segment begins below 2^63, `starts` sees to it, and ends within its bytes
                removed += start + UInt64(bytes.count) - end
                guard unsafe truncate(name, Int(end - start)) == 0 else {
                    throw .systemCall(operation: "truncate", object: name, errno: errno)
                }
                return removed
            }
            removed += UInt64(bytes.count)  // bounded: of what lies on the disk
            try Files.remove(name)
        }
        return removed
    }

    /// The end of the good records of a segment, and whether nothing but part of a record follows.
    private static func follow(_ segment: JobLog.Segment, _ bytes: [UInt8]) -> (end: JobLogEnd, isGood: Bool) {
        var chain = JobLogChain(head: segment.head)
        var good = chain
        var isGood = true
        let walked = unsafe bytes.withUnsafeBytes {
            unsafe JobLog.walk($0) { frame, _ in
                isGood = chain.add(frame)
                if isGood { good = chain }
                return isGood
            }
        }
        // bounded: a segment that was found at its place, below 2^63, and bytes in memory
        let end = JobLogEnd(offset: segment.offset + UInt64(walked.bytes), head: good.head)
        return (end, isGood && !walked.isRubbish)
    }
}

/// Reads a log's records in order, also while the job still writes; without those that begin a segment.
package struct JobLogReader: Sendable {
    private let folder: JobLogFolder
    /// Where the next record begins.
    package private(set) var offset: UInt64 = 0

    package init(path: String) { folder = JobLogFolder(path: path) }

    /// The next whole records; empty when there is nothing new yet. After a dropped part it goes on where the kept one begins.
    ///
    /// - Throws: `LinuxError.malformed` when the log is damaged.
    package mutating func next() throws(LinuxError) -> [JobLog.Record] {
        while true {
            // bounded: a constant
            let stretch = try folder.stretch(from: offset, bytesMax: Int(JobLogLimits.logSegmentBytesMax))
            offset = stretch.next
            guard !stretch.bytes.isEmpty else { return [] }
            let records = try JobLog.records(in: stretch.bytes).filter { $0.stream != .segment }
            if !records.isEmpty { return records }
        }
    }
}
