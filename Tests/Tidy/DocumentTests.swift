import Testing

@Suite("Documents")
struct DocumentTests {
    private let files = ["README.md", "Sources/GCXA/B.swift", "Sources/GCXA/GCXA.docc/GCXA.md"]

    private func findings(_ texts: [String: String]) -> [String] {
        let markdown = texts.sorted { $0.key < $1.key }.map { MarkdownFile($0.key, $0.value) }
        return Documents(markdown, files: files + texts.keys).linkViolations.map(\.finding)
    }

    @Test(
        "a link that leads somewhere is none of our business",
        arguments: [
            "[B](Sources/GCXA/B.swift)", "[the folder](Sources/GCXA)", "[out](https://swift.org/nowhere)",
            "# A `b`: c, d\n[here](#a-b-c-d)", "[there](README.md#two-words)", "`[code](nowhere)`",
            "```\n[code](nowhere)\n```", "# A\n# A\n[second](#a-1)",
        ])
    func good(text: String) { #expect(findings(["A.md": text, "README.md": "## Two words"]).isEmpty) }

    @Test(
        "a link that leads nowhere is found",
        arguments: [
            ("[B](Sources/GCXA/C.swift)", "`Sources/GCXA/C.swift` is no file or folder"),
            ("a\n<img src=\"a.png\">", "`a.png` is no file or folder"),
            ("[up](../A.md)", "`../A.md` is no file or folder"),
            ("[there](README.md#three)", "`README.md#three` is no heading of README.md"),
            ("[B](Sources/GCXA/B.swift#a)", "`Sources/GCXA/B.swift#a` names a heading of what is no document"),
            ("<doc:GCXA>", "`doc:GCXA` is of a catalog, and this document is in none"),
        ])
    func bad(text: String, finding: String) {
        #expect(findings(["A.md": text, "README.md": "## Two words"]) == [finding])
    }

    @Test("an article links by name in its catalog, and by path out of it")
    func articles() {
        let first = "Sources/GCXA/GCXA.docc/GCXA.md"
        let second = "Sources/GCXA/GCXA.docc/Deep/C.md"
        let good = ["<doc:C>, [c](doc:C), [B](../B.swift)", "<doc:GCXA>, [B](../../B.swift)"]
        #expect(findings([first: good[0], second: good[1]]).isEmpty)
        #expect(findings([first: "<doc:B>", second: good[1]]) == ["`doc:B` is no article of its catalog"])
        #expect(findings([first: good[0], second: "[B](../B.swift)"]) == ["`../B.swift` is no file or folder"])
        let heading = findings([first: "[c](Deep/C.md#d)", second: "## D"])
        #expect(heading == ["`Deep/C.md#d` names a heading of an article, which has another name on the site"])
    }

    @Test("an article that no page lists, and a catalog without a first page, are found")
    func catalogs() {
        func findings(_ first: String?, _ name: String = "C") -> [String] {
            let pages = [first.map { MarkdownFile("Sources/GCXA/GCXA.docc/GCXA.md", $0) }].compactMap(\.self)
            let article = MarkdownFile("Sources/GCXA/GCXA.docc/Deep/\(name).md", "# C")
            return Documents(pages + [article], files: []).catalogViolations.map(\.finding)
        }
        #expect(findings("- <doc:C>").isEmpty)
        #expect(findings("- <doc:D>") == ["is in no list of its catalog"])
        #expect(findings(nil) == ["is in no list of its catalog", "has no GCXA.md"])
    }

    @Test("a name of code or of a file that is gone is found")
    func names() {
        func findings(_ text: String) -> [String] {
            let document = MarkdownFile("A.md", text)
            return DocumentNames.violations([document], files: ["Sources/Deep/B.swift"], words: ["Ledger", "post"])
                .map(\.finding)
        }
        #expect(findings("`Ledger.post`, `B.swift`, `Deep`, `GCX_SEED`, `gcx lease open`, `/proc`, `*.swift`").isEmpty)
        #expect(findings("`Ledger.posts`") == ["`Ledger.posts` is nowhere in the tree"])
        #expect(findings("`Ledgers` and `C.swift`").count == 2)
    }

    @Test("a record without its date or one of its paragraphs is found")
    func records() {
        let good = "# A\n\nDecided on 4 November 2026.\n\n**Decision.** A.\n\n**Why.** B.\n\n**Given up.** C.\n"
        func findings(_ name: String, _ text: String) -> [String] {
            DecisionRecords.violations([MarkdownFile("Sources/gcx/gcx.docc/Decisions/\(name).md", text)]).map(\.finding)
        }
        #expect(findings("2026-11-04-a", good).isEmpty)
        #expect(findings("2026-11-05-a", good) == ["does not say \"Decided on 5 November 2026\""])
        #expect(findings("a", good) == ["has no date at the beginning of its name"])
        let without = good.split(separator: "**Why.** ").joined()
        #expect(findings("2026-11-04-a", without) == ["has no paragraph that begins with **Why.** "])
        let long = good + String(repeating: "a", count: DecisionRecords.bytesMax)
        #expect(findings("2026-11-04-a", long) == ["has more than \(DecisionRecords.bytesMax) bytes"])
    }
}

@Suite("The documents of this tree")
struct DocumentTreeTests {
    @Test("every link leads somewhere")
    func links() throws { expectNone(Documents(try SourceTree.real.get()).linkViolations) }

    @Test("every article is listed by its catalog")
    func catalogs() throws { expectNone(Documents(try SourceTree.real.get()).catalogViolations) }

    @Test("every decision has a date, a reason and a price")
    func records() throws {
        let articles = Documents(try SourceTree.real.get()).articles
        #expect(articles.contains { $0.path.contains("/\(DecisionRecords.folder)/") })
        expectNone(DecisionRecords.violations(articles))
    }

    @Test("every file and type that the articles name is there")
    func names() throws {
        let tree = try SourceTree.real.get()
        let documents = Documents(tree)
        // A field of a format is a literal in the code that reads it: `"Cmd"` of an image's configuration.
        let words = Set(tree.swiftFiles.flatMap { file in file.code.filter { $0.kind != .mark }.map(\.text) })
        let told =
            documents.articles + documents.markdown.filter { ["ARCHITECTURE.md", "CONTRIBUTING.md"].contains($0.path) }
        expectNone(DocumentNames.violations(told, files: tree.files, words: words))
    }

    /// Fifteen minutes of reading. What does not fit is an article.
    private static let architectureBytesMax = 16_000

    @Test("the page about the whole stays a page")
    func size() throws {
        let text = try #require(try SourceTree.real.get().text("ARCHITECTURE.md"))
        #expect(text.utf8.count <= Self.architectureBytesMax, "move what is about one part into an article beside it")
    }
}
