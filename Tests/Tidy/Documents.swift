/// A Markdown file as the rules see it. Fenced blocks are code, and nothing in them is a link.
struct MarkdownFile: Sendable {
    struct Link: Equatable, Sendable {
        let line: Int
        let target: String
    }

    let path: String
    let text: String
    /// Without the marks before them.
    let headings: [String]
    /// Targets of `[text](target)`, `<doc:…>` and of `src` and `srcset`, in the order in which they stand.
    let links: [Link]
    /// What stands between backticks.
    let names: [Link]

    init(_ path: String, _ text: String) {
        self.path = path
        self.text = text
        var (headings, links, names, isFenced) = ([String](), [Link](), [Link](), false)
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.drop(while: { $0 == " " }).hasPrefix("```") {
                isFenced.toggle()
            } else if !isFenced, !line.hasPrefix("    ") {
                let marks = line.prefix { $0 == "#" }.count
                let title = line.dropFirst(marks)
                if (1...6).contains(marks), title.hasPrefix(" ") { headings.append(String(title.dropFirst())) }
                let (prose, code) = Self.parts(line)
                links += Self.targets(prose).map { Link(line: number + 1, target: $0) }
                names += code.map { Link(line: number + 1, target: $0) }
            }
        }
        (self.headings, self.links, self.names) = (headings, links, names)
    }

    /// The folder that the file is in; empty at the top.
    var folder: String { path.split(separator: "/").dropLast().joined(separator: "/") }

    /// `Sources/GCXA/GCXA.docc` of a file inside it; nil elsewhere.
    var catalog: String? {
        let parts = path.split(separator: "/")
        guard let index = parts.firstIndex(where: { $0.hasSuffix(".docc") }) else { return nil }
        return parts[...index].joined(separator: "/")
    }

    /// The name without the ending.
    var name: String { String((path.split(separator: "/").last ?? "").dropLast(".md".count)) }

    /// The anchors that a forge makes of the headings: small letters, hyphens for blanks, no other marks, a number for the
    /// second of two that are equal.
    var anchors: Set<String> {
        var counts: [String: Int] = [:]
        return Set(
            headings.map { heading in
                let slug = heading.lowercased().filter { $0.isLetter || $0.isNumber || "-_ ".contains($0) }
                    .split(separator: " ", omittingEmptySubsequences: false).joined(separator: "-")
                let count = counts[slug, default: 0]
                counts[slug] = count + 1
                return count == 0 ? slug : "\(slug)-\(count)"
            })
    }

    /// A line without what is between backticks, and that.
    private static func parts(_ line: Substring) -> (prose: String, code: [String]) {
        let pieces = line.split(separator: "`", omittingEmptySubsequences: false)
        guard pieces.count % 2 == 1 else { return (String(line), []) }
        let (even, odd) = (0, 1)
        func every(_ rest: Int) -> [String] {
            pieces.enumerated().filter { $0.offset % 2 == rest }.map { String($0.element) }
        }
        return (every(even).joined(separator: "`"), every(odd).filter { !$0.isEmpty })
    }

    private static func targets(_ line: String) -> [String] {
        let openers: [(mark: String, end: Character)] = [
            ("](", ")"), ("<doc:", ">"), ("src=\"", "\""), ("srcset=\"", "\""),
        ]
        var (found, rest) = ([String](), line[...])
        while !rest.isEmpty {
            if let opener = openers.first(where: { rest.hasPrefix($0.mark) }) {
                let target = rest.dropFirst(opener.mark.count).prefix { $0 != opener.end }
                found.append(opener.mark == "<doc:" ? "doc:\(target)" : String(target))
                rest = target.isEmpty ? rest.dropFirst() : rest[target.endIndex...]
            } else {
                rest = rest.dropFirst()
            }
        }
        return found
    }
}

/// The documents of the tree and what their links may lead to.
struct Documents: Sendable {
    let markdown: [MarkdownFile]
    /// Files and folders.
    private let places: Set<String>
    private let byPath: [String: MarkdownFile]

    init(_ markdown: [MarkdownFile], files: [String]) {
        self.markdown = markdown
        byPath = Dictionary(markdown.map { ($0.path, $0) }) { first, _ in first }
        var places = Set(files)
        for file in files {
            var parts = file.split(separator: "/").dropLast()
            while !parts.isEmpty {
                places.insert(parts.joined(separator: "/"))
                parts.removeLast()
            }
        }
        self.places = places
    }

    init(_ tree: SourceTree) {
        let paths = tree.files.filter { $0.hasSuffix(".md") }
        self.init(paths.compactMap { path in tree.text(path).map { MarkdownFile(path, $0) } }, files: tree.files)
    }

    var articles: [MarkdownFile] { markdown.filter { $0.catalog != nil } }

    /// Links that lead nowhere.
    var linkViolations: [Violation] {
        markdown.flatMap { document in
            document.links.compactMap { link in
                fault(of: link.target, in: document).map {
                    Violation(
                        path: document.path, line: link.line, finding: "`\(link.target)` \($0)",
                        reason: "whoever follows it arrives nowhere", remedy: "name what is there now")
                }
            }
        }
    }

    /// Articles that no page of their catalog lists, and catalogs without a first page.
    var catalogViolations: [Violation] {
        let catalogs = Dictionary(grouping: articles) { $0.catalog ?? "" }
        return catalogs.sorted { $0.key < $1.key }.flatMap { catalog, articles in
            let first = String((catalog.split(separator: "/").last ?? "").dropLast(".docc".count))
            let listed = Set(articles.flatMap(\.links).map(\.target))
            let lost = articles.filter { $0.name != first && !listed.contains("doc:\($0.name)") }.map {
                Violation(
                    path: $0.path, line: 0, finding: "is in no list of its catalog",
                    reason: "nobody finds it", remedy: "add `- <doc:\($0.name)>` to the Topics of \(first).md")
            }
            guard articles.contains(where: { $0.path == "\(catalog)/\(first).md" }) else {
                return lost + [
                    Violation(
                        path: catalog, line: 0, finding: "has no \(first).md", reason: "a catalog opens with a page",
                        remedy: "add it, with the module's name as its title")
                ]
            }
            return lost
        }
    }

    /// What is wrong with a link; nil when it leads somewhere, or out of the tree.
    private func fault(of target: String, in document: MarkdownFile) -> String? {
        if target.hasPrefix("https://") || target.hasPrefix("http://") || target.hasPrefix("mailto:") { return nil }
        if target.hasPrefix("doc:") { return articleFault(of: String(target.dropFirst("doc:".count)), in: document) }
        let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let path = parts[0].isEmpty ? document.path : resolved(parts[0], from: document.folder),
            places.contains(path)
        else { return "is no file or folder" }
        guard parts.count == 2 else { return nil }
        guard let other = byPath[path] else { return "names a heading of what is no document" }
        // The site makes other anchors of headings than a forge does.
        guard other.catalog == nil else { return "names a heading of an article, which has another name on the site" }
        return other.anchors.contains(parts[1]) ? nil : "is no heading of \(path)"
    }

    private func articleFault(of name: String, in document: MarkdownFile) -> String? {
        guard let catalog = document.catalog else { return "is of a catalog, and this document is in none" }
        return articles.contains { $0.catalog == catalog && $0.name == name } ? nil : "is no article of its catalog"
    }

    /// Nil for what leaves the tree.
    private func resolved(_ target: String, from folder: String) -> String? {
        var parts = folder.split(separator: "/").map(String.init)
        for part in target.split(separator: "/") where part != "." {
            if part == ".." {
                guard !parts.isEmpty else { return nil }
                parts.removeLast()
            } else {
                parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }
}
