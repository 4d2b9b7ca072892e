import GCXModel
import Testing

@testable import GCXJobLog
@testable import GCXSandbox

@Suite("Lines of a job's log")
struct LogTextTests {
    private func lines(_ pieces: [(JobLog.Stream, String)], skip: UInt64 = 0) -> [String] {
        var assembler = LineAssembler(skip: skip)
        var lines: [String] = []
        let emit: (TextLine) -> Void = { line in
            let mark = line.stream == .output ? "o" : "e"
            lines.append("\(mark):\(String(decoding: line.bytes, as: UTF8.self))\(line.isEnded ? "" : "…")")
        }
        for (stream, text) in pieces { assembler.add(stream, Array(text.utf8), wallNanoseconds: 1, emit: emit) }
        assembler.finish(emit: emit)
        return lines
    }

    @Test("lines are put together for each stream, in the order of their ends")
    func assembly() {
        let pieces: [(JobLog.Stream, String)] = [
            (.output, "on"), (.error, "bad\nwor"), (.output, "e\n\ntwo"), (.error, "se\n"), (.output, "\nend"),
        ]
        #expect(lines(pieces) == ["e:bad", "o:one", "o:", "e:worse", "o:two", "o:end…"])
        #expect(lines(pieces, skip: 2) == ["o:", "e:worse", "o:two", "o:end…"])
    }

    @Test("cutting the stream elsewhere changes no line", arguments: 1...10 as ClosedRange<UInt64>)
    func cuts(seed: UInt64) {
        var numbers = Seeded(seed)
        let text = (0..<400).map { _ in Int.random(in: 0..<6, using: &numbers) == 0 ? "\n" : "x" }.joined()
        var pieces: [(JobLog.Stream, String)] = []
        var rest = text[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...20, using: &numbers))
            pieces.append((.output, String(piece)))
            rest = rest.dropFirst(piece.count)
        }
        #expect(lines(pieces) == lines([(.output, text)]), "seed \(seed)")
    }

    @Test("newlines are counted one by one, at any length and place", arguments: 1...5 as ClosedRange<UInt64>)
    func newlines(seed: UInt64) {
        var numbers = Seeded(seed)
        for count in [0, 1, 7, 8, 9, 63, 2_040, 2_048, 5_001] {
            let dense = [UInt8](repeating: 10, count: count)
            let mixed: [UInt8] = (0..<count).map { _ in [10, 9, 11, 0x8a, 0, 0xff].randomElement(using: &numbers) ?? 10
            }
            for bytes in [dense, mixed] {
                let counted = bytes.withUnsafeBytes { JobLogCounts.newlines(in: $0) }
                #expect(counted == UInt64(bytes.filter { $0 == 10 }.count), "seed \(seed), \(count) bytes")
            }
        }
    }

    @Test("a line beyond the bound comes in pieces, and no byte is lost")
    func longLine() {
        let most = JobLogLimits.logLineBytesMax
        var assembler = LineAssembler()
        var sizes: [Int] = []
        var ended: [Bool] = []
        let bytes = [UInt8](repeating: 97, count: 2 * most + 5) + [10, 98, 10]
        assembler.add(.output, bytes, wallNanoseconds: 0) {
            sizes.append($0.bytes.count)
            ended.append($0.isEnded)
        }
        #expect(sizes == [most, most, 5, 1] && ended == [false, false, true, true])
    }

    @Test(
        "an expression finds what grep -E finds",
        arguments: [
            ("^a.c$", "abc", true), ("^a.c$", "abcd", false), ("err(or)?|warn", "a warning", true),
            ("x{3}", "xx", false),
            ("[[:digit:]]+", "no", false), ("", "", true), ("^$", "", true), ("b$", "a\u{0}b", true),
            ("^b", "a\u{0}b", false),
        ])
    func pattern(expression: String, line: String, isFound: Bool) throws {
        #expect(try LinePattern(expression).matches(Array(line.utf8)) == isFound)
    }

    @Test("bytes that are no text can be searched, and a bad expression says so")
    func badPattern() throws {
        #expect(try LinePattern("\u{e4}").matches([0xff, 0xc3, 0xa4, 0x00]))
        #expect(throws: PatternError.self) { try LinePattern("a(b") }
    }

    private func safe(_ pieces: [[UInt8]]) -> String {
        var text = SafeText()
        let shown = pieces.flatMap { text.add($0) } + text.finish()
        return String(decoding: shown, as: UTF8.self)
    }

    @Test(
        "what could steer a terminal becomes visible",
        arguments: [
            ("plain\ttext\n", "plain\ttext\n"), ("\u{1b}[2J\u{1b}]0;x\u{7}", "^[[2J^[]0;x^G"), ("a\rb", "a^Mb"),
            ("a\r\n", "a\r\n"), ("\u{7f}\u{0}", "^?^@"), ("\u{9b}31m", "\\u{9b}31m"), ("a\u{202e}b", "a\\u{202e}b"),
            ("grün €🎉", "grün €🎉"),
        ])
    func terminal(text: String, shown: String) {
        let bytes = Array(text.utf8)
        #expect(safe([bytes]) == shown)
        #expect(safe(bytes.map { [$0] }) == shown)
    }

    @Test("bytes that are no UTF-8 never reach the terminal", arguments: 1...20 as ClosedRange<UInt64>)
    func noUTF8(seed: UInt64) {
        var numbers = Seeded(seed)
        let bytes = (0..<500).map { _ in UInt8.random(in: .min ... .max, using: &numbers) }
        var text = SafeText()
        var pieces: [UInt8] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...7, using: &numbers))
            pieces += text.add(piece)
            rest = rest.dropFirst(piece.count)
        }
        pieces += text.finish()
        #expect(safe([bytes]) == String(decoding: pieces, as: UTF8.self), "seed \(seed)")
        #expect(String(validating: pieces, as: UTF8.self) != nil, "seed \(seed)")
        let controls = pieces.enumerated().filter { index, byte in
            (byte < 0x20 && byte != 9 && byte != 10 && !(byte == 13 && pieces[index + 1] == 10)) || byte == 0x7f
        }
        #expect(controls.isEmpty, "seed \(seed)")
        #expect(safe([[0x9b, 0x33, 0xff, 0xe2, 0x82]]) == "\\x9b3\\xff\\xe2\\x82")
    }
}
