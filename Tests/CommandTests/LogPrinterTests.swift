import GCXJobLog
import GCXLinux
import GCXModel
import GCXWire
import Glibc
import Support
import Synchronization
import Testing

@testable import gcx

/// What a person, or a file, gets of a log.
private final class Shown: Sendable {
    private let written = Mutex<[(file: Int32, bytes: [UInt8])]>([])

    func take(_ bytes: [UInt8], _ file: Int32) -> Bool {
        written.withLock { $0.append((file, bytes)) }
        return true
    }

    func text(of file: Int32? = nil) -> String {
        let bytes = written.withLock { all in all.filter { file ?? $0.file == $0.file }.flatMap(\.bytes) }
        return String(decoding: bytes, as: UTF8.self)
    }

    var output: String { text(of: STDOUT_FILENO) }
    var error: String { text(of: STDERR_FILENO) }
}

@Suite("A log as it is shown")
struct LogPrinterTests {
    private static func line(_ kind: LogLine.Kind, _ text: String = "") -> LogLine {
        LogLine(kind: kind, wallNanoseconds: 1_800_000_000_000_000_000, bytes: Array(text.utf8))
    }

    private func shown(
        _ lines: [LogLine], _ style: LogStyle = LogStyle(), isOne: Bool = false, onTerminal: Bool = false,
        isFollowed: Bool = false
    ) -> Shown {
        let shown = Shown()
        let printer = LogPrinter(style, onTerminal: (onTerminal, onTerminal), isOne: isOne) { shown.take($0, $1) }
        lines.forEach(printer.write)
        printer.finish(isFollowed: isFollowed)
        return shown
    }

    /// `one`, the beginning of `two`, a gap, the end of `three` and `four`.
    private static let gap = [
        line(.output(.stdout), "one\ntw"), line(.lost(bytes: 2_048, isExact: true)), line(.midLine([.stdout])),
        line(.output(.stdout), "ree\nfour\n"),
    ]
    private static let said = "[2.0 KiB of output before this is not kept]\n"

    @Test("a gap ends the line before it, and what goes on with a line says so", arguments: [false, true])
    func gaps(isOne: Bool) {
        let shown = shown(Self.gap, isOne: isOne)
        #expect(shown.output == "one\ntw\n[...] ree\nfour\n")
        #expect(shown.error == Self.said)
        #expect(shown.text() == "one\ntw\n\(Self.said)[...] ree\nfour\n")
    }

    @Test("a gap between two lines marks neither")
    func gapBetweenLines() {
        let lines = [
            Self.line(.output(.stdout), "one\n"), Self.line(.lost(bytes: 5, isExact: false)),
            Self.line(.output(.stdout), "four\n"),
        ]
        #expect(shown(lines).output == "one\nfour\n")
        #expect(shown(lines).error == "[5 B of the log before this is not kept]\n")
    }

    @Test("the other stream's unfinished line is ended too, and each goes on where it must")
    func gapOfBoth() {
        let lines = [
            Self.line(.output(.stdout), "ou"), Self.line(.output(.stderr), "er"),
            Self.line(.lost(bytes: 1, isExact: true)), Self.line(.midLine([.stderr])),
            Self.line(.output(.stdout), "out\n"), Self.line(.output(.stderr), "ror\n"),
        ]
        #expect(shown(lines).output == "ou\nout\n")
        #expect(shown(lines).error == "er\n[1 B of output before this is not kept]\n[...] ror\n")
    }

    @Test("with times, with an expression and at the tail, both pieces are shown, each on its line")
    func gapInLines() throws {
        let stamped = shown(Self.gap, LogStyle(timestamps: true)).output.split(separator: "\n").map {
            $0.split(separator: " ", maxSplits: 1).last ?? ""
        }
        #expect(stamped == ["stdout one", "stdout tw", "stdout [...] ree", "stdout four"])
        let found = shown(Self.gap, LogStyle(pattern: try LinePattern("^(tw|ree)")))
        #expect(found.output == "tw\n[...] ree\n")
        #expect(shown(Self.gap, LogStyle(isTail: true)).output == "one\ntw\n[...] ree\nfour\n")
    }

    @Test("as JSON, the pieces say that they did not end and did not begin, and the gap stands between them")
    func gapInDocuments() throws {
        let lines = shown(Self.gap, LogStyle(json: true)).output.split(separator: "\n")
        try #require(lines.count == 5, "\(lines)")
        #expect(lines[1].contains(#""begun":true,"ended":false,"#) && lines[1].contains(#""text":"tw""#))
        #expect(lines[2].contains(#""bytes":2048"#) && lines[2].contains(#""stream":"gcx""#))
        #expect(lines[3].contains(#""begun":false,"ended":true,"#) && lines[3].contains(#""text":"ree""#))
        #expect(lines[4].contains(#""begun":true,"ended":true,"#))
    }

