package import GCXModel

/// How much output there was up to some place.
package struct JobLogCounts: Equatable, Sendable {
    /// One stream's part.
    package struct Part: Equatable, Sendable {
        package var bytes: UInt64 = 0
        package var lines: UInt64 = 0
        /// True when the last byte was no newline.
        package var isOpen = false

        mutating func add(_ payload: UnsafeRawBufferPointer) {
            guard let last = unsafe payload.last else { return }
            // What a segment says is the agent's word: a sum beyond 64 bits fits no log, and is found out as any other.
            bytes = bytes.addingReportingOverflow(UInt64(payload.count)).partialValue
            lines = unsafe lines.addingReportingOverflow(JobLogCounts.newlines(in: payload)).partialValue
            isOpen = last != JobLogCounts.newline
        }
    }

    package var output = Part()
    package var error = Part()
    static let newline = UInt8(ascii: "\n")

    package init() {}

    /// Bytes of both streams. ``JobLog/Segment`` sees to it that they fit.
    package var bytes: UInt64 { output.bytes.addingReportingOverflow(error.bytes).partialValue }

    /// Whether so much can lie before an offset of a log: every byte of output stands in a record, and every line has one.
    func fit(before offset: UInt64) -> Bool {
        let (sum, overflow) = output.bytes.addingReportingOverflow(error.bytes)
        return !overflow && sum <= offset && output.lines <= output.bytes && error.lines <= error.bytes
    }

    /// Nil for a record that is no output of the job.
    subscript(stream: JobLog.Stream) -> Part? {
        switch stream {
        case .output: output
        case .error: error
        case .truncated, .sandbox, .segment: nil
        }
    }

    mutating func add(_ stream: JobLog.Stream, _ payload: UnsafeRawBufferPointer) {
        switch stream {
        case .output: unsafe output.add(payload)
        case .error: unsafe error.add(payload)
        case .truncated, .sandbox, .segment: break
        }
    }

    /// Lines that have ended, of one stream or of both.
    func lines(of stream: JobLog.Stream?) -> UInt64 {
        // bounded: no subscript of a list: the counts of a stream
        stream.flatMap { self[$0]?.lines } ?? output.lines.addingReportingOverflow(error.lines).partialValue
    }

    /// Lines that have not, 0 to 2.
    func openLines(of stream: JobLog.Stream?) -> UInt64 {
        [JobLog.Stream.output, .error].reduce(0) { sum, each in
            // bounded: no subscript of a list: the counts of a stream; two at most
            sum + (stream ?? each == each && self[each]?.isOpen == true ? 1 : 0)
        }
    }

    /// Counts newlines, eight bytes at a time: a plain loop costs more than SHA-256 over the same bytes.
    static func newlines(in bytes: UnsafeRawBufferPointer) -> UInt64 {
        let low: UInt64 = 0x7f7f_7f7f_7f7f_7f7f
        let even: UInt64 = 0x00ff_00ff_00ff_00ff
        let words = bytes.count & ~7
        var total: UInt64 = 0
        // bounded here: steps of eight within the bytes in memory; each counts them
        var place = 0
        while place < words {
            // Each byte of `lanes` counts one of eight places, and 255 is the most it can.
            let end = min(place + 255 * 8, words)
            var lanes: UInt64 = 0
            while place < end {
                let word = unsafe bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self) ^ 0x0a0a_0a0a_0a0a_0a0a
                // The highest bit of each byte that was a newline, and so is zero now.
                lanes &+= ~(((word & low) &+ low) | word | low) >> 7
                place += 8
            }
            let pairs = (lanes & even) &+ (lanes >> 8 & even)
            total += (pairs &* 0x0001_0001_0001_0001) >> 48
        }
        return unsafe bytes[words...].reduce(total) { $0 + ($1 == newline ? 1 : 0) }
    }
}

extension JobLog {
    /// What the first record of a segment holds.
    package struct Segment: Equatable, Sendable {
        /// 0, 1, 2 ... without a gap.
        package var index: UInt64
        /// Where this record begins.
        package var offset: UInt64
        /// Where what was kept began when this was written: everything before has been dropped.
        package var firstKept: UInt64
        /// All output before, kept or not.
        package var counts: JobLogCounts
        /// The head of the chain before this record.
        package var head: Digest

        static let payloadBytes = 8 * 9 + Digest.length
        static let recordBytes = payloadBytes + JobLog.overheadBytes  // bounded: of two constants

        var payload: [UInt8] {
            let open: UInt64 = (counts.output.isOpen ? 1 : 0) | (counts.error.isOpen ? 2 : 0)
            let numbers = [
                index, offset, firstKept, counts.output.bytes, counts.error.bytes, counts.output.lines,
                counts.error.lines, open,
            ]
            return JobLog.magic + numbers.flatMap(JobLog.bytes) + head.bytes  // bounded: joins bytes
        }

        init(index: UInt64, offset: UInt64, firstKept: UInt64, counts: JobLogCounts, head: Digest) {
            self.index = index
            self.offset = offset
            self.firstKept = firstKept
            self.counts = counts
            self.head = head
        }

        /// Nil when the payload is none of a segment's first record, or says what no log can have before it.
        init?(_ payload: UnsafeRawBufferPointer) {
            guard payload.count == Self.payloadBytes, unsafe payload.starts(with: JobLog.magic) else { return nil }
            // bounded here: eight numbers; the payload has as many bytes, compared first
            let numbers = (1...8).map { unsafe JobLog.number(payload, at: 8 * $0) }
            guard let head = unsafe Digest(bytes: Array(payload.suffix(Digest.length))) else { return nil }
            (index, offset, firstKept) = (numbers[0], numbers[1], numbers[2])
            counts = JobLogCounts()
            counts.output = .init(bytes: numbers[3], lines: numbers[5], isOpen: numbers[7] & 1 != 0)
            counts.error = .init(bytes: numbers[4], lines: numbers[6], isOpen: numbers[7] & 2 != 0)
            self.head = head
            guard firstKept <= offset, index <= offset, counts.fit(before: offset) else { return nil }
        }

        /// The same of a record read before.
        package init?(_ record: Record) {
            guard record.stream == .segment, let segment = unsafe record.bytes.withUnsafeBytes({ unsafe Segment($0) })
            else {
                return nil
            }
            self = segment
        }
    }
}
