import Testing

/// A type that other modules see says what it is.
enum Docstrings {
    private static let kinds: Set<String> = ["struct", "class", "enum", "actor", "protocol"]
    private static let modifiers: Set<String> = ["final", "indirect", "nonisolated"]

    static func violations(_ files: [SwiftFile]) -> [Violation] { files.flatMap(violations) }

    private static func violations(_ file: SwiftFile) -> [Violation] {
        var found: [Violation] = []
        // Whether each open brace is an extension's. What is inside a type is told by the type's own comment.
        var (braces, isExtension) = ([Bool](), false)
        for (index, token) in file.tokens.enumerated() {
            switch (token.kind, token.text) {
            case (.word, "extension"): isExtension = true
            case (.mark, "{"):
                braces.append(isExtension)
                isExtension = false
            case (.mark, "}"): _ = braces.popLast()
            case (.word, "package"), (.word, "public"), (.word, "open"):
                guard !braces.contains(false), let name = type(file.tokens, after: index),
                    !isDocumented(file.tokens, index)
                else { continue }
                found.append(
                    Violation(
                        path: file.path, line: token.line, finding: "`\(name)` has no doc comment",
                        reason: "other modules see this type",
                        remedy: "say above it with `///` what it is, its unit, or what its cases tell apart"))
            default: break
            }
        }
        return found
    }

    /// The name of the type whose declaration goes on after `index`.
    private static func type(_ tokens: [Token], after index: Int) -> String? {
        var index = index + 1
        while index < tokens.count, modifiers.contains(tokens[index].text) { index += 1 }
        // `class func` declares a function.
        guard index + 1 < tokens.count, tokens[index].kind == .word, kinds.contains(tokens[index].text),
            tokens[index + 1].kind == .word, !["func", "var"].contains(tokens[index + 1].text)
        else { return nil }
        return tokens[index + 1].text
    }

    /// Whether a `///` stands before the declaration and its attributes.
    private static func isDocumented(_ tokens: [Token], _ index: Int) -> Bool {
        for before in stride(from: index - 1, through: 0, by: -1) {
            let token = tokens[before]
            if token.kind == .comment, token.text.hasPrefix("///") { return true }
            // Behind a brace, or on a line of its own that is no attribute, something else was declared.
            if token.kind == .mark, token.text == "}" || token.text == "{" { return false }
            let first = tokens[...before].lastIndex { $0.line < token.line }.map { $0 + 1 } ?? 0
            guard token.kind == .comment || tokens[first].text == "@" || token.line == tokens[index].line else {
                return false
            }
        }
        return false
    }
}

@Suite("Doc comments")
struct DocstringTests {
    private func lines(_ text: String) -> [Int] {
        Docstrings.violations([SwiftFile("Sources/GCXA/B.swift", text)]).map(\.line)
    }

    @Test(
        "a documented type is accepted",
        arguments: [
            "/// A.\npackage struct A {}", "/// A.\n@frozen\npackage final class A {}",
            "/// A.\n@available(*, deprecated, message: \"b\")\npackage enum A {}",
            "/// A.\n// Why it is an actor.\npackage actor A {}", "struct A {}",
            "extension A {\n    package func f() {}\n}",
            "extension A {\n    package class func f() {}\n}",
        ])
    func good(text: String) { #expect(lines(text).isEmpty) }

    @Test(
        "a type without a doc comment is found",
        arguments: [
            "package struct A {}", "// Not one.\npackage struct A {}", "@frozen package enum A {}",
            "package indirect enum A {}", "public protocol A {}",
        ])
    func bad(text: String) { #expect(lines(text).count == 1) }

    @Test("the comment of one type does not stand for the next, but for those inside it")
    func neighbours() {
        #expect(lines("/// A.\npackage struct A {}\npackage struct B {}") == [3])
        #expect(lines("/// A.\nextension A {\n    package enum B {}\n}") == [3])
        #expect(lines("/// A.\npackage struct A {\n    package enum B {}\n}").isEmpty)
        #expect(lines("/// A.\npackage struct A {\n}\nextension A {\n    package enum B {}\n}") == [5])
    }

    @Test("every type of this tree that other modules see says what it is")
    func tree() throws {
        expectNone(Docstrings.violations(try SourceTree.real.get().swift(under: "Sources", "Probes")))
    }
}
