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
///
/// What it says itself stands on lines of its own, in brackets, on standard error. A line that something interrupts is ended,
/// and what goes on with it, or has no beginning, begins with ``goesOn``: so no line is shown that was never written.
final class LogPrinter: Sendable {
    /// Where bytes go: to one of the two standard files; false when nobody reads it any more.
    typealias Sink = @Sendable (_ bytes: [UInt8], _ file: Int32) -> Bool

    private struct Channel {
        let file: Int32
        /// Whether bytes go out as they are.
        let isSafe: Bool
        var text = SafeText()
        var pending: [UInt8] = []
        /// Whether what was written ends in the middle of a line.
        var isOpen = false
        /// Whether what comes next goes on with a line whose beginning stands elsewhere, or nowhere.
        var goesOn = false

        mutating func put(_ bytes: some Collection<UInt8>) {
            guard !bytes.isEmpty else { return }
            // bounded here: joins bytes
            if goesOn, !isOpen { pending += LogPrinter.goesOn.utf8 }
            goesOn = false
            pending += bytes
            isOpen = pending.last != UInt8(ascii: "\n")
        }

        mutating func endLine() {
            if isOpen { put(CollectionOfOne(UInt8(ascii: "\n"))) }
        }

        /// Ends the line for something of others, so that what follows goes on with it.
        mutating func interrupt() {
            guard isOpen else { return }
            endLine()
            goesOn = true
        }

        mutating func flush(to sink: Sink) -> Bool {
            guard !pending.isEmpty else { return true }
            defer { pending.removeAll(keepingCapacity: true) }
            return sink(isSafe ? pending : text.add(pending), file)
        }
    }

    private struct State {
        var assembler = LineAssembler()
        var output: Channel
        var error: Channel
        var isClosed = false

        mutating func put(_ bytes: some Collection<UInt8>, _ stream: LogStream) {
            if stream == .stdout { output.put(bytes) } else { error.put(bytes) }
        }

        func isOpen(_ stream: LogStream) -> Bool { stream == .stdout ? output.isOpen : error.isOpen }
    }

    /// What stands before the rest of a line whose beginning is not before it.
    static let goesOn = "[...] "

    private let style: LogStyle
    /// Whether a reader sees both streams in one place.
    private let isOne: Bool
    private let sink: Sink
    private let state: Mutex<State>

    convenience init(_ style: LogStyle) {
        self.init(
            style, onTerminal: (isatty(STDOUT_FILENO) == 1, isatty(STDERR_FILENO) == 1), isOne: Terminal.isOneFile
        ) { Terminal.isRead($0, from: $1) }
    }

    /// - Parameters:
    ///   - onTerminal: whether standard output, and standard error, are seen by a person.
    ///   - isOne: whether both are the same file.
    init(_ style: LogStyle, onTerminal: (output: Bool, error: Bool), isOne: Bool, sink: @escaping Sink) {
        self.style = style
        self.isOne = isOne
        self.sink = sink
        state = Mutex(
            State(
                output: Channel(file: STDOUT_FILENO, isSafe: style.raw || !onTerminal.output),
                error: Channel(file: STDERR_FILENO, isSafe: style.raw || !onTerminal.error)))
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
            case .output(let stream): show(line, stream, &state)
            case .midLine(let streams): for stream in streams { goOn(in: stream, &state) }
            case .lost, .truncated:
                endLines(&state)
                note(line, &state)
            case .sandbox: note(line, &state)
            }
            flush(&state)
        }
    }

    /// Shows what was never ended.
    ///
    /// - Parameter isFollowed: something else is said on standard error after it.
    func finish(isFollowed: Bool = false) {
        state.withLock { state in
            finishLines(&state)
            if isFollowed {
                if isOne { state.output.endLine() }
                state.error.endLine()
            }
            flush(&state)
            _ = sink(state.output.text.finish(), state.output.file)
            _ = sink(state.error.text.finish(), state.error.file)
        }
    }

    private func show(_ line: LogLine, _ stream: LogStream, _ state: inout State) {
        guard style.needsLines else { return state.put(line.bytes, stream) }
        var assembler = state.assembler
        assembler.add(stream.stored, line.bytes, wallNanoseconds: line.wallNanoseconds) { show($0, &state) }
        state.assembler = assembler
    }

    private func show(_ line: TextLine, _ state: inout State) {
        if let pattern = style.pattern, !pattern.matches(line.bytes) { return }
        let stream: LogStream = line.stream == .output ? .stdout : .stderr
        if style.json { return state.put(LogDocument(line, stream).line, .stdout) }
        let goesOn = !line.isBegun && !state.isOpen(stream)
        if style.timestamps { state.put("\(RFC3339.localText(line.wallNanoseconds)) \(stream) ".utf8, stream) }
        if goesOn { state.put(Self.goesOn.utf8, stream) }
        state.put(line.bytes, stream)
        // A line that was cut in pieces, or never ended, must not run into what is written after it.
        if line.isEnded || style.timestamps || style.pattern != nil { state.put(CollectionOfOne(10), stream) }
    }

    private func goOn(in stream: LogStream, _ state: inout State) {
        if style.needsLines { return state.assembler.goOn(inLineOf: stream.stored) }
        if stream == .stdout { state.output.goesOn = true } else { state.error.goesOn = true }
    }

    private func finishLines(_ state: inout State) {
        var assembler = state.assembler
        assembler.finish { show($0, &state) }
        state.assembler = assembler
    }

    /// What comes does not go on with what was written.
    private func endLines(_ state: inout State) {
        finishLines(&state)
        state.output.endLine()
        state.error.endLine()
    }

    private func note(_ line: LogLine, _ state: inout State) {
        let (text, bytes) = Self.words(line)
        if style.json { return state.put(LogDocument(line, text, bytes: bytes).line, .stdout) }
        state.error.interrupt()
        if isOne { state.output.interrupt() }
        // Our own word is no part of a line of the job.
        let goesOn = state.error.goesOn
        state.error.goesOn = false
        state.error.put("\(text)\n".utf8)
        state.error.goesOn = goesOn
    }

    private static func words(_ line: LogLine) -> (text: String, bytes: UInt64) {
        switch line.kind {
        case .output, .midLine: ("", 0)
        case .sandbox: ("[sandbox] \(String(decoding: line.bytes, as: UTF8.self).trimmedLines)", 0)
        case .truncated(0): ("[the log's limit was reached; what follows is not kept]", 0)
        case .truncated(let count): ("[\(Display.bytes(count)) of output was not kept]", count)
        case .lost(let count, let isExact):
            ("[\(Display.bytes(count)) of \(isExact ? "output" : "the log") before this is not kept]", count)
        }
    }

    private func flush(_ state: inout State) {
        if !state.output.flush(to: sink) { state.isClosed = true }
        _ = state.error.flush(to: sink)
    }
}

extension String {
    /// Without the newlines and spaces at its end.
    fileprivate var trimmedLines: String { String(reversed().drop { $0.isWhitespace }.reversed()) }
}
