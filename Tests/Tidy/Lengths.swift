import Testing

/// How long functions and files may be. A long function hides its steps, a long file holds a second idea.
enum Lengths {
    static let functionLinesMax = 70
    static let fileLinesMax = 350

    /// Words that begin another declaration: a function whose body has not begun before one of them has none.
    private static let beginners: Set<String> = [
        "func", "var", "let", "init", "deinit", "subscript", "associatedtype", "case", "static", "struct", "enum",
        "class", "extension", "protocol", "mutating", "package", "public", "private", "internal", "import",
    ]

    static func violations(_ files: [SwiftFile]) -> [Violation] {
        files.flatMap { file in longFile(file) + longFunctions(file) }
    }

    private static func longFile(_ file: SwiftFile) -> [Violation] {
        let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false).count
        let count = file.text.hasSuffix("\n") ? lines - 1 : lines
        guard count > fileLinesMax else { return [] }
        return [
            Violation(
                path: file.path, line: 0, finding: "has \(count) lines", reason: "at most \(fileLinesMax) are one idea",
                remedy: "name the second idea and give it a file")
        ]
    }

    private static func longFunctions(_ file: SwiftFile) -> [Violation] {
        file.code.indices.compactMap { index in
            guard let (name, open) = body(file, at: index), let close = file.partner(of: open) else { return nil }
            let lines = file.code[close].line - file.code[index].line + 1
            guard lines > functionLinesMax else { return nil }
            return Violation(
                path: file.path, line: file.code[index].line, finding: "`\(name)` has \(lines) lines",
                reason: "a function of more than \(functionLinesMax) does not show its steps",
                remedy: "keep `if` and `switch` in it, and move the work of each step to a function below")
        }
    }

    /// The name and the opening brace of what is declared at `index`; nil when that is no function, or has no body.
    private static func body(_ file: SwiftFile, at index: Int) -> (name: String, open: Int)? {
        let word = file.code[index]
        guard word.kind == .word, !file.isMark(".", at: index - 1) else { return nil }
        switch word.text {
        case "init", "deinit", "subscript": return brace(file, after: index).map { (word.text, $0) }
        case "func", "var":
            guard index + 1 < file.code.count else { return nil }
            return brace(file, after: index + 1).map { (file.code[index + 1].text, $0) }
        default: return nil
        }
    }

    private static func brace(_ file: SwiftFile, after start: Int) -> Int? {
        var index = start + 1
        while index < file.code.count {
            let token = file.code[index]
            if token.kind == .word, beginners.contains(token.text) { return nil }
            guard token.kind == .mark else {
                index += 1
                continue
            }
            switch token.text {
            case "{": return index
            case "(", "[": index = (file.partner(of: index) ?? file.code.count) + 1
            case "}", ")", "]", "@", ";": return nil
            // A stored value; `==` is the name of an operator.
            case "=" where token.isSpaced && file.code[start].text != "=": return nil
            default: index += 1
            }
        }
        return nil
    }
}

@Suite("Lengths")
struct LengthTests {
    private func function(_ head: String, lines: Int) -> String {
        "\(head) {\n" + String(repeating: "    step()\n", count: lines - 2) + "}\n"
    }

    private func findings(_ text: String) -> [String] {
        Lengths.violations([SwiftFile("Sources/GCXA/B.swift", text)]).map(\.finding)
    }

    @Test(
        "a function of one line too many is found, whatever it is",
        arguments: [
            ("func f()", "f"), ("func f(a: [Int] = [], b: () -> Void = {}) async throws(E) -> [Int]", "f"),
            ("init?(a: Int)", "init"), ("deinit", "deinit"), ("var a: [String: Int]", "a"),
            ("static func f<T: P>(_ a: T) -> T? where T: Q", "f"), ("subscript(a: Int) -> Int", "subscript"),
            ("static func == (a: A, b: A) -> Bool", "="),
        ])
    func functions(head: String, name: String) {
        #expect(findings(function(head, lines: 70)).isEmpty)
        #expect(findings(function(head, lines: 71)) == ["`\(name)` has 71 lines"])
    }

    @Test("what has no body is not measured by the next one's")
    func withoutBody() {
        #expect(findings("protocol P {\n    func f()\n    func g() throws -> Int\n}\n").isEmpty)
        let longClosures = function("let a = f", lines: 75) + function("A.init", lines: 75)
        #expect(findings("func f() -> Int\n" + longClosures).isEmpty)
        #expect(findings("var a = 1\n" + longClosures).isEmpty)
    }

    @Test("a file of one line too many is found")
    func files() {
        #expect(findings(String(repeating: "let a = 1\n", count: 350)).isEmpty)
        #expect(findings(String(repeating: "let a = 1\n", count: 351)) == ["has 351 lines"])
        #expect(findings(String(repeating: "// a\n", count: 350) + "// b") == ["has 351 lines"])
    }

    @Test("functions and files of this tree are short enough")
    func tree() throws {
        expectNone(Lengths.violations(try SourceTree.real.get().swiftFiles))
    }
}
