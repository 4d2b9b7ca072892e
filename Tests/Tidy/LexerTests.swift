import Testing

@Suite("What is code and what is not")
struct LexerTests {
    private func code(_ text: String) -> [String] {
        Lexer.tokens(of: text).filter { $0.kind == .word || $0.kind == .mark }.map(\.text)
    }

    private func literals(_ text: String) -> [String] {
        Lexer.tokens(of: text).filter { $0.kind == .literal }.map(\.text)
    }

    @Test("comments are not code, nested ones included")
    func comments() {
        #expect(code("a // b\nc") == ["a", "c"])
        #expect(code("a /* b /* c */ d */ e") == ["a", "e"])
        #expect(code("a /* \" */ b // \"\nc") == ["a", "b", "c"])
        #expect(code("a /* never closed") == ["a"])
    }

    @Test("the text of a string is not code, the code inside it is")
    func strings() {
        #expect(code(#"a("print(x)")"#) == ["a", "(", ")"])
        #expect(code(#"a("\(b(c)) // d", e)"#) == ["a", "(", "(", "b", "(", "c", ")", ")", ",", "e", ")"])
        #expect(code(#"a("\"b", c)"#) == ["a", "(", ",", "c", ")"])
        #expect(code(#"a("\(b("\(c)"))")"#) == ["a", "(", "(", "b", "(", "(", "c", ")", ")", ")", ")"])
    }

    @Test("raw and multi-line strings end where Swift ends them")
    func rawStrings() {
        #expect(code("a(#\"b \" \\(c) \"#, d)") == ["a", "(", ",", "d", ")"])
        #expect(code("a(#\"b \\#(c)\"#, d)") == ["a", "(", "(", "c", ")", ",", "d", ")"])
        #expect(code("a = \"\"\"\n  b \"c\" \\(d)\n  \"\"\"\ne") == ["a", "=", "(", "d", ")", "e"])
        #expect(code("a = ##\"\"\"\n \"\"\"# b\n \"\"\"##\nc") == ["a", "=", "c"])
        #expect(code("#if DEBUG\na\n#endif") == ["#", "if", "DEBUG", "a", "#", "endif"])
    }

    @Test("a literal is kept, and every piece knows its line")
    func lines() {
        #expect(literals(#"f("one", "a\(b)c")"#) == ["one", "a", "c"])
        let tokens = Lexer.tokens(of: "a\n/* x\n y */ b\n\"\"\"\n c\n\"\"\" d")
        #expect(tokens.map(\.line) == [1, 2, 3, 4, 6])
    }

    @Test("a piece knows whether it touches the one before")
    func spacing() {
        #expect(Lexer.tokens(of: "try! x").map(\.isSpaced) == [true, false, true])
        #expect(Lexer.tokens(of: "try !x").map(\.isSpaced) == [true, true, false])
    }

    @Test("every file of the tree closes what it opens, so no string or comment was misread")
    func balance() throws {
        let files = try SourceTree.real.get().swiftFiles
        #expect(files.count > 100)
        expectNone(files.flatMap(\.unbalanced))
    }

    @Test("a bracket that never closes is found")
    func unbalanced() {
        #expect(SwiftFile("a.swift", "f(a, [b)").unbalanced.count == 3)
        #expect(SwiftFile("a.swift", "f {\n (a) }\n}").unbalanced.map(\.line) == [3])
        #expect(SwiftFile("a.swift", "f { (a) [b] }").unbalanced.isEmpty)
    }
}
