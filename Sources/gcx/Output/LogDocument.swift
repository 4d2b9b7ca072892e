import FoundationEssentials
import GCXJSON
import GCXJobLog
import GCXModel
import GCXWire

/// A line of a log for programs.
struct LogDocument: Encodable {
    var time: String
    var wallNanoseconds: UInt64
    /// `stdout`, `stderr`, or `gcx` for what is no output of the job.
    var stream: String
    /// The line, when it is UTF-8.
    var text: String?
    /// The line, when it is not.
    var hex: String?
    /// False for a later piece of a long line, and for one whose beginning is not kept.
    var begun: Bool?
    /// False for a piece of a long line, and for a line that never ended.
    var ended: Bool?
    /// Bytes that are not kept.
    var bytes: UInt64?

    init(_ line: TextLine, _ stream: LogStream) {
        time = RFC3339.text(line.wallNanoseconds)
        wallNanoseconds = line.wallNanoseconds
        self.stream = stream.rawValue
        text = String(validating: line.bytes, as: UTF8.self)
        if text == nil { hex = Hex.encodeBare(line.bytes) }
        (begun, ended) = (line.isBegun, line.isEnded)
    }

    init(_ line: LogLine, _ text: String, bytes: UInt64) {
        time = RFC3339.text(line.wallNanoseconds)
        wallNanoseconds = line.wallNanoseconds
        stream = "gcx"
        self.text = text
        if bytes > 0 { self.bytes = bytes }
    }

    /// With its newline.
    var line: [UInt8] { Array(Terminal.document((try? CanonicalJSON.bytes(self)) ?? []).utf8) + [10] }
}
