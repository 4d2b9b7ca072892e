import Testing

/// The table of modules in ARCHITECTURE.md, whose last column says what each may import.
enum ArchitectureTable {
    /// The project's modules in the last column of a row, by the module that begins it. "Everything above" is spelt out;
    /// what comes after "but" is taken from it.
    static func modules(_ text: String) -> [String: Set<String>] {
        var (found, above) = ([String: Set<String>](), Set<String>())
        for line in text.split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|").map { String($0) }
            guard cells.count == 3, let name = code(cells[0]).first, cells[0].contains("`\(name)`") else { continue }
            let named = Set(code(cells[2]))
            found[name] = cells[2].contains("everything above") ? above.subtracting(named) : named
            above.insert(name)
        }
        return found
    }

    /// What stands between backticks.
    static func code(_ cell: String) -> [String] {
        cell.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
            .map { String($0.element) }
    }

    static func violations(_ text: String, _ table: [ModuleRow]) -> [Violation] {
        let told = modules(text)
        return table.compactMap { row in
            // The walls and the probe stand in tables of two columns.
            guard row.layer != .walls, row.name != "gcx_probe" else { return nil }
            let name = row.name.split(separator: "_").joined(separator: "-")
            guard let modules = told[name] else { return violation("has no row for \(name)") }
            let (more, less) = (modules.subtracting(row.modules), row.modules.subtracting(modules))
            guard more.isEmpty, less.isEmpty else {
                let words = [("too much", more), ("too little", less)].filter { !$0.1.isEmpty }
                    .map { "\($0.0): \($0.1.sorted().joined(separator: ", "))" }
                return violation("says of \(name)'s imports \(words.joined(separator: "; "))")
            }
            return nil
        }
    }

    private static func violation(_ finding: String) -> Violation {
        Violation(
            path: "ARCHITECTURE.md", line: 0, finding: finding, reason: "its table and ModuleTable.swift tell the same",
            remedy: "say in the last column what Package.swift says")
    }
}

@Suite("The table of modules in ARCHITECTURE.md")
struct ArchitectureTests {
    private let table = ModuleRow.table.filter { ["GCXModel", "GCXPricing", "gcx_supervisor"].contains($0.name) }
    private let good = """
        | Module | What it is | May import |
        | `GCXModel` | values | nothing |
        | `GCXLinux` | walls | `GCXModel` |
        | `GCXPricing` | money | everything above but `GCXLinux`; swift-log |
        | `GCXSandbox` | jobs | nothing |
        | `gcx-supervisor` | one file | `GCXSandbox`, `GCXLinux` |
        """

    private func findings(_ text: String) -> [String] { ArchitectureTable.violations(text, table).map(\.finding) }

    @Test("a row that says too much, too little or nothing is found")
    func rows() {
        #expect(findings(good).isEmpty)
        let all = good.split(separator: " but `GCXLinux`").joined()
        #expect(findings(all) == ["says of GCXPricing's imports too much: GCXLinux"])
        let less = good.split(separator: "`GCXSandbox`, ").joined()
        #expect(findings(less) == ["says of gcx-supervisor's imports too little: GCXSandbox"])
        #expect(findings("") == ["GCXModel", "GCXPricing", "gcx-supervisor"].map { "has no row for \($0)" })
    }

    @Test("the document says what the modules import")
    func tree() throws {
        let text = try #require(try SourceTree.real.get().text("ARCHITECTURE.md"))
        expectNone(ArchitectureTable.violations(text, ModuleRow.table))
    }
}
