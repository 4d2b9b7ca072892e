import Testing

/// Links of doc comments, such as ``Name/member(_:)``: DocC follows them inside of a module only, and a name that moved to another
/// one is dead. `make docs` asks DocC itself, which takes minutes and does not see what is internal.
enum CommentLinks {
    private static let declaring: Set<String> = [
        "struct", "class", "enum", "actor", "protocol", "typealias", "associatedtype", "func", "var", "let", "case",
    ]

    static func violations(_ files: [SwiftFile]) -> [Violation] {
        Dictionary(grouping: files, by: module).values.flatMap { files in
            let declared = Set(files.flatMap(declared)).union(["init"])
            return files.flatMap { file in
                links(of: file).filter { !names(of: $0.link).allSatisfy(declared.contains) }.map {
                    Violation(
                        path: file.path, line: $0.line, finding: "the link `\($0.link)` leads nowhere",
                        reason: "its module declares no such name",
                        remedy:
                            "write what it is called now, or, where it is another module's, its name in single backticks"
                    )
                }
            }
        }
    }

    /// The folder of the module's sources.
    private static func module(_ file: SwiftFile) -> String {
        file.path.split(separator: "/").prefix(2).joined(separator: "/")
    }

    private static func links(of file: SwiftFile) -> [(link: String, line: Int)] {
        file.tokens.filter { $0.kind == .comment && $0.text.hasPrefix("///") && !$0.text.hasPrefix("/// ```") }
            .flatMap { comment in
                let parts = comment.text.split(separator: "``", omittingEmptySubsequences: false)
                return parts.enumerated().filter { $0.offset % 2 == 1 && $0.offset < parts.count - 1 }
                    .map { (String($0.element), comment.line) }
            }
    }

    /// `Name` and `member` of `Name/member(_:)`.
    private static func names(of link: String) -> [String] {
        link.split(separator: "/").map { String($0.prefix { $0 != "(" && $0 != "-" }) }
    }

    /// Names that stand behind the word that declares them; of cases, and of variables in a row, all.
    private static func declared(_ file: SwiftFile) -> [String] {
        declaring.flatMap { word in
            file.places(of: word).flatMap { place -> [String] in
                let line = file.code[(place + 1)...].prefix { $0.line == file.code[place].line }
                var (found, depth, isName) = ([String](), 0, true)
                for token in line {
                    switch (token.kind, token.text) {
                    case (.mark, "("): depth += 1
                    case (.mark, ")"): depth -= 1
                    case (.mark, ","): isName = depth == 0
                    case (.word, let name):
                        if isName { found.append(name.filter { $0 != "`" }) }
                        isName = false
                    default: isName = false
                    }
                }
                return found
            }
        }
    }
}

@Suite("Links of doc comments")
struct CommentLinkTests {
    private func lines(_ comment: String) -> [Int] {
        let text = "/// \(comment)\nenum A {\n    case b, c(Int), `d`\n    func e(_ f: Int) {}\n    init() {}\n}"
        let other = SwiftFile("Sources/GCXB/B.swift", "struct Other { let mine = 1 }")
        return CommentLinks.violations([SwiftFile("Sources/GCXA/A.swift", text), other]).map(\.line)
    }

    @Test(
        "a name that the module declares is accepted",
        arguments: [
            "``A``", "``A/b``", "``A/c(_:)``, ``A/d``", "``e(_:)``", "``A/init()``", "`Other`", "one `` alone",
        ])
    func good(comment: String) { #expect(lines(comment).isEmpty) }

    @Test(
        "a name of another module, or of nowhere, is found",
        arguments: ["``Other``", "``A/mine``", "``A/z`` and ``A``"])
    func bad(comment: String) { #expect(lines(comment) == [1]) }

    @Test("every link of this tree leads somewhere")
    func tree() throws {
        expectNone(CommentLinks.violations(try SourceTree.real.get().swift(under: "Sources", "Probes")))
    }
}
