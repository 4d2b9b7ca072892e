import Testing

/// A test that is skipped says what it lacks, so that a report of skipped tests can be acted on.
enum Skips {
    static func violations(_ files: [SwiftFile]) -> [Violation] {
        files.flatMap { file in
            file.code.indices.compactMap { index in
                guard let open = opening(file, at: index), let close = file.partner(of: open) else { return nil }
                guard !givesReason(file, open, close) else { return nil }
                let name = file.code[index + 1].text
                return Violation(
                    path: file.path, line: file.code[index].line, finding: "`.\(name)` without a reason",
                    reason: "a skipped test says what it lacks",
                    remedy: "add it as the last argument, as in `.enabled(if: isRoot, \"needs root\")`")
            }
        }
    }

    /// The parenthesis after `.enabled(if:`, `.disabled(` or `.disabled`, where one of them begins at `index`.
    private static func opening(_ file: SwiftFile, at index: Int) -> Int? {
        let isSkip =
            file.holds([".", "enabled", "(", "if", ":"], at: index) || file.holds([".", "disabled", "("], at: index)
        return isSkip ? index + 2 : nil
    }

    /// Whether an argument without a label is there, which is the comment.
    private static func givesReason(_ file: SwiftFile, _ open: Int, _ close: Int) -> Bool {
        var (index, begins) = (open + 1, true)
        while index < close {
            if begins, file.isMark("{", at: index) { return false }
            if begins, !file.isMark(":", at: index + 1) { return true }
            begins = file.isMark(",", at: index)
            let opens = ["(", "[", "{"].contains { file.isMark($0, at: index) }
            index = (opens ? file.partner(of: index) ?? close : index) + 1
        }
        return false
    }
}

@Suite("Skipped tests")
struct SkipTests {
    private func findings(_ text: String) -> [String] {
        Skips.violations([SwiftFile("Tests/GCXATests/B.swift", text)]).map(\.finding)
    }

    @Test(
        "a reason is seen",
        arguments: [
            #"@Test("a", .enabled(if: isRoot, "needs root"))"#,
            #"@Test("a", .enabled(if: f(a, b: [c]), "needs \(b)"))"#,
            #"@Suite(.disabled("until the ledger can"))"#,
            #"@Test(.disabled(if: isRoot, "root may do anything"))"#,
            #"@Test(.enabled(if: place != nil, Comment(rawValue: lack)))"#,
        ])
    func reasons(text: String) { #expect(findings(text).isEmpty) }

    @Test(
        "a missing reason is found",
        arguments: [
            (#"@Test("a", .enabled(if: isRoot))"#, "enabled"), (#"@Test("a", .enabled(if: f("a", b)))"#, "enabled"),
            ("@Test(.disabled())", "disabled"), ("@Test(.disabled(if: f(a, b)))", "disabled"),
        ])
    func missing(text: String, name: String) { #expect(findings(text) == ["`.\(name)` without a reason"]) }

    @Test("every skipped test of this tree says what it lacks")
    func tree() throws {
        expectNone(Skips.violations(try SourceTree.real.get().swift(under: "Tests")))
    }
}
