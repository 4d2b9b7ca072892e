package import GCXModel
import Glibc

/// One line of a job's output, or a message.
package struct TextLine: Equatable, Sendable {
    package var stream: JobLog.Stream
    /// When its first byte came, ns since 1970.
    package var wallNanoseconds: UInt64
    /// Without its newline.
    package var bytes: [UInt8]
    /// False for a piece of a line that is too long to be shown at once, and for one that never ended.
    package var isEnded: Bool
    /// False for what goes on with a line: a later piece of a long one, and one whose beginning is not kept.
    package var isBegun: Bool

    package init(
        stream: JobLog.Stream, wallNanoseconds: UInt64, bytes: [UInt8], isEnded: Bool, isBegun: Bool = true
    ) {
        self.stream = stream
        self.wallNanoseconds = wallNanoseconds
        self.bytes = bytes
        self.isEnded = isEnded
        self.isBegun = isBegun
    }
}

/// Puts the lines of both streams together out of pieces, in the order in which they end.
///
/// Memory: one line of at most ``JobLogLimits/logLineBytesMax`` for each stream; a longer one comes in pieces.
package struct LineAssembler: Sendable {
    private struct Pending: Sendable {
        var bytes: [UInt8] = []
        var wallNanoseconds: UInt64 = 0
        var isBegun = true

        func line(_ stream: JobLog.Stream, isEnded: Bool) -> TextLine {
            TextLine(
                stream: stream, wallNanoseconds: wallNanoseconds, bytes: bytes, isEnded: isEnded, isBegun: isBegun)
        }
    }

    private var output = Pending()
    private var error = Pending()
    private var skip: UInt64

    /// - Parameter skip: nothing is handed on until so many lines have ended.
    package init(skip: UInt64 = 0) { self.skip = skip }

    /// Takes the next bytes of a stream; every line that ends in them goes to `emit`.
    package mutating func add(
        _ stream: JobLog.Stream, _ bytes: [UInt8], wallNanoseconds: UInt64, emit: (TextLine) -> Void
    ) {
        switch stream {
        case .output: Self.add(bytes, wallNanoseconds, stream, &output, &skip, emit)
        case .error: Self.add(bytes, wallNanoseconds, stream, &error, &skip, emit)
        case .truncated, .sandbox, .segment:
            emit(TextLine(stream: stream, wallNanoseconds: wallNanoseconds, bytes: bytes, isEnded: true))
        }
    }

    /// Hands on what never ended, at the end of the log or where something of it was lost: what follows does not go on with it.
    package mutating func finish(emit: (TextLine) -> Void) {
        for (stream, pending) in [(JobLog.Stream.output, output), (.error, error)] where !pending.bytes.isEmpty {
            emit(pending.line(stream, isEnded: false))
        }
        (output, error) = (Pending(), Pending())
    }

    /// Says that the next line of a stream has no beginning.
    package mutating func goOn(inLineOf stream: JobLog.Stream) {
        switch stream {
        case .output: output.isBegun = false
        case .error: error.isBegun = false
        case .truncated, .sandbox, .segment: break
        }
    }

    private static func add(
        _ bytes: [UInt8], _ wall: UInt64, _ stream: JobLog.Stream, _ pending: inout Pending, _ skip: inout UInt64,
        _ emit: (TextLine) -> Void
    ) {
        var place = 0
        while place < bytes.count {
            if pending.bytes.isEmpty { pending.wallNanoseconds = wall }
            // bounded here: a line that is full goes, so there is always room; the window lies in the bytes
            let room = JobLogLimits.logLineBytesMax - pending.bytes.count
            let window = bytes[place..<min(bytes.count, place + room)]
            let newline = window.firstIndex(of: JobLogCounts.newline)
            pending.bytes += window[..<(newline ?? window.endIndex)]
            place = newline.map { $0 + 1 } ?? window.endIndex
            let isFull = pending.bytes.count == JobLogLimits.logLineBytesMax
            guard newline != nil || isFull else { continue }
            if skip == 0 {
                emit(pending.line(stream, isEnded: newline != nil))
            } else if newline != nil {
                skip -= 1
            }
            pending.bytes.removeAll(keepingCapacity: true)
            pending.isBegun = newline != nil
        }
    }
}

/// A POSIX extended regular expression, as `grep -E` takes it, matched against bytes: `.` is one byte.
///
/// The C library's matcher and not Swift's `Regex`: it is what people expect of a flag of this name, works on bytes that
/// are no text, and takes no time beyond the length of the line for an expression without back references.
@safe package final class LinePattern: Sendable {
    // Never changed once compiled, and regexec(3) may be called from several threads.
    nonisolated(unsafe) private let compiled: UnsafeMutablePointer<regex_t>

    /// - Throws: ``PatternError`` with what the library says about the expression.
    package init(_ text: String) throws(PatternError) {
        let expression = UnsafeMutablePointer<regex_t>.allocate(capacity: 1)
        unsafe expression.initialize(to: regex_t())
        let status = unsafe regcomp(expression, text, REG_EXTENDED)
        guard status == 0 else {
            var words = [CChar](repeating: 0, count: 256)
            unsafe regerror(status, expression, &words, words.count)
            unsafe expression.deallocate()
            throw PatternError(
                description: "“\(text)” is no regular expression: "
                    + String(decoding: words.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        unsafe compiled = unsafe expression
    }

    deinit {
        unsafe regfree(compiled)
        unsafe compiled.deallocate()
    }

    package func matches(_ line: [UInt8]) -> Bool {
        unsafe line.withUnsafeBytes { bytes in
            // REG_STARTEND takes the length from the match, so that a zero byte ends nothing.
            var range = regmatch_t(rm_so: 0, rm_eo: regoff_t(clamping: bytes.count))
            let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            guard let base = unsafe base else { return unsafe regexec(compiled, "", 0, nil, 0) == 0 }
            return unsafe regexec(compiled, base, 1, &range, REG_STARTEND) == 0
        }
    }
}

/// An expression that cannot be used.
package struct PatternError: RemediedError {
    package let description: String
    package var remedy: Remedy { .fix("Write it as for `grep -E`.") }
}
