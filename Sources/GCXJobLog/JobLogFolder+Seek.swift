package import GCXLinux
import GCXModel
import Glibc

/// Where to begin to read.
package struct JobLogPlace: Equatable, Sendable {
    /// The offset of a record.
    package var offset: UInt64
    /// Ends of lines from there on that still belong to what is not wanted, over the streams that are wanted.
    package var skipLines: UInt64

    package init(offset: UInt64, skipLines: UInt64 = 0) {
        self.offset = offset
        self.skipLines = skipLines
    }
}

extension JobLogFolder {
    /// The first record that was written at a wall time (ns since 1970) or later; the end of the log when there is none.
    ///
    /// - Complexity: a look at a logarithm of the segments, and one segment read. A wall clock that was set back while the
    ///   job ran leaves its records out of order, and the place is then that of one of the jumps.
    package func place(since wallNanoseconds: UInt64) throws(LinuxError) -> JobLogPlace {
        let starts = try starts()
        guard let first = starts.first else { return JobLogPlace(offset: 0) }
        let number = try last(of: starts) { _, wall in wall < wallNanoseconds }
        // bounded: `last` answers a place in `starts`
        guard let number, let bytes = try bytes(of: starts[number]) else { return JobLogPlace(offset: first) }
        let end = unsafe bytes.withUnsafeBytes {
            unsafe JobLog.walk($0) { frame, _ in frame.wallNanoseconds < wallNanoseconds }
        }
        // bounded: a start is below 2^63, `starts` sees to it
        return JobLogPlace(offset: starts[number] + UInt64(end.bytes))
    }

    /// Where the last lines begin; one that has not ended counts, and where both streams end in one, both are shown.
    ///
    /// - Parameter only: the stream whose lines are counted; nil for both together, in the order in which they ended.
    /// - Complexity: two segments read, and a look at a logarithm of them. A line of the other stream that began before the
    ///   segment in which the last lines begin is shown from that segment on.
    package func place(tail lines: UInt64, of only: JobLog.Stream? = nil) throws(LinuxError) -> JobLogPlace {
        let starts = try starts()
        guard let first = starts.first, let (counts, end) = try ending(starts) else { return JobLogPlace(offset: 0) }
        guard lines > 0 else { return JobLogPlace(offset: end) }
        let ended = counts.lines(of: only)
        // bounded: a segment counts no more lines than bytes, and begins below 2^63
        let all = ended + counts.openLines(of: only)
        guard all > lines else { return JobLogPlace(offset: first) }
        let cut = min(all - lines, ended)  // bounded: guarded above
        let number = try last(of: starts) { segment, _ in segment.counts.lines(of: only) < cut }
        // bounded: `last` answers a place in `starts`
        guard let number, let bytes = try bytes(of: starts[number]), let segment = try segment(at: starts[number])
        else {
            return JobLogPlace(offset: first)
        }
        var search = LineSearch(cut: cut, only: only, counts: segment.counts)
        // bounded: a place in bytes in memory
        unsafe bytes.withUnsafeBytes { _ = unsafe JobLog.walk($0) { frame, at in search.goOn(frame, at: UInt64(at)) } }
        // bounded: a start is below 2^63, `starts` sees to it, and the place is one of bytes in memory
        return JobLogPlace(offset: starts[number] + search.place.offset, skipLines: search.place.skipLines)
    }

    /// Whether a record begins at an offset of what is kept; nil where that cannot be told, because the log is damaged before.
    ///
    /// - Complexity: one segment read.
    package func isPlace(_ offset: UInt64) throws(LinuxError) -> Bool? {
        guard let start = try starts().last(where: { $0 <= offset }), let bytes = try bytes(of: start),
            // bounded: the start is at or before the offset
            let wanted = Int(exactly: offset - start), wanted <= bytes.count
        else { return nil }
        // bounded here: both lie in bytes in memory
        let before = unsafe bytes.withUnsafeBytes {
            unsafe JobLog.walk($0) { frame, at in unsafe at + frame.all.count <= wanted }
        }
        if before.bytes == wanted { return true }
        return before.isRubbish ? nil : false
    }

