/// What Package.swift declares, read from its text: the tests know it as anybody who reads it does.
struct Manifest: Sendable {
    struct Target: Sendable {
        enum Kind: Sendable { case module, program, systemLibrary, tests }

        let name: String
        let kind: Kind
        /// The folder of its sources.
        let path: String
        /// Names of modules to import, as code writes them, in the manifest's order.
        let dependencies: [String]
        let line: Int

        /// As code imports it: a name with a dash is written with an underscore.
        var module: String { Manifest.module(name) }
    }

    static let path = "Package.swift"
    /// In the manifest's order.
    let targets: [Target]

    private static let calls: [String: Target.Kind] = [
        "swift": .module, "target": .module, "executableTarget": .program, "systemLibrary": .systemLibrary,
        "tests": .tests, "testTarget": .tests,
    ]

    static func module(_ name: String) -> String { String(name.map { $0 == "-" ? "_" : $0 }) }

    init(_ file: SwiftFile) {
        let products = Self.products(file)
        targets = file.code.indices.compactMap { Self.target(file, at: $0, products) }
    }

    func target(owning path: String) -> Target? {
        targets.filter { path.hasPrefix($0.path + "/") }.max { $0.path.count < $1.path.count }
    }

    func target(module: String) -> Target? { targets.first { $0.module == module } }

    /// `let name: Target.Dependency = .product(name: "Module", package: "package")`, by name.
    private static func products(_ file: SwiftFile) -> [String: String] {
        var found: [String: String] = [:]
        for index in file.code.indices where file.holds([":", "Target", ".", "Dependency", "="], at: index) {
            guard index > 0, let name = arguments(file, ofCallAt: index + 6)["name"]?.first else { continue }
            found[file.code[index - 1].text] = file.code[name].text
        }
        return found
    }

    private static func target(_ file: SwiftFile, at index: Int, _ products: [String: String]) -> Target? {
        let word = file.code[index]
        guard word.kind == .word, let kind = calls[word.text], file.isMark("(", at: index + 1) else { return nil }
        let given = arguments(file, ofCallAt: index)
        // The helpers of the manifest take names; only a target has a literal there.
        guard let nameAt = (given["name"] ?? given["0"])?.first, file.code[nameAt].kind == .literal else { return nil }
        let name = file.code[nameAt].text
        let path = given["path"]?.first.map { file.code[$0].text }
        let dependencies = (given["dependencies"] ?? given["1"] ?? 0..<0).compactMap { place -> String? in
            switch file.code[place].kind {
            case .literal: module(file.code[place].text)
            case .word: products[file.code[place].text]
            default: nil
            }
        }
        return Target(
            name: name, kind: kind, path: path ?? (kind == .tests ? "Tests/" : "Sources/") + name,
            dependencies: dependencies, line: word.line)
    }

    /// The arguments of a call, by label or by place, as ranges of code.
    private static func arguments(_ file: SwiftFile, ofCallAt index: Int) -> [String: Range<Int>] {
        guard file.isMark("(", at: index + 1), let close = file.partner(of: index + 1) else { return [:] }
        var (found, start, place) = ([String: Range<Int>](), index + 2, 0)
        var next = start
        while next <= close {
            if next == close || file.isMark(",", at: next) {
                let isLabelled = file.isMark(":", at: start + 1) && file.code[start].kind == .word
                let label = isLabelled ? file.code[start].text : "\(place)"
                if start < next { found[label] = (isLabelled ? start + 2 : start)..<next }
                (start, place) = (next + 1, place + 1)
            }
            let opens = ["(", "[", "{"].contains { file.isMark($0, at: next) }
            next = (opens ? file.partner(of: next) ?? close : next) + 1
        }
        return found
    }
}
