import Foundation
import GCXModel
import Testing

@Suite("Text that others wrote")
struct UntrustedTests {
    /// What strangers send, and what is shown of it.
    static let attacks: [(text: String, shown: String)] = [
        ("eu-north", "eu-north"), ("Zürich €🎉❤️", "Zürich €🎉❤️"), ("", ""),
        ("\u{1B}[2J\u{1B}]0;owned\u{7}", "^[[2J^[]0;owned^G"),
        ("a\u{9B}31mb\u{9D}0;x\u{9C}", "a\\u{9b}31mb\\u{9d}0;x\\u{9c}"),
        ("a\nok\ttrue\r", "a^Jok^Itrue^M"), ("a\r\nb", "a^M^Jb"), ("\u{0}\u{7F}", "^@^?"),
        ("1\u{202E}001\u{202C}", "1\\u{202e}001\\u{202c}"),
        ("\u{2066}a\u{2069}\u{200E}\u{200F}\u{61C}", "\\u{2066}a\\u{2069}\\u{200e}\\u{200f}\\u{61c}"),
        ("pay\u{200B}pal\u{2060}\u{FEFF}\u{200D}", "pay\\u{200b}pal\\u{2060}\\u{feff}\\u{200d}"),
        ("a\u{2028}b\u{2029}c\u{85}d", "a\\u{2028}b\\u{2029}c\\u{85}d"),
        ("\u{E0041}\u{3164}\u{AD}", "\\u{e0041}\\u{3164}\\u{ad}"),
    ]

    @Test("what could steer a terminal, or hide, is visible on one line", arguments: attacks)
    func shown(text: String, shown: String) {
        #expect(Untrusted(text).shown == shown)
        #expect(SafeText.show(text) == shown)
    }

    @Test("no control character comes through the door, whatever goes in", arguments: 1...20 as ClosedRange<UInt32>)
    func anything(seed: UInt32) {
        var number = seed
        let scalars = (0..<400).compactMap { _ -> Unicode.Scalar? in
            number = number &* 1_664_525 &+ 1_013_904_223
            return Unicode.Scalar(number.isMultiple(of: 3) ? number >> 24 : (number >> 8) % 0x11_0000)
        }
        let text = Untrusted(String(String.UnicodeScalarView(scalars)))
        #expect(!text.shown.unicodeScalars.contains { PlainText.isHidden($0) }, "seed \(seed)")
        #expect(
            !text.shownLines.unicodeScalars.contains { PlainText.isHidden($0) && !"\r\n\t".unicodeScalars.contains($0) }
        )
    }

    @Test("a text with lines keeps them, and nothing else that moves the cursor")
    func lines() { #expect(Untrusted("a\n\tb\r\nc\rd\u{1B}[A").shownLines == "a\n\tb\r\nc^Md^[[A") }

    @Test("what is long is cut, between characters")
    func long() {
        #expect(Untrusted(String(repeating: "a", count: 4_097)).shown == String(repeating: "a", count: 4_096) + "…")
        #expect(Untrusted(String(repeating: "a", count: 4_096)).shown == String(repeating: "a", count: 4_096))
        #expect(SafeText.show("ab€", bytesMax: 4) == "ab…")
        #expect(SafeText.show("\u{1B}[A", bytesMax: 2) == "^[[…")
    }

    @Test("it is stored, sent and compared as the plain string it is", arguments: attacks)
    func plain(text: String, shown: String) throws {
        let encoder = JSONEncoder()
        #expect(try encoder.encode([Untrusted(text)]) == encoder.encode([text]))
        #expect(try JSONDecoder().decode([Untrusted].self, from: encoder.encode([text])) == [Untrusted(text)])
        #expect(Untrusted(text) == text && Untrusted(text).raw(for: .storing) == text)
        #expect(Untrusted(text).byteCount == text.utf8.count)
    }

    @Test("JSON for a terminal is the same document, and holds nothing that a terminal obeys", arguments: attacks)
    func json(text: String, shown: String) throws {
        let document = String(decoding: try JSONEncoder().encode([text]), as: UTF8.self)
        let safe = SafeText.json(document)
        #expect(!safe.unicodeScalars.contains { PlainText.isHidden($0) })
        #expect(try JSONDecoder().decode([String].self, from: Data(safe.utf8)) == [text])
        #expect(SafeText.json("{\n\t\"a\": 1\n}") == "{\n\t\"a\": 1\n}")
    }

    @Test("our styling reaches a terminal, and no styling that stands in a text")
    func styled() {
        let text = StyledText("a\u{1B}[31mb", .bold) + "\u{1B}[2J\n"
        #expect(text.safe(colour: true) == "\u{1B}[1ma^[[31mb\u{1B}[0m^[[2J\n")
        #expect(text.safe(colour: false) == "a^[[31mb^[[2J\n")
        #expect(
            StyledText.lines([StyledText("a", .dim), StyledText("b")]).text(colour: true) == "\u{1B}[2ma\u{1B}[0m\nb\n")
    }

    @Test("what is made of untrusted text is untrusted, and a literal of ours may stand for it")
    func made() {
        let evil = Untrusted("\u{1B}c")
        let made: Untrusted = "\(evil) and \(7), \("a" as String)"
        #expect(made == "\u{1B}c and 7, a")
        #expect(made.shown == "^[c and 7, a")
    }

    /// Reflection prints what has no description: a document in a test's message, an error in a trap.
    @Test("a value that holds such a text shows it harmless when it is printed whole")
    func reflected() {
        let fact = Fact(name: "\u{1B}[2J", value: 1, unit: "\u{9B}1m", level: .claimed, measuredAt: 1)
        var dumped = ""
        dump(fact, to: &dumped)
        for text in ["\(fact)", String(reflecting: fact), dumped, "\([fact])"] {
            #expect(!text.unicodeScalars.contains { PlainText.isHidden($0) && $0 != "\n" }, "\(Array(text.utf8))")
            #expect(text.contains("^[[2J"))
        }
        #expect("\(ExitReason.hostFailure(description: "\u{1B}c"))" == "host failure: ^[c")
    }

    /// The compiler itself is asked, for nothing else knows what it lets pass.
    @Test(
        "a text of others in a string does not compile, and through the door it does",
        .enabled(if: Compiler.isThere, "needs swiftc on the path"))
    func compiler() throws {
        let refused = [
            "\"region \\(text)\"", "\"\\(maybe)\"", "\"\\(many)\"", "String(describing: text)",
            "String(reflecting: text)", "text.description", "String(text)", "text as String",
            "many.joined(separator: \", \")", "many.map { \"\\($0)\" }", "\"a\" + text as String",
        ]
        let words = try Compiler.errors(refused)
        for (index, line) in refused.enumerated() {
            let error = words[index]
            #expect(error != nil, "\(line) compiles")
        }
        #expect(words[0]?.contains("somebody else wrote this text: show it with `.shown`") == true)
        #expect(
            try Compiler.errors(["\"region \\(text.shown)\"", "\"reason: \\(text)\" as Untrusted", "text == \"b\""])
                == [:])
    }
}

