import Testing

@Suite("What strangers send")
struct StrangersTests {
    private func findings(_ text: String) -> [String] {
        Strangers.findings(in: SwiftFile("Sources/GCXA/A.swift", text)).map(\.what)
    }

    @Test("no file that reads it holds arithmetic that may end the process, without a reason")
    func tree() throws {
        let files = try SourceTree.real.get().swift(under: "Sources", "Probes")
        expectNone(Strangers.violations(files))
    }

    @Test("of every file somebody has said whether it reads it, once, and no row names nothing")
    func complete() throws {
        let files = try SourceTree.real.get().swift(under: "Sources", "Probes")
        expectNone(Strangers.unlisted(files))
        #expect(Strangers.stale(files) == [])
        #expect(Set(Strangers.reading.keys).isDisjoint(with: Strangers.own.keys))
    }

    @Test(
        "what ends the process is found",
        arguments: [
            ("let a = b + c", "unchecked `+`"), ("a += b", "unchecked `+`"), ("let a = b.count - 1", "unchecked `-`"),
            ("a -= 1", "unchecked `-`"), ("let a = (b) * c", "unchecked `*`"), ("a *= 10", "unchecked `*`"),
            ("let a = b << 8", "unchecked `<<`"), ("a <<= 8", "unchecked `<<`"),
            ("let a = b.reduce(0, +)", "unchecked `+`"),
            ("let a = b / c", "`/` by what may be zero"), ("let a = b % c", "`%` by what may be zero"),
            ("let a = b[c]", "a subscript"), ("let a = b.c()[0]", "a subscript"), ("let a = b[c..<d]", "a subscript"),
            ("let a = b?[0]", "a subscript"), ("let a = b!", "a forced `!`"), ("let a = b()!.c", "a forced `!`"),
            ("var a: B!", "a forced `!`"), ("let a = Int(b)", "`Int(…)` of what may not fit"),
            ("let a = UInt32(b.c)", "`UInt32(…)` of what may not fit"),
            ("let a = Int(5 - b)", "`Int(…)` of what may not fit"),
            ("b.map(UInt8.init)", "`UInt8(…)` of what may not fit"), ("let a = \"\\(b + c)\"", "unchecked `+`"),
            ("let a = b * 2 * 3", "unchecked `*`"), ("let a = b + 2 * 3", "unchecked `+`"),
            ("let a = b - A.c", "unchecked `-`"), ("let a = A.b.c + 1", "unchecked `+`"),
            ("let a = A.b(c) + 1", "unchecked `+`"), ("let a = 1 << b", "unchecked `<<`"),
            ("let a = b << A.c", "unchecked `<<`"), ("let a = b + [c][d]", "unchecked `+`"),
            ("let a = b + [c, d].e", "unchecked `+`"), ("let a = b[c] + d", "unchecked `+`"),
            ("if let a = b, c == Int(d) { }", "`Int(…)` of what may not fit"),
            ("guard let a = Int(b) + c else { }", "`Int(…)` of what may not fit"),
            ("let a = Int(b)", "`Int(…)` of what may not fit"),
            ("a.map { Int($0) }", "`Int(…)` of what may not fit"),
            ("a.flatMap { Int($0) + b }", "`Int(…)` of what may not fit"),
            ("let a = Int(b.count)", "`Int(…)` of what may not fit"),
            ("let a = UInt64(b.count - 1)", "`UInt64(…)` of what may not fit"),
            ("let a = time_t(b)", "`time_t(…)` of what may not fit"),
            ("let a = b > c.now() ? b - c.now() : 0", "a clock asked twice"),
            ("let a = b..<c", "a range that may end before it begins"),
            ("let a = b...c", "a range that may end before it begins"),
            ("let a = 0..<b", "a range that may end before it begins"),
            ("let a = b.c...9", "a range that may end before it begins"),
            ("let a = (b)..<(c)", "a range that may end before it begins"),
            ("let a = 0..<b.count - 1", "a range that may end before it begins"),
            ("let a = 1..<b.count", "a range that may end before it begins"),
            ("let a = 0...A.b(c)", "a range that may end before it begins"),
            ("let a = A.b - c...A.d", "a range that may end before it begins"),
        ])
    func found(text: String, finding: String) { #expect(findings(text).contains(finding)) }

    @Test(
        "what looks like it and is none",
        arguments: [
            "let a = b &+ c", "func a() -> B { }", "let a = -1", "f(-b)", "let a = \"b\" + c", "a + \"b\"",
            "a += \"b\"",
            "@available(*, deprecated)", "let a = b &<< 8", "let a: [Int] = [b]", "f([b])", "return [b]",
            "let a = [Int]()",
            "let a = b[\"c\"]", "a[b, default: 0] = 1", "a[keyPath: b]", "let a = b[...]", "if !a { }", "a != b",
            "f(!a)",
            "let a = Int(5)", "let a = Int(exactly: b)", "let a = UInt8(clamping: b)", "let a = UInt8(digits: b)",
            "let a = UInt8(ascii: \"b\")",
            "let a = Int(b, radix: 8)", "a[.b] = c", "a[b: c]", "let a = b / Self.c", "a % Limits.b", "let a: Int",
            "func f(_ a: Int) -> Int { a }", "let a = b / 2",
            "let a = b % 1_000",
            "let a = 2 * 3", "let a = 1 << 20", "f(64 * 1_024 * 3 + 1)", "let a = A.b + 2 * A.c", "let a = 1...1 << 4",
            "let a = b + [c]", "a += [b, c]", "let a = [b] + c", "f([b] + c)",
            "guard let a = UInt64(b), a > 0 else { }", "if let a = Int(b[...]) { }", "if c, let a = Int(b) { }",
            "a.flatMap { UInt64($0) }", "a.flatMap(UInt64.init)", "let a = UInt64(b.c.count)",
            "let a = (b.now(), c.now())", "let a = b.now()\nlet c = b.now()", "let a = 1...9", "let a = A.b...A.c",
            "let a = A.b...1 << 20", "let a = 0..<b.count",
            "f(.min ... .max)", "func a(_ b: B...) { }", "case \"a\"...\"z\": b", "case 0x20..<0x7f, 9: b",
            "(0..<b.c.count).map { d }", "for _ in 0..<A.b { }", "case ..<0x20: b", "{ ...b }",
            "let a = Array<Array<Int>>()", "{ [weak self] in }", "let a = b < c", "// a + b",
        ])
    func allowed(text: String) { #expect(findings(text) == []) }

    @Test("a reason excuses its own line, or the one below when it stands alone, and no other")
    func reasons() {
        #expect(findings("a += 1  // bounded: at most 8 rounds") == [])
        #expect(findings("// bounded: at most 8 rounds\na += 1") == [])
        #expect(findings("b()  // bounded: at most 8 rounds\na += 1") == ["unchecked `+`"])
        #expect(findings("// bounded: at most 8 rounds\n\na += 1") == ["unchecked `+`"])
        #expect(findings("a += 1  // bounded: ") == ["unchecked `+`"])
        #expect(findings("a += 1  // at most 8 rounds") == ["unchecked `+`"])
    }

    @Test("a reason for a block holds from its line to the closing brace, and never for a whole type")
    func blocks() {
        #expect(findings("func f() {\n // bounded here: of 8\n a += 1\n b += 1\n}") == [])
        #expect(findings("func f() {\n a += 1\n // bounded here: of 8\n b += 1\n}").count == 1)
        #expect(findings("func f() {\n if c {\n // bounded here: of 8\n a += 1\n}\n b += 1\n}").count == 1)
        #expect(findings("// bounded here: of 8\na += 1").count == 1)
        let long = String(repeating: "\n", count: Strangers.blockLinesMax)
        #expect(findings("struct A {\n // bounded here: of 8\n a += 1\(long)}").count == 1)
    }

    @Test("a subscript of what the file names as a dictionary is none, also in a dictionary of dictionaries")
    func dictionaries() {
        let mark = "// dictionaries: kin, room\n"
        #expect(findings(mark + "let a = kin[b]\nlet c = room[b]?[c]\nroom?[b] = nil\nself.kin[b] = c") == [])
        #expect(findings(mark + "let a = list[b]") == ["a subscript"])
        #expect(findings(mark + "let a = kin[b + c]") == ["unchecked `+`"])
    }

    @Test("a folder that reads it has all in it looked at but what is own; a folder that is own, none of its own files")
    func table() {
        let table = Strangers.Table(
            reading: ["Sources/GCXA/": "letters", "Sources/GCXB/Post.swift": "parcels"],
            own: ["Sources/GCXB/": "nothing", "Sources/GCXA/Own/": "nothing", "Sources/GCXA/A.swift": "nothing"])
        let files = [
            "Sources/GCXA/A.swift", "Sources/GCXA/B.swift", "Sources/GCXA/C/D.swift", "Sources/GCXA/Own/E.swift",
            "Sources/GCXA/Own/F/G.swift", "Sources/GCXB/H.swift", "Sources/GCXB/Post.swift", "Sources/GCXB/I/J.swift",
            "Sources/GCXC/K.swift",
        ].map { SwiftFile($0, "a += 1") }
        let found = Strangers.violations(files, table)
        #expect(
            found.map(\.path) == [
                "Sources/GCXA/B.swift", "Sources/GCXA/C/D.swift", "Sources/GCXA/Own/F/G.swift",
                "Sources/GCXB/Post.swift",
            ])
        #expect(found.first?.reason.contains("letters") == true)
        #expect(
            Strangers.unlisted(files, table).map(\.path) == ["Sources/GCXB/I/J.swift", "Sources/GCXC/K.swift"])
        #expect(Strangers.stale(files, table) == [])
        #expect(
            Strangers.stale(Array(files.dropFirst()), table) == ["Sources/GCXA/A.swift"])
        #expect(
            Strangers.stale(files.filter { !$0.path.hasPrefix("Sources/GCXB/") }, table)
                == ["Sources/GCXB/", "Sources/GCXB/Post.swift"])
    }
}
