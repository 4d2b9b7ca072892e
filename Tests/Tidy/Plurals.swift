import Testing

/// A number that stands bare before its noun: `"\(count) cores"` says "1 cores" one day.
///
/// The nouns are those that ``NumberText`` is asked for anywhere in the sources, and some that every release counts, so a noun
/// that was once written right cannot be written wrong.
enum Plurals {
    static func violations(_ files: [SwiftFile]) -> [Violation] {
        let nouns = files.reduce(into: always) { $0.formUnion(counted($1)) }
        return files.flatMap { file in file.code.indices.flatMap { violations(file, $0, nouns) } }
    }

    /// Texts that programs read as they are, each with the reason why it must stay.
    static let homes = [
        "Sources/GCXModel/Documents/OutputStatement.swift": "the machine signed this text, and a buyer reads it",
        "Sources/GCXModel/NumberText.swift": "it makes the plural",
    ]

    private static let always: Set<String> = ["bytes", "cores", "entries", "jobs", "leases", "receipts"]
    /// What may stand between a number and what it counts: one word that is none of these.
    private static let links: Set<Substring> = [
        "s", "of", "and", "or", "to", "in", "with", "without", "has", "have", "from", "on", "by", "as", "holds",
        "takes",
        "is", "are",
        "no", "where",
    ]

    /// The plurals of what is counted in the file with ``NumberText``.
    private static func counted(_ file: SwiftFile) -> [String] {
        file.places(of: "count").filter { file.isMark("(", at: $0 + 1) }.compactMap { place -> String? in
            guard let end = file.partner(of: place + 1) else { return nil }
            let comma = (place + 2..<end).last { file.isMark(",", at: $0) && file.code[$0 + 1].kind == .literal }
            guard let comma, let noun = file.code[comma + 1].text.split(separator: " ").last else { return nil }
            return plural(String(noun))
        }
    }

    private static func plural(_ noun: String) -> String {
        if noun.hasSuffix("axis") { return "\(noun.dropLast(2))es" }
        if noun.hasSuffix("y"), !noun.hasSuffix("ay") { return "\(noun.dropLast())ies" }
        return noun.hasSuffix("s") ? "\(noun)es" : "\(noun)s"
    }

    private static func violations(_ file: SwiftFile, _ index: Int, _ nouns: Set<String>) -> [Violation] {
        guard homes[file.path] == nil, let finding = finding(file, index, nouns) else { return [] }
        return [
            Violation(
                path: file.path, line: file.code[index].line, finding: finding,
                reason: "it will say \"1 cores\" one day", remedy: "NumberText.count(number, \"core\")")
        ]
    }

    private static func finding(_ file: SwiftFile, _ index: Int, _ nouns: Set<String>) -> String? {
        let token = file.code[index]
        guard token.kind == .literal else { return nil }
        // Only an interpolation has a literal right behind its parenthesis.
        if file.isMark(")", at: index - 1), !token.isSpaced, token.text.hasPrefix(" ") {
            let words = token.text.dropFirst().split(separator: " ", omittingEmptySubsequences: false).prefix(2)
                .map { $0.prefix { $0.isLetter } }
            guard let first = words.first else { return nil }
            if nouns.contains(String(first)) { return "`\\(…) \(first)`" }
            if words.count == 2, !links.contains(first), nouns.contains(String(words[1])) {
                return "`\\(…) \(first) \(words[1])`"
            }
        }
        let isEnding = token.text == "s" && file.isMark(":", at: index - 1) && index > 1
        return isEnding && file.code[index - 2].text.isEmpty && file.code[index - 2].kind == .literal
            ? "`\"\" : \"s\"`" : nil
    }
}

@Suite("Numbers and their nouns")
struct PluralTests {
    private func findings(_ text: String) -> [String] {
        let counting = SwiftFile("Sources/A/Counting.swift", "let a = NumberText.count(b(c, d), \"PCI device\")")
        return Plurals.violations([SwiftFile("Sources/A/B.swift", text), counting]).map(\.finding)
    }

    @Test(
        "a number before its noun is found",
        arguments: [
            (#"say("\(a) cores")"#, #"`\(…) cores`"#), (#"say("it has \(a.b(c)) bytes left")"#, #"`\(…) bytes`"#),
            (#"say("\(a) usable devices")"#, #"`\(…) usable devices`"#),
            (#"say("\(a) lease\(a == 1 ? "" : "s")")"#, #"`"" : "s"`"#),
        ])
    func found(text: String, finding: String) { #expect(findings(text) == [finding]) }

    @Test(
        "what looks like it and is none",
        arguments: [
            #"say("\(count(a, "core")) are free")"#, #"say("\(a) of leases")"#, #"say("\(a) has leases")"#,
            "// \\(a) cores", #"say("a) cores")"#, #"say("\(a) corest")"#, #"say("\(a), bytes")"#,
            #"(a ? "s" : "min")"#,
        ])
    func none(text: String) { #expect(findings(text) == []) }

    @Test("every text of the sources counts in one way")
    func real() throws {
        let tree = try SourceTree.real.get()
        let files = tree.swiftFiles.filter { $0.path.hasPrefix("Sources/") || $0.path.hasPrefix("Probes/") }
        #expect(files.count > 300)
        expectNone(Plurals.violations(files))
    }
}