    @Test("a log over its limit ends its last line before it says so")
    func truncated() {
        let lines = [
            Self.line(.output(.stdout), "hal"), Self.line(.truncated(bytes: 0)), Self.line(.truncated(bytes: 9)),
        ]
        #expect(
            shown(lines, isOne: true).text() == """
                hal
                [the log's limit was reached; what follows is not kept]
                [9 B of output was not kept]

                """)
        #expect(shown(lines).output == "hal\n")
    }

    @Test("our own words stand on a line of their own, and the line that they interrupt goes on behind a mark")
    func words() {
        let lines = [
            Self.line(.output(.stderr), "wor"), Self.line(.output(.stdout), "te"), Self.line(.sandbox, "killed\n"),
            Self.line(.output(.stderr), "se\n"), Self.line(.output(.stdout), "xt\n"),
        ]
        #expect(shown(lines).error == "wor\n[sandbox] killed\n[...] se\n")
        #expect(shown(lines).output == "text\n", "a file of its own is not touched")
        #expect(shown(lines, isOne: true).output == "te\n[...] xt\n")
    }

    @Test("what is said after a log begins on a line of its own where one reader sees both")
    func followed() {
        let lines = [Self.line(.output(.stdout), "no newline")]
        #expect(shown(lines, isOne: true, isFollowed: true).output == "no newline\n")
        #expect(shown(lines, isOne: false, isFollowed: true).output == "no newline")
        #expect(shown(lines, isOne: true).output == "no newline")
    }

    @Test("without a gap a pipe gets every byte as it was written", arguments: 1...4 as ClosedRange<UInt64>)
    func bytes(seed: UInt64) {
        var numbers = SeededGenerator(seed)
        let pieces: [(stream: LogStream, text: String)] = (0..<200).map { _ in
            let text = ["x", "\n", "y\n", "\u{1B}", "é"].randomElement(using: &numbers) ?? ""
            return (Bool.random(using: &numbers) ? .stdout : .stderr, text)
        }
        let shown = shown(pieces.map { Self.line(.output($0.stream), $0.text) })
        for (stream, text) in [(LogStream.stdout, shown.output), (.stderr, shown.error)] {
            #expect(text == pieces.filter { $0.stream == stream }.map(\.text).joined(), "seed \(seed)")
        }
    }

    @Test("of a log that rotates while it is read, no line is shown that was never written")
    func rotation() throws {
        var template = Array("/tmp/gcx-print-XXXXXX".utf8CString)
        let root = try #require(mkdtemp(&template).map { String(cString: $0) })
        defer { try? Files.removeTree(root) }
        let folder = JobLogFolder(path: "\(root)/log")
        var writer = try JobLogWriter(folder.path, limit: 1)
        let shown = Shown()
        let printer = LogPrinter(LogStyle(), onTerminal: (false, false), isOne: false) { shown.take($0, $1) }
        var reading = LogReading(from: 0, isWhole: true, stream: nil)
        var (place, text) = (UInt64(0), "")
        var written: Set<Substring> = []
        for round in 0..<400 {
            // Lines that tell their number, cut into records anywhere.
            text += "line \(round) of the job \(String(repeating: "=", count: round % 97)) end \(round)\n"
            written.insert(text.split(separator: "\n").last ?? "")
            while text.utf8.count > 37 {
                try writer.write(.output, Array(text.utf8.prefix(37)))
                text = String(text.dropFirst(37))
            }
            guard round % 67 == 0 else { continue }
            let page = try folder.stretch(from: place, bytesMax: 1_000)
            for line in try reading.lines(
                LogPage(
                    start: page.start, next: page.next, firstKept: page.firstKept, skipLines: 0, ended: false,
                    bytes: page.bytes))
            { printer.write(line) }
            place = page.next
        }
        printer.finish()
        let gaps = shown.error.split(separator: "\n").count
        #expect(gaps > 1, "the log rotated between two looks")
        var unfinished = 0
        for line in shown.output.split(separator: "\n") {
            if written.contains(line) { continue }
            let isRest = line.hasPrefix(LogPrinter.goesOn)
            let piece = line.dropFirst(isRest ? LogPrinter.goesOn.count : 0)
            #expect(written.contains { isRest ? $0.hasSuffix(piece) : $0.hasPrefix(piece) }, "\(line)")
            unfinished += 1
        }
        #expect(unfinished <= 2 * gaps + 1)
    }
}
