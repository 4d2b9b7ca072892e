/// One `import`, of a module or of a declaration in it.
struct Import: Equatable, Sendable {
    let module: String
    let line: Int

    private static let kinds: Set<String> = [
        "struct", "class", "enum", "protocol", "func", "typealias", "let", "var", "actor",
    ]

    static func all(_ file: SwiftFile) -> [Import] {
        file.places(of: "import").compactMap { index in
            var next = index + 1
            if next < file.code.count, kinds.contains(file.code[next].text) { next += 1 }
            guard next < file.code.count, file.code[next].kind == .word else { return nil }
            return Import(module: file.code[next].text, line: file.code[index].line)
        }
    }
}

/// Imports against layers: the files, the table of modules and Package.swift say the same.
enum Imports {
    /// A file imports what its module's row of the table names, and a test what its target declares.
    static func strangers(_ files: [SwiftFile], _ manifest: Manifest, _ table: [ModuleRow]) -> [Violation] {
        // For a target of tests one line says it: a declaration is usually missing for all its files at once.
        var told: Set<[String]> = []
        return files.flatMap { file -> [Violation] in
            guard let target = manifest.target(owning: file.path) else { return [] }
            return Import.all(file).compactMap { use in
                stranger(use, file, target, table).flatMap {
                    told.insert([target.name, use.module]).inserted || target.kind != .tests ? $0 : nil
                }
            }
        }
    }

    private static func stranger(
        _ use: Import, _ file: SwiftFile, _ target: Manifest.Target, _ table: [ModuleRow]
    ) -> Violation? {
        func violation(_ reason: String, _ remedy: String) -> Violation {
            Violation(path: file.path, line: use.line, finding: "imports \(use.module)", reason: reason, remedy: remedy)
        }
        guard let row = table.first(where: { $0.name == target.module }) else {
            let known = ModuleRow.platform.union(target.dependencies).union(["Testing"])
            return known.contains(use.module)
                ? nil
                : violation(
                    "\(target.name) does not declare it, so it is there by chance",
                    "add it to the dependencies of \(target.name) in Package.swift")
        }
        if ModuleRow.platform.contains(use.module) {
            return row.isPure
                ? violation(
                    "\(row.name) is pure, without I/O and clock",
                    "take as an argument what the system tells, or do it in an adapter") : nil
        }
        guard !row.modules.union(row.packages).contains(use.module) else { return nil }
        if let other = table.first(where: { $0.name == use.module }), other.layer.rawValue > row.layer.rawValue {
            return violation(
                "\(row.name) is of the layer \(row.layer) and \(other.name) of \(other.layer), which is above it",
                "move what both need down, or let \(other.name) hand it in through a port")
        }
        return violation(
            "\(row.name) may import only \(row.modules.union(row.packages).sorted().joined(separator: ", "))",
            "use what those offer; if \(row.name) must have it, say so in ModuleTable.swift, Package.swift and "
                + "ARCHITECTURE.md")
    }

    /// The table and Package.swift name the same dependencies.
    static func disagreements(_ manifest: Manifest, _ table: [ModuleRow]) -> [Violation] {
        func violation(_ target: Manifest.Target?, _ finding: String, _ remedy: String) -> Violation {
            Violation(
                path: Manifest.path, line: target?.line ?? 0, finding: finding,
                reason: "ModuleTable.swift and this file tell the same picture", remedy: remedy)
        }
        let missing = table.filter { manifest.target(module: $0.name) == nil }.map {
            violation(nil, "does not declare \($0.name)", "declare it, or remove its row")
        }
        return missing
            + manifest.targets.filter { $0.path.hasPrefix("Sources/") || $0.path.hasPrefix("Probes/") }.flatMap {
                target -> [Violation] in
                guard let row = table.first(where: { $0.name == target.module }) else {
                    return [violation(target, "\(target.name) has no row in the table", "add it to its layer")]
                }
                let (told, declared) = (row.modules.union(row.packages), Set(target.dependencies))
                return declared.subtracting(told).sorted().map {
                    violation(target, "\(target.name) depends on \($0), its row does not", "decide, and say so in both")
                }
                    + told.subtracting(declared).sorted().map {
                        violation(
                            target, "\(target.name) does not depend on \($0), its row does",
                            "decide, and say so in both")
                    }
            }
    }

    /// Nobody depends on what stands further down, in the table or in Package.swift.
    static func upward(_ manifest: Manifest, _ table: [ModuleRow]) -> [Violation] {
        func violation(_ path: String, _ line: Int, _ name: String, _ other: String) -> Violation {
            Violation(
                path: path, line: line, finding: "\(name) depends on \(other), which stands below it",
                reason: "who reads from the top meets what a module needs before the module",
                remedy: "move \(other) up if its layer allows, else turn the dependency round with a port")
        }
        let places = Dictionary(manifest.targets.enumerated().map { ($1.module, $0) }) { first, _ in first }
        let inManifest = manifest.targets.enumerated().flatMap { place, target in
            target.dependencies.filter { places[$0, default: -1] >= place }
                .map { violation(Manifest.path, target.line, target.name, $0) }
        }
        let inTable = table.enumerated().flatMap { place, row in
            row.modules.sorted().filter { name in
                guard let other = table.firstIndex(where: { $0.name == name }) else { return true }
                return other >= place || table[other].layer.rawValue > row.layer.rawValue
            }.map { violation("Tests/Tidy/ModuleTable.swift", 0, row.name, $0) }
        }
        return inManifest + inTable
    }

    /// A declared dependency is imported somewhere. A test may need a program that was built and not import it.
    static func unused(_ files: [SwiftFile], _ manifest: Manifest) -> [Violation] {
        manifest.targets.flatMap { target -> [Violation] in
            let own = files.filter { manifest.target(owning: $0.path)?.name == target.name }
            // Without one Swift file it is a C wall, or is not written yet.
            guard !own.isEmpty else { return [] }
            let used = Set(own.flatMap(Import.all).map(\.module))
            return target.dependencies.filter { name in
                let isBuiltForTests = target.kind == .tests && manifest.target(module: name)?.kind == .program
                return !used.contains(name) && !isBuiltForTests
            }.map {
                Violation(
                    path: Manifest.path, line: target.line,
                    finding: "\(target.name) declares \($0) and never imports it",
                    reason: "an arrow that nobody needs hides those that somebody does",
                    remedy: "remove it from the dependencies of \(target.name)")
            }
        }
    }
}
