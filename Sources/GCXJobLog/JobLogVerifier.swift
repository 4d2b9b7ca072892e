import GCXLinux
package import GCXModel

/// Checks a log from its first kept record to its end against the heads that receipts carry.
///
/// Feed it the log with ``add(_:start:)``, then ask for ``finish()``.
package struct JobLogVerifier: Sendable {
    /// The head that one receipt carries.
    package struct Point: Equatable, Sendable {
        package var sequence: UInt64
        package var head: Digest
        package var isFinal: Bool

        package init(sequence: UInt64, head: Digest, isFinal: Bool) {
            self.sequence = sequence
            self.head = head
            self.isFinal = isFinal
        }
    }

    /// What was found to be right.
    package struct Summary: Equatable, Sendable {
        package var records: UInt64 = 0
        package var segments: UInt64 = 0
        /// Offsets of what was read.
        package var firstKept: UInt64 = 0
        package var end: UInt64 = 0
        /// Receipts whose head is a point of what is kept, and those that belong to what has been dropped.
        package var proven: UInt64 = 0
        package var dropped: UInt64 = 0
    }

    private let points: [Point]
    private var wanted: Set<Digest>
    private var found: [Digest: UInt64] = [:]
    private var chain = JobLogChain()
    private var offset: UInt64?
    private var segment: JobLog.Segment?
    private var counts = JobLogCounts()
    private var summary = Summary()

    /// - Parameter points: of all receipts of the lease, in their order.
    package init(_ points: [Point]) {
        self.points = points
        wanted = Set(points.map(\.head))
    }

    /// Checks the next stretch of the log.
    ///
    /// - Parameter start: the offset at which it begins.
    /// - Throws: ``JobLogFault`` for the first thing that is not as it was written.
    package mutating func add(_ bytes: [UInt8], start: UInt64) throws(JobLogFault) {
        if let offset, offset != start { throw .missing(from: offset, to: start, segment: nextIndex) }
        let (end, overflow) = start.addingReportingOverflow(UInt64(bytes.count))
        guard !overflow else { throw .record(at: start, segment: segment?.index ?? 0) }
        var fault: JobLogFault?
        let walked = unsafe bytes.withUnsafeBytes { bytes in
            unsafe JobLog.walk(bytes) { frame, at in
                do throws(JobLogFault) {
                    // bounded: a place in the bytes, whose end was summed up first
                    try add(frame, at: start + UInt64(at))
                    return true
                } catch {
                    fault = error
                    return false
                }
            }
        }
        if let fault { throw fault }
        guard walked.bytes == bytes.count else {
            // bounded: a place in the bytes, whose end was summed up first
            throw .record(at: start + UInt64(walked.bytes), segment: segment?.index ?? 0)
        }
        offset = end
    }

    /// The head of the chain after everything so far.
    package var head: Digest { chain.head }

    private var nextIndex: UInt64 { segment.map { $0.index.addingReportingOverflow(1).partialValue } ?? 0 }

    private mutating func add(_ frame: JobLog.Frame, at place: UInt64) throws(JobLogFault) {
        let isFirst = offset == nil && segment == nil
        if frame.stream == .segment || isFirst { try begin(frame, at: place, isFirst: isFirst) }
        if isFirst { note(place) }
        guard chain.add(frame) else { throw .record(at: place, segment: segment?.index ?? 0) }
        unsafe counts.add(frame.stream, frame.payload)
        // bounded: records that were read one by one
        summary.records += 1
        unsafe note(place + UInt64(frame.all.count))  // bounded: a place in the bytes, whose end was summed up first
    }

    /// The first record of a segment has to go on where the one before stopped.
    private mutating func begin(_ frame: JobLog.Frame, at place: UInt64, isFirst: Bool) throws(JobLogFault) {
        guard frame.stream == .segment, let next = unsafe JobLog.Segment(frame.payload), next.offset == place else {
            throw .record(at: place, segment: nextIndex)
        }
        if isFirst {
            chain = JobLogChain(head: next.head)
            counts = next.counts
            summary.firstKept = place
            // What nobody has dropped begins with nothing before it.
            guard place > 0 || next.head == .zero else { throw .record(at: place, segment: next.index) }
        } else {
            let isNext = next.index == nextIndex && next.head == chain.head && next.counts == counts
            guard isNext else { throw .record(at: place, segment: next.index) }
        }
        segment = next
        summary.segments += 1  // bounded: segments that were read one by one
    }

    private mutating func note(_ place: UInt64) {
        if wanted.remove(chain.head) != nil { found[chain.head] = place }  // bounded: a dictionary
        summary.end = place
    }

    /// Compares with the receipts, once the log has been read to its end.
    package func finish() throws(JobLogFault) -> Summary {
        var summary = summary
        // The chain itself says from where on everything is kept.
        if let segment, summary.firstKept > segment.firstKept {
            throw .missing(from: segment.firstKept, to: summary.firstKept, segment: nil)
        }
        var last: (sequence: UInt64, place: UInt64)?
        // bounded here: counts receipts in memory; a dictionary
        for point in points {
            let place = segment == nil && point.head == .zero ? 0 : found[point.head]
            guard let place else {
                guard last == nil, summary.firstKept > 0 else {
                    throw .receipt(point.sequence, after: last?.place ?? summary.firstKept)
                }
                summary.dropped += 1
                continue
            }
            if let last, place < last.place { throw .order(point.sequence, last.sequence) }
            if point.isFinal, place != summary.end { throw .added(after: point.sequence, at: place) }
            summary.proven += 1
            last = (point.sequence, place)
        }
        if summary.proven == 0, let point = points.last { throw .receipt(point.sequence, after: summary.firstKept) }
        return summary
    }
}

/// What is wrong with a log.
package enum JobLogFault: Error, Equatable, Sendable {
    /// The record there is not what was written, or does not follow what is before it.
    case record(at: UInt64, segment: UInt64)
    /// A part that has to be there is not.
    case missing(from: UInt64, to: UInt64, segment: UInt64?)
    /// No point of the log has the head of this receipt: something behind the offset was changed, with its checks.
    case receipt(UInt64, after: UInt64)
    /// The first receipt's head lies before the second's, which is older.
    case order(UInt64, UInt64)
    /// The log goes on after what the final receipt says.
    case added(after: UInt64, at: UInt64)
}

extension JobLogFault: RemediedError {
    package var description: String {
        switch self {
        case .record(let offset, let segment): "segment \(segment) differs at the record at offset \(offset)"
        case .missing(let from, let to, let segment?):
            "segment \(segment) is missing: nothing from offset \(from) to \(to)"
        case .missing(let from, let to, nil): "what has to be there from offset \(from) to \(to) is missing"
        case .receipt(let sequence, let offset):
            "receipt \(sequence) carries a head that is no point of the log after offset \(offset)"
        case .order(let sequence, let earlier):
            "receipt \(sequence) stands for less of the log than receipt \(earlier) before it"
        case .added(let sequence, let offset):
            "the log goes on at offset \(offset), after the final receipt \(sequence)"
        }
    }

    package var remedy: Remedy { .refuse }
}
