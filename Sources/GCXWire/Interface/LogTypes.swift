package import GCXJobLog
import GCXLinux
import GCXModel

/// One of the two streams of a job.
package enum LogStream: String, Sendable, CaseIterable, LosslessStringConvertible {
    case stdout, stderr

    package init?(_ description: String) { self.init(rawValue: description) }
    package var description: String { rawValue }

    package var stored: JobLog.Stream { self == .stdout ? .output : .error }
}

/// What of a job's log is asked for. Where several say where to begin, the latest place holds.
package struct LogQuery: Equatable, Sendable {
    /// An offset: 0, or the `next` of a page before.
    package var from: UInt64
    /// Begin with what was written at this wall time, ns since 1970.
    package var sinceNanoseconds: UInt64?
    /// Begin with so many lines before the end.
    package var tail: UInt64?
    /// Leave out the other stream.
    package var stream: LogStream?
    /// Bytes of records wanted; one record comes at least.
    package var bytesMax: UInt64
    /// How long to wait for something new.
    package var waitSeconds: UInt64
    /// Which of the lease's jobs, from 1; nil takes the latest.
    package var job: UInt64?

    package init(
        from: UInt64 = 0, sinceNanoseconds: UInt64? = nil, tail: UInt64? = nil, stream: LogStream? = nil,
        bytesMax: UInt64 = WireLimits.logPageBytesMax, waitSeconds: UInt64 = 0, job: UInt64? = nil
    ) {
        self.from = from
        self.sinceNanoseconds = sinceNanoseconds
        self.tail = tail
        self.stream = stream
        self.bytesMax = bytesMax
        self.waitSeconds = waitSeconds
        self.job = job
    }
}

/// Whole records of a job's log, as they are stored.
package struct LogPage: Equatable, Sendable {
    /// Offset of the first record; beyond the one that was asked for when that has been dropped.
    package var start: UInt64
    /// Offset to ask for next.
    package var next: UInt64
    /// Where what is kept begins.
    package var firstKept: UInt64
    /// Ends of lines from `start` on that belong to lines before those that were asked for.
    package var skipLines: UInt64
    /// True when the job has ended and nothing follows.
    package var ended: Bool
    /// See `JobLog` for what a record looks like.
    package var bytes: [UInt8]
    /// The job of the lease whose log it is, from 1; nil from an agent that knows of one alone.
    package var job: UInt64?
    /// Streams in the middle of whose lines the page begins, where it was looked for by time or line; nil where nobody says.
    package var openLines: Set<LogStream>?

    package init(
        start: UInt64, next: UInt64, firstKept: UInt64, skipLines: UInt64, ended: Bool, bytes: [UInt8],
        job: UInt64? = nil, openLines: Set<LogStream>? = nil
    ) {
        self.start = start
        self.next = next
        self.firstKept = firstKept
        self.skipLines = skipLines
        self.ended = ended
        self.bytes = bytes
        self.job = job
        self.openLines = openLines
    }
}

/// A piece of a job's log, as its readers see it.
package struct LogLine: Equatable, Sendable {
    /// What it is.
    package enum Kind: Equatable, Sendable {
        case output(LogStream)
        /// A message of the sandbox itself.
        case sandbox
        /// From here on output was dropped; so many bytes were, when that is known.
        case truncated(bytes: UInt64)
        /// Here something is missing that was dropped before it was read: bytes of output, or, where that is not
        /// known, of the log.
        case lost(bytes: UInt64, isExact: Bool)
        /// What follows on these streams begins in the middle of a line: its beginning is not shown, or was lost.
        case midLine(Set<LogStream>)
    }

    package var kind: Kind
    /// CLOCK_BOOTTIME, ns.
    package var bootNanoseconds: UInt64
    /// A label for people, Unix nanoseconds.
    package var wallNanoseconds: UInt64
    /// The bytes as written, which need not be UTF-8.
    package var bytes: [UInt8]

    package init(kind: Kind, bootNanoseconds: UInt64 = 0, wallNanoseconds: UInt64 = 0, bytes: [UInt8] = []) {
        self.kind = kind
        self.bootNanoseconds = bootNanoseconds
        self.wallNanoseconds = wallNanoseconds
        self.bytes = bytes
    }
}

