import FoundationEssentials
import GCXJobLog
import GCXModel
import GCXWire
import Glibc
import Synchronization

/// How a log is shown.
struct LogStyle: Sendable {
    var json = false
    var timestamps = false
    /// Control characters stay as they are, on a terminal too.
    var raw = false
    var pattern: LinePattern?
    /// Only the last lines are wanted, so it has to be known where they begin.
    var isTail = false

    /// Whether whole lines are needed; otherwise bytes are shown as they come.
    var needsLines: Bool { json || timestamps || pattern != nil || isTail }
}

/// Writes a log to standard output and standard error.
final class LogPrinter: Sendable {
    private struct State {
        var assembler = LineAssembler()
        var output = SafeText()
        var error = SafeText()
        var pending: (output: [UInt8], error: [UInt8]) = ([], [])
        var isClosed = false
    }

    private let style: LogStyle
    private let isSafe: (output: Bool, error: Bool)
    private let state = Mutex(State())

    init(_ style: LogStyle) {
        self.style = style
        isSafe = (style.raw || isatty(STDOUT_FILENO) == 0, style.raw || isatty(STDERR_FILENO) == 0)
    }

    /// True once nobody reads standard output any more, as after `| head`.
    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Says that what comes begins with so many lines that are not wanted.
    func skip(_ lines: UInt64) {
        if lines > 0 { state.withLock { $0.assembler = LineAssembler(skip: lines) } }
    }

    func write(_ line: LogLine) {
        state.withLock { state in
            switch line.kind {
            case .output(let stream) where style.needsLines:
                state.assembler.add(
                    stream == .stdout ? .output : .error, line.bytes, wallNanoseconds: line.wallNanoseconds
                ) { show($0, &state.pending) }
            case .output(let stream): put(line.bytes, stream, &state.pending)
            case .sandbox, .truncated, .lost:
                if case .lost = line.kind { state.assembler.forget() }
                note(line, &state.pending)
            }
            flush(&state)
        }
    }

    /// Shows what was never ended.
    func finish() {
        state.withLock { state in
            var assembler = state.assembler
            assembler.finish { show($0, &state.pending) }
            flush(&state)
            Terminal.write(state.output.finish(), to: STDOUT_FILENO)
            Terminal.write(state.error.finish(), to: STDERR_FILENO)
        }
    }

    private func put(
        _ bytes: some Sequence<UInt8>, _ stream: LogStream, _ pending: inout (output: [UInt8], error: [UInt8])
    ) {
        // bounded: joins bytes
        if stream == .stdout { pending.output += bytes } else { pending.error += bytes }
    }

    private func show(_ line: TextLine, _ pending: inout (output: [UInt8], error: [UInt8])) {
        if let pattern = style.pattern, !pattern.matches(line.bytes) { return }
        let stream: LogStream = line.stream == .output ? .stdout : .stderr
        if style.json { return put(JSONLine(line, stream).line, .stdout, &pending) }
        if style.timestamps { put("\(RFC3339.text(line.wallNanoseconds)) \(stream) ".utf8, stream, &pending) }
        put(line.bytes, stream, &pending)
        // A line that was cut in pieces, or never ended, must not run into what is written after it.
        if line.isEnded || style.timestamps || style.pattern != nil { put([10], stream, &pending) }
    }

    private func note(_ line: LogLine, _ pending: inout (output: [UInt8], error: [UInt8])) {
        let text: String
        var bytes: UInt64 = 0
        switch line.kind {
        case .output: return
        case .sandbox: text = "[sandbox] \(String(decoding: line.bytes, as: UTF8.self).trimmedEnd)"
        case .truncated(0): text = "[the log's limit was reached; what follows is not kept]"
        case .truncated(let count): (text, bytes) = ("[\(Display.grouped(count)) bytes of output were not kept]", count)
        case .lost(let count, let isExact):
            text = "[\(Display.grouped(count)) bytes of \(isExact ? "output" : "the log") before this are not kept]"
            bytes = count
        }
        if style.json { return put(JSONLine(line, text, bytes: bytes).line, .stdout, &pending) }
        put((text.hasSuffix("\n") ? text : text + "\n").utf8, .stderr, &pending)
    }

    private func flush(_ state: inout State) {
        if !state.pending.output.isEmpty {
            let bytes = state.pending.output
            let shown = isSafe.output ? bytes : state.output.add(bytes)
            if !Terminal.isRead(shown, from: STDOUT_FILENO) { state.isClosed = true }
        }
        if !state.pending.error.isEmpty {
            let bytes = state.pending.error
            Terminal.write(isSafe.error ? bytes : state.error.add(bytes), to: STDERR_FILENO)
        }
        state.pending.output.removeAll(keepingCapacity: true)
        state.pending.error.removeAll(keepingCapacity: true)
    }
}

/// A line of a log for programs.
private struct JSONLine: Encodable {
    var time: String
    var wallNanoseconds: UInt64
    /// `stdout`, `stderr`, or `gcx` for what is no output of the job.
    var stream: String
    /// The line, when it is UTF-8.
    var text: String?
    /// The line, when it is not.
    var hex: String?
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
        ended = line.isEnded
    }

    init(_ line: LogLine, _ text: String, bytes: UInt64) {
        time = RFC3339.text(line.wallNanoseconds)
        wallNanoseconds = line.wallNanoseconds
        stream = "gcx"
        self.text = text
        if bytes > 0 { self.bytes = bytes }
    }

    private static let encoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()

    /// With its newline.
    var line: [UInt8] { Array(Terminal.document((try? Self.encoder.encode(self)).map { Array($0) } ?? []).utf8) + [10] }
}
