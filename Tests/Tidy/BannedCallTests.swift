import Foundation
import Testing

@Suite("Banned calls")
struct BannedCallTests {
    private func findings(_ text: String, _ path: String = "Sources/GCXLedger/A.swift") -> [String] {
        Ban.violations([SwiftFile(path, text)]).map(\.finding)
    }

    /// What each row finds, and what looks like it and is allowed.
    @Test(
        "each ban is found, and not what looks like it",
        arguments: [
            ("let a = try! b()", "try!"), ("let a = b as! C", "as!"), ("fatalError()", "fatalError"),
            ("var price: Double", "Double"), ("let a = [Float](b)", "Float"),
            ("let a = deposit.value * 2", "deposit.value in a product"),
            ("let a = 2 / self.price.value", "price.value in a product"),
            ("let a = Date()", "Date"), ("let a = Date.now", "Date"), ("clock_gettime(a, &b)", "clock_gettime"),
            ("import Foundation\nlet a = Process()", "Process"), ("import Glibc\nsystem(\"ls\")", "system"),
            ("let a = Foundation.Process()", "Foundation.Process"), ("import Glibc\nGlibc.system(\"ls\")", "system"),
            ("usleep(5)", "usleep"), ("Thread.sleep(forTimeInterval: 1)", "Thread.sleep"),
            ("print(a)", "print"), ("Swift.print(a)", "print"), ("a(\"\\(dump(b))\")", "dump"),
            ("import Foundation", "import Foundation"), ("try data.write(to: url)", "write"),
            ("manager.createFile(atPath: a)", "createFile"),
            ("say(offer.region.raw(for: .naming))", ".raw(for:)"),
            ("say(\"not read: \\(error)\")", "\\(error)"), ("say(\"\\(error) came\")", "\\(error)"),
            ("say(String(describing: error))", "String(describing: error)"),
            ("say(error.localizedDescription)", "localizedDescription"),
        ])
    func found(text: String, finding: String) { #expect(findings(text).contains("`\(finding)`")) }

    @Test(
        "what looks like a ban and is none",
        arguments: [
            "try? b()", "try !b", "a as? B", "a != b", "// fatalError()", "let a = \"Date()\"", "/// print(a)",
            "let a = deposit.value", "let a = memoryByteNanoseconds.value / second", "let a = total.value + 1",
            "func system(_ a: Int) {}", "throw .system(a)", "system(inventory)", "try await Task.sleep(for: a)",
            "printer.print(a)", "func print(_ a: Int) {}", "import FoundationEssentials", "DurableFile.write(a, to: b)",
            "#if canImport(FoundationEssentials)\nimport FoundationEssentials\n#else\nimport Foundation\n#endif",
            "let a = preconditionFailure(\"the sum fits\")", "write(a, to: b)", "let a: Process",
            "say(offer.region.shown)", "let raw = a", "say(\"\\(error.description)\")", "say(words(error))",
            "say(\"\\(ForeignError.words(error))\")", "handle(error)", "case .failed(let error): throw error",
        ])
    func allowed(text: String) { #expect(findings(text) == []) }

    @Test("a ban holds in its folders, and not in its homes")
    func places() {
        for text in ["let a = BootClock.now()", "boot: WallClock.now", "try await Task.sleep(for: a)"] {
            #expect(findings(text, "Sources/GCXAgent/A.swift").count == 1)
            #expect(findings(text, "Sources/GCXAgent/AgentClock.swift").isEmpty)
            #expect(findings(text).isEmpty)
        }
        #expect(findings("let a: Double", "Sources/GCXBenchmark/A.swift").isEmpty)
        #expect(findings("print(a)", "Probes/gcx-probe/A.swift").isEmpty)
        #expect(findings("try! a()", "Tests/GCXLedgerTests/A.swift").count == 1)
        #expect(findings("let a = amount.value * 2", "Sources/GCXPricing/A.swift").isEmpty)
        #expect(findings("nanosleep(a, nil)", "Sources/GCXLinux/Clocks.swift").isEmpty)
        #expect(findings("nanosleep(a, nil)", "Sources/GCXLinux/Clock.swift").count == 1)
    }

    @Test("a violation says place, reason and remedy")
    func text() {
        let found = Ban.violations([SwiftFile("Sources/GCXLedger/A.swift", "a\nlet b = Date()")])
        let wanted = "use BootClock.now() for durations, WallClock.now() for labels"
        #expect(found.map(\.description) == ["Sources/GCXLedger/A.swift:2: `Date`; wall time jumps: \(wanted)"])
    }

    /// The rows of the table "Not this, but this, why", as a reader sees them: without backticks and links.
    private func rows(_ text: String) -> [[String]] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let head = lines.firstIndex(where: { $0.hasPrefix("| Not this |") }) else { return [] }
        return lines[(head + 2)...].prefix { $0.hasPrefix("|") }.map { line in
            line.split(separator: "|").map { cell in
                let visible = cell.split(separator: "`").joined()
                let end = visible.range(of: " ([")?.lowerBound ?? visible.endIndex
                return visible[..<end].split(separator: " ").joined(separator: " ")
            }
        }
    }

    @Test("a table is read as it is seen")
    func reading() {
        let text = "a\n| Not this | But this | Why |\n|---|---|---|\n| `a`, b | `c` ([d](e/f)) | g h |\n\n| x |"
        #expect(rows(text) == [["a, b", "c", "g h"]])
        #expect(rows("no table") == [])
    }

    @Test("CONTRIBUTING's table and these bans say the same")
    func document() throws {
        let rows = rows(try #require(try SourceTree.real.get().text("CONTRIBUTING.md")))
        let judged = rows.filter { !Ban.forReaders.contains($0[0]) }
        #expect(judged == Ban.table.map { [$0.not, $0.but, $0.why] })
        #expect(Set(rows.map { $0[0] }).isSuperset(of: Ban.forReaders))
    }

    @Test("every home of a ban exists")
    func homes() throws {
        let files = try SourceTree.real.get().swiftFiles
        let homes = Ban.table.flatMap(\.homes.keys)
        #expect(homes.filter { home in !files.contains { $0.path.hasPrefix(home) } } == [])
    }

    @Test("nothing banned is in this tree")
    func tree() throws {
        expectNone(Ban.violations(try SourceTree.real.get().swiftFiles))
    }
}