/// Makes lines of pages, and notices what is missing between them.
package struct LogReading: Sendable {
    private let stream: LogStream?
    private var next: UInt64?
    /// Output up to `next`; nil while that is not known.
    private var known: UInt64?

    /// - Parameters:
    ///   - offset: where reading begins.
    ///   - isWhole: true when everything from there on is wanted, so that what has been dropped already counts as lost.
    package init(from offset: UInt64, isWhole: Bool, stream: LogStream?) {
        self.stream = stream
        if isWhole { next = offset }
        if isWhole, offset == 0 { known = 0 }
    }

    /// The lines of the next page.
    ///
    /// - Throws: ``AgentError/answerImpossible(_:)`` when the page is none, or says what no log can hold.
    package mutating func lines(_ page: LogPage) throws(AgentError) -> [LogLine] {
        let records: [JobLog.Record]
        do {
            records = try JobLog.records(in: page.bytes)
        } catch {
            throw .answerImpossible(Untrusted(error.description))
        }
        var lines: [LogLine] = []
        lines += before(page, records.first)  // bounded: joins lists
        for record in records {
            if record.stream == .segment {
                guard let segment = JobLog.Segment(record) else {
                    throw .answerImpossible(
                        "a segment of the log, after offset \(page.start), claims more output than can lie before it")
                }
                known = output(segment.counts)
            }
            if let line = line(record) { lines.append(line) }
        }
        next = page.next
        return lines
    }

    private func output(_ counts: JobLogCounts) -> UInt64 {
        switch stream {
        case .stdout: counts.output.bytes
        case .stderr: counts.error.bytes
        case nil: counts.bytes
        }
    }

    /// What is missing before a page, and in which lines it begins.
    private func before(_ page: LogPage, _ first: JobLog.Record?) -> [LogLine] {
        let wall = first?.wallNanoseconds ?? 0
        let segment = first.flatMap { JobLog.Segment($0) }
        let wanted = Set(stream.map { [$0] } ?? LogStream.allCases)
        var lines: [LogLine] = []
        var open = page.openLines ?? segment?.counts.openLines ?? []
        if let next {
            guard page.start > next else { return [] }
            lines.append(gap(page.start - next, first))  // bounded: the smaller from the larger
            // Where nobody says whether the loss ended with a line, no line is made of what follows.
            open = segment?.counts.openLines ?? wanted
        } else if let segment, page.start == page.firstKept, page.skipLines == 0, output(segment.counts) > 0 {
            // More was asked for than is kept.
            lines.append(LogLine(kind: .lost(bytes: output(segment.counts), isExact: true), wallNanoseconds: wall))
        }
        open.formIntersection(wanted)
        if !open.isEmpty { lines.append(LogLine(kind: .midLine(open), wallNanoseconds: wall)) }
        return lines
    }

    private func gap(_ bytes: UInt64, _ first: JobLog.Record?) -> LogLine {
        let wall = first?.wallNanoseconds ?? 0
        guard let known, let first, let segment = JobLog.Segment(first) else {
            return LogLine(kind: .lost(bytes: bytes, isExact: false), wallNanoseconds: wall)
        }
        let after = output(segment.counts)
        return LogLine(
            // bounded: the smaller from the larger
            kind: .lost(bytes: after > known ? after - known : 0, isExact: true), wallNanoseconds: wall)
    }

    private mutating func line(_ record: JobLog.Record) -> LogLine? {
        let kind: LogLine.Kind
        switch record.stream {
        case .segment: return nil
        case .output: kind = .output(.stdout)
        case .error: kind = .output(.stderr)
        case .sandbox: kind = .sandbox
        case .truncated:
            let counts = unsafe record.bytes.withUnsafeBytes { bytes in
                bytes.count == 16 ? [0, 8].map { unsafe bytes.loadUnaligned(fromByteOffset: $0, as: UInt64.self) } : []
            }
            kind = .truncated(bytes: counts.reduce(0) { $0 &+ UInt64(littleEndian: $1) })
        }
        if case .output(let which) = kind, stream == nil || stream == which {
            known = known.flatMap {
                let (sum, overflow) = $0.addingReportingOverflow(UInt64(record.bytes.count))
                return overflow ? nil : sum
            }
        }
        return LogLine(
            kind: kind, bootNanoseconds: record.bootNanoseconds, wallNanoseconds: record.wallNanoseconds,
            bytes: record.bytes)
    }
}

extension JobLogCounts {
    /// Streams whose last byte was no newline.
    package var openLines: Set<LogStream> {
        Set(LogStream.allCases.filter { $0 == .stdout ? output.isOpen : error.isOpen })
    }
}