    /// How much output lies before an offset of what is kept; nil where no record begins there.
    ///
    /// - Complexity: one segment read.
    package func counts(at offset: UInt64) throws(LinuxError) -> JobLogCounts? {
        guard let start = try starts().last(where: { $0 <= offset }), let segment = try segment(at: start),
            let bytes = try bytes(of: start),
            // bounded: the start is at or before the offset
            let wanted = Int(exactly: offset - start), wanted <= bytes.count
        else { return nil }
        var counts = segment.counts
        let before = unsafe bytes.withUnsafeBytes {
            unsafe JobLog.walk($0) { frame, at in
                // bounded: a place in bytes in memory
                guard unsafe at + frame.all.count <= wanted else { return false }
                unsafe counts.add(frame.stream, frame.payload)
                return true
            }
        }
        return before.bytes == wanted ? counts : nil
    }

    /// Counts and offset at the end of the log.
    private func ending(_ starts: [UInt64]) throws(LinuxError) -> (counts: JobLogCounts, end: UInt64)? {
        for start in starts.reversed() {
            guard let segment = try segment(at: start), let bytes = try bytes(of: start) else { continue }
            var counts = segment.counts
            let end = unsafe bytes.withUnsafeBytes {
                unsafe JobLog.walk($0) { frame, _ in
                    unsafe counts.add(frame.stream, frame.payload)
                    return true
                }
            }
            return (counts, start + UInt64(end.bytes))  // bounded: a start is below 2^63, `starts` sees to it
        }
        return nil
    }

    /// The last segment for which something holds that holds for all before it.
    private func last(
        of starts: [UInt64], _ holds: (JobLog.Segment, UInt64) -> Bool
    ) throws(LinuxError) -> Int? {
        var (low, high) = (0, starts.count)
        while low < high {
            // bounded here: the middle lies in `starts`, and no bound leaves it
            let middle = (low + high) / 2
            // One that has gone was before those that are kept; one that is not whole yet is the last.
            guard let (segment, wall) = try opening(starts[middle]) else {
                if middle == starts.count - 1 { high = middle } else { low = middle + 1 }
                continue
            }
            if holds(segment, wall) { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : low - 1  // bounded: above 0
    }
}

/// Finds the record at which to begin in order to see all lines after the `cut`-th.
private struct LineSearch {
    let cut: UInt64
    let only: JobLog.Stream?
    private var ended: UInt64
    /// Where the unfinished line of each stream began, with the lines that had ended before that record.
    private var open: [JobLog.Stream: (offset: UInt64, ended: UInt64)] = [:]
    private(set) var place = JobLogPlace(offset: 0)

    init(cut: UInt64, only: JobLog.Stream?, counts: JobLogCounts) {
        self.cut = cut
        self.only = only
        ended = counts.lines(of: only)
    }

    /// False once the line has been found.
    mutating func goOn(_ frame: JobLog.Frame, at offset: UInt64) -> Bool {
        guard frame.stream == .output || frame.stream == .error, only ?? frame.stream == frame.stream else {
            return true
        }
        let lines = unsafe JobLogCounts.newlines(in: frame.payload)
        // bounded here: counts of a segment below 2^63, and lines of bytes in memory; a dictionary
        if ended + lines >= cut {
            let other = open.filter { $0.key != frame.stream }.values.first
            let begin = other ?? (offset, ended)
            let skip = cut.subtractingReportingOverflow(begin.ended)
            place = JobLogPlace(offset: begin.offset, skipLines: skip.overflow ? 0 : skip.partialValue)
            return false
        }
        if unsafe frame.payload.last == JobLogCounts.newline {
            open[frame.stream] = nil
        } else if lines > 0 || open[frame.stream] == nil {
            open[frame.stream] = (offset, ended)
        }
        ended += lines
        return true
    }
}
