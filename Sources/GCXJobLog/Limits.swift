/// The bounds of a job's log, in one place.
package enum JobLogLimits {
    /// One read from a job's output; also the largest payload of a log's record. A quarter of the pipe: beyond that a call
    /// costs nothing any more against the bytes it moves.
    package static let logRecordBytesMax = 256 << 10
    /// Largest segment of a log: what has to be read for the head of its chain, and to begin at a time or a line.
    package static let logSegmentBytesMax: UInt64 = 8 << 20
    /// A log has about so many segments, as the oldest go one at a time; less where they would be larger than the most.
    package static let logSegments: UInt64 = 8
    /// Smallest segment: a log with a lower limit keeps two of them all the same.
    package static let logSegmentBytesMin: UInt64 = 4 << 10
    /// A line longer than this is shown in pieces, so that a reader's memory is bounded.
    package static let logLineBytesMax = 64 << 10
    /// A reader looks again when a segment was dropped while it opened it; each time the writer is a segment ahead.
    package static let logReadTriesMax = 16
}
