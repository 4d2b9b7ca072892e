import Foundation

/// A Swift file as the rules see it.
struct SwiftFile: Sendable {
    let path: String
    let text: String
    /// Everything, comments included.
    let tokens: [Token]
    /// What the compiler sees: words, marks and literals.
    let code: [Token]
    /// For each piece of `code` that is a bracket, the place of its partner.
    private let partners: [Int: Int]
    private let words: [String: [Int]]
    let unbalanced: [Violation]

    init(_ path: String, _ text: String) {
        self.path = path
        self.text = text
        tokens = Lexer.tokens(of: text)
        code = tokens.filter { $0.kind != .comment }
        (partners, unbalanced) = Self.pairs(code, path)
        words = Dictionary(grouping: code.indices.filter { [code] in code[$0].kind == .word }) { [code] in code[$0].text
        }
    }

    /// The place of the bracket that closes, or opens, the one at `index`.
    func partner(of index: Int) -> Int? { partners[index] }

    /// Where this word stands in `code`.
    func places(of word: String) -> [Int] { words[word] ?? [] }

    /// Whether the pieces at `index` are these.
    func holds(_ texts: [String], at index: Int) -> Bool {
        guard index >= 0, index + texts.count <= code.count else { return false }
        return texts.indices.allSatisfy { code[index + $0].text == texts[$0] && code[index + $0].kind != .literal }
    }

    func isMark(_ text: String, at index: Int) -> Bool { holds([text], at: index) && code[index].kind == .mark }

    private static func pairs(_ code: [Token], _ path: String) -> ([Int: Int], [Violation]) {
        let closers = ["(": ")", "[": "]", "{": "}"]
        var (partners, open, unbalanced) = ([Int: Int](), [Int](), [Violation]())
        func complain(_ token: Token) {
            unbalanced.append(
                Violation(
                    path: path, line: token.line, finding: "`\(token.text)` has no partner",
                    reason: "so the lexer of these tests lost its way", remedy: "teach Lexer.swift what stands there"))
        }
        for (index, token) in code.enumerated() where token.kind == .mark {
            if closers[token.text] != nil {
                open.append(index)
            } else if closers.values.contains(token.text) {
                guard let last = open.last, closers[code[last].text] == token.text else {
                    complain(token)
                    continue
                }
                open.removeLast()
                partners[last] = index
                partners[index] = last
            }
        }
        open.forEach { complain(code[$0]) }
        return (partners, unbalanced)
    }
}

/// The files of this checkout.
struct SourceTree: Sendable {
    /// What git tracks; without git, what it would.
    let tracked: [String]
    /// `tracked` and new files that git does not ignore, so that a file is looked at before it is committed.
    let files: [String]
    let swiftFiles: [SwiftFile]
    private let root: URL

    /// The tree these tests were compiled from, read once.
    static let real = Result { try SourceTree(root: checkout) }

    private static let checkout = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    init(root: URL) throws {
        self.root = root
        let present = { (path: String) in
            (try? FileManager.default.attributesOfItem(atPath: root.appendingPathComponent(path).path)) != nil
        }
        let walked = Self.walk(root)
        tracked = (Self.git(root, ["ls-files", "-z"]) ?? walked).filter(present)
        files = (Self.git(root, ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]) ?? walked)
            .filter(present).sorted()
        swiftFiles = try files.filter { $0.hasSuffix(".swift") }.map { path in
            SwiftFile(path, try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8))
        }
    }

    func swift(under folders: String...) -> [SwiftFile] {
        swiftFiles.filter { file in folders.contains { file.path.hasPrefix($0 + "/") } }
    }

    /// Nil for what is not text: a file with a zero byte, or one that is not UTF-8.
    func text(_ path: String) -> String? {
        guard let data = try? Data(contentsOf: root.appendingPathComponent(path)), !data.contains(0) else { return nil }
        return String(data: data, encoding: .utf8)
    }

    /// Nil where git is missing, or `root` is no checkout of it.
    private static func git(_ root: URL, _ arguments: [String]) -> [String]? {
        let (child, output) = (Process(), Pipe())
        child.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        child.arguments = ["git", "-C", root.path] + arguments
        child.standardOutput = output
        child.standardError = FileHandle.nullDevice
        guard (try? child.run()) != nil else { return nil }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        child.waitUntilExit()
        guard child.terminationStatus == 0 else { return nil }
        return data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Every file below `root` but what .gitignore names. Its patterns here are names with at most one `*`.
    private static func walk(_ root: URL) -> [String] {
        let ignored = (try? String(contentsOf: root.appendingPathComponent(".gitignore"), encoding: .utf8)) ?? ""
        let patterns = ignored.split(separator: "\n").map(String.init) + [".git"]
        var (found, folders) = ([String](), [""])
        while let folder = folders.popLast() {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path + "/" + folder)) ?? []
            for name in names where !patterns.contains(where: { Self.matches(name, $0) }) {
                let path = folder.isEmpty ? name : "\(folder)/\(name)"
                let kind = try? FileManager.default.attributesOfItem(atPath: "\(root.path)/\(path)")[.type]
                if kind as? FileAttributeType == .typeDirectory { folders.append(path) } else { found.append(path) }
            }
        }
        return found.sorted()
    }

    static func matches(_ name: String, _ pattern: String) -> Bool {
        let parts = pattern.split(separator: "/").joined().split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return name == parts.joined() }
        return name.count >= parts[0].count + parts[1].count && name.hasPrefix(parts[0]) && name.hasSuffix(parts[1])
    }
}
