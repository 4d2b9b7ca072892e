import Testing

@Suite("Imports and layers")
struct ImportTests {
    private static let text = """
        let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]
        func swift(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
            .target(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
        }
        let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
        let values: [Target] = [
            .systemLibrary(name: "CPCI", path: "Probes/CPCI", pkgConfig: "libpci", providers: [.apt(["libpci-dev"])]),
            swift("GCXModel", []),
        ]
        let adapters: [Target] = [swift("GCXLinux", ["GCXModel", "CPCI"]), swift("GCXLedger", ["GCXModel", grdb])]
        let programs: [Target] = [
            .executableTarget(name: "gcx-probe", dependencies: ["GCXModel"], path: "Probes/gcx-probe")
        ]
        let testing: [Target] = [tests("GCXLinuxTests", ["GCXLinux", "gcx-probe"])]
        let package = Package(name: "gcx", products: [.executable(name: "gcx-probe", targets: ["gcx-probe"])])
        """

    private let table = ModuleRow.table.filter { ["CPCI", "GCXModel", "GCXPricing"].contains($0.name) }

    private func manifest(_ change: (String, String)? = nil) -> Manifest {
        let text = change.map { Self.text.split(separator: $0.0, maxSplits: 1).joined(separator: $0.1) } ?? Self.text
        return Manifest(SwiftFile(Manifest.path, text))
    }

    private func manifest(_ declarations: String) -> Manifest { Manifest(SwiftFile(Manifest.path, declarations)) }

    @Test("the manifest's targets are read with kind, folder and dependencies")
    func reading() throws {
        let targets = manifest().targets
        #expect(targets.map(\.name) == ["CPCI", "GCXModel", "GCXLinux", "GCXLedger", "gcx-probe", "GCXLinuxTests"])
        #expect(targets.map(\.kind) == [.systemLibrary, .module, .module, .module, .program, .tests])
        #expect(targets[3].dependencies == ["GCXModel", "GRDB"] && targets[0].dependencies.isEmpty)
        #expect(targets[4].path == "Probes/gcx-probe" && targets[5].path == "Tests/GCXLinuxTests")
        #expect(targets[5].dependencies == ["GCXLinux", "gcx_probe"] && targets[4].module == "gcx_probe")
        #expect(manifest().target(owning: "Sources/GCXLinux/A/B.swift")?.name == "GCXLinux")
        #expect(manifest().target(owning: "Sources/GCXLinuxOther/B.swift") == nil)
    }

    @Test("an import is read, of a module or of one declaration, with or without attributes")
    func imports() {
        let file = SwiftFile(
            "a.swift",
            """
            @testable import A
            import struct B.C
            #if os(Linux)
                package import D
            #endif
            // import E
            let text = "import F"
            """)
        #expect(Import.all(file).map(\.module) == ["A", "B", "D"])
        #expect(Import.all(file).map(\.line) == [1, 2, 4])
    }

    private func strangers(_ path: String, _ text: String) -> [String] {
        let manifest = manifest(
            #"let a = [swift("GCXModel", []), swift("GCXPricing", ["GCXModel"]), tests("GCXPricingTests", ["GCXPricing"])]"#
        )
        let table = ModuleRow.table
        return Imports.strangers([SwiftFile(path, text)], manifest, table).map(\.description)
    }

    @Test("an import of a layer above, of a package, of the system by a pure module: each is found")
    func strangers() throws {
        let path = "Sources/GCXPricing/A.swift"
        #expect(strangers(path, "import GCXModel").isEmpty)
        let above = try #require(strangers(path, "import GCXModel\nimport GCXAgent").first)
        #expect(
            above.hasPrefix("\(path):2: imports GCXAgent; GCXPricing is of the layer rules and GCXAgent of services"))
        #expect(strangers(path, "import GRDB").first?.contains("may import only GCXModel") == true)
        #expect(strangers(path, "import Glibc").first?.contains("is pure") == true)
        #expect(strangers("Sources/GCXModel/A.swift", "import GCXPricing").count == 1)
    }

    @Test("a test imports what its target declares, and no more")
    func strangersOfTests() {
        let path = "Tests/GCXPricingTests/A.swift"
        #expect(strangers(path, "import Foundation\nimport Testing\n@testable import GCXPricing").isEmpty)
        #expect(strangers(path, "import GCXModel").first?.contains("by chance") == true)
    }

    @Test("a dependency in only one of table and manifest is found")
    func disagreements() {
        let good = #"""
            let a = [.systemLibrary(name: "CPCI", path: "Probes/CPCI"), swift("GCXModel", []),
                swift("GCXPricing", ["GCXModel"])]
            """#
        #expect(Imports.disagreements(manifest(good), table).isEmpty)
        let without = good.split(separator: #"["GCXModel"]"#).joined(separator: "[]")
        #expect(Imports.disagreements(manifest(without), table).count == 1)
        let more = good.split(separator: #"["GCXModel"]"#).joined(separator: #"["GCXModel", "CPCI"]"#)
        #expect(Imports.disagreements(manifest(more), table).count == 1)
        #expect(Imports.disagreements(manifest("let a = 1"), table).count == 3)
        #expect(Imports.disagreements(manifest(good + #"; swift("GCXNew", [])"#), table).count == 1)
    }

    @Test("a dependency on what stands below is found")
    func upward() {
        #expect(Imports.upward(manifest(), table).isEmpty)
        let turned = #"let a = [swift("GCXA", ["GCXB"]), swift("GCXB", [])]"#
        #expect(Imports.upward(manifest(turned), []).map(\.line) == [1])
        #expect(Imports.upward(manifest(), table.reversed()).count == 1)
    }

    @Test("a dependency that nobody imports is found, a program that tests run is none")
    func unused() {
        let files = [
            SwiftFile("Sources/GCXLinux/A.swift", "import GCXModel"),
            SwiftFile("Sources/GCXLinux/B.swift", "import CPCI"),
            SwiftFile("Tests/GCXLinuxTests/A.swift", "import GCXLinux"),
        ]
        #expect(Imports.unused(files, manifest()).isEmpty)
        let findings = Imports.unused([files[0], files[2]], manifest()).map(\.finding)
        #expect(findings == ["GCXLinux declares CPCI and never imports it"])
    }

    @Test("the files of this tree import what the table and Package.swift say, and all of it")
    func tree() throws {
        let tree = try SourceTree.real.get()
        let manifest = Manifest(try #require(tree.swiftFiles.first { $0.path == Manifest.path }))
        #expect(manifest.targets.count > 30)
        expectNone(Imports.disagreements(manifest, ModuleRow.table))
        expectNone(Imports.upward(manifest, ModuleRow.table))
        expectNone(Imports.strangers(tree.swiftFiles, manifest, ModuleRow.table))
        expectNone(Imports.unused(tree.swiftFiles, manifest))
    }

    @Test("every Swift file of this tree belongs to a target")
    func orphans() throws {
        let tree = try SourceTree.real.get()
        let manifest = Manifest(try #require(tree.swiftFiles.first { $0.path == Manifest.path }))
        // The fuzzers are a package of their own, for they are built with other flags.
        let others = ["Tests/Fuzz/Package.swift", "Tests/Fuzz/Driver/"]
        let orphans = tree.swiftFiles.filter { file in
            file.path != Manifest.path && !others.contains(where: file.path.hasPrefix)
                && manifest.target(owning: file.path) == nil
        }
        #expect(orphans.map(\.path) == [])
    }
}
