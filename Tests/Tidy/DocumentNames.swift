/// Names of files and of code in the documents, which move on while a sentence stands still.
enum DocumentNames {
    /// - Parameter words: every word of the code.
    static func violations(_ documents: [MarkdownFile], files: [String], words: Set<String>) -> [Violation] {
        // Of files and of their folders.
        let names = Set(files.flatMap { $0.split(separator: "/").map(String.init) })
        return documents.flatMap { document in
            document.names.filter { !isKnown($0.target, names, words) }.map {
                Violation(
                    path: document.path, line: $0.line, finding: "`\($0.target)` is nowhere in the tree",
                    reason: "a reader searches for it in vain", remedy: "write what it is called now")
            }
        }
    }

    private static func isKnown(_ name: String, _ files: Set<String>, _ words: Set<String>) -> Bool {
        if [".swift", ".c", ".h", ".py"].contains(where: { name.hasSuffix($0) }) {
            return name.contains { "*/<… ".contains($0) } || files.contains(name)
        }
        return files.contains(name) || parts(of: name).allSatisfy { words.contains($0) }
    }

    /// `AgentLimits` and `proposalSeconds` of `AgentLimits.proposalSeconds`; nothing of what is no type of ours by its look.
    private static func parts(of name: String) -> [String] {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let type = parts.first, let first = type.first, first.isUppercase,
            type.dropFirst().contains(where: \.isLowercase),
            parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) } })
        else { return [] }
        return parts.map(String.init)
    }
}

/// The records of decisions: short, dated, and with what was given up.
enum DecisionRecords {
    static let folder = "Decisions"
    /// A screen. What is longer explains how something works, which an article does.
    static let bytesMax = 2_000
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    static func violations(_ documents: [MarkdownFile]) -> [Violation] {
        documents.filter { $0.path.contains(".docc/\(folder)/") }.flatMap { record in
            faults(of: record).map {
                Violation(
                    path: record.path, line: 0, finding: $0, reason: "a record is read alone, years later",
                    remedy: "see \"Record a decision\" in CONTRIBUTING.md")
            }
        }
    }

    private static func faults(of record: MarkdownFile) -> [String] {
        var faults = ["**Decision.** ", "**Why.** ", "**Given up.** "].filter { !record.text.contains("\n\n\($0)") }
            .map { "has no paragraph that begins with \($0)" }
        if record.text.utf8.count > bytesMax { faults.append("has more than \(bytesMax) bytes") }
        guard let date = date(of: record.name) else { return faults + ["has no date at the beginning of its name"] }
        if !record.text.contains("\n\nDecided on \(date)") { faults.append("does not say \"Decided on \(date)\"") }
        return faults
    }

    /// `24 November 2026` of `2026-11-24-name`.
    private static func date(of name: String) -> String? {
        let parts = name.split(separator: "-").prefix(3).compactMap { Int($0) }
        guard parts.count == 3, (1...12).contains(parts[1]), (1...31).contains(parts[2]) else { return nil }
        return "\(parts[2]) \(months[parts[1] - 1]) \(parts[0])"
    }
}