/// `swiftc` on the very sources of the door, and one line more.
private enum Compiler {
    static let isThere = path != nil

    private static let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { "\($0)/swiftc" }.first { FileManager.default.isExecutableFile(atPath: $0) }

    /// What is wrong with each expression, by its place in the list; nothing for those that compile.
    static func errors(_ expressions: [String]) throws -> [Int: String] {
        let model = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/GCXModel")
            .standardized
        let folder = FileManager.default.temporaryDirectory.appending(path: "untrusted-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let snippet = folder.appending(path: "main.swift")
        let given = ["let text = Untrusted(\"a\"), maybe: Untrusted? = text, many = [text]"]
        let lines = given + expressions.map { "_ = \($0)" }
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: snippet)
        let sources = try FileManager.default.contentsOfDirectory(
            at: model.appending(path: "Text"), includingPropertiesForKeys: nil)
        let process = Process()
        process.executableURL = URL(filePath: path ?? "")
        process.arguments =
            [
                "-typecheck", "-warnings-as-errors", "-diagnostic-style", "llvm", "-package-name", "gcx",
                model.appending(path: "Limits.swift").path,
            ] + sources.map(\.path) + [snippet.path]
        let pipe = Pipe()
        (process.standardError, process.standardOutput) = (pipe, pipe)
        try process.run()
        let words = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        var errors: [Int: String] = [:]
        for line in words.split(separator: "\n") where line.contains(": error: ") {
            let parts = line.split(separator: ":", maxSplits: 4).map(String.init)
            guard parts.count == 5, parts[0].hasSuffix("main.swift"), let number = Int(parts[1]) else {
                throw Trouble(words: words)
            }
            errors[number - given.count - 1] = parts[4].trimmingCharacters(in: .whitespaces)
        }
        guard errors.isEmpty == (process.terminationStatus == 0) else { throw Trouble(words: words) }
        return errors
    }

    struct Trouble: Error { let words: String }
}
