import Foundation
import Testing

/// Where things lie: what stands at the top, and no path of the machine that somebody develops on.
enum Places {
    /// A newcomer reads these and knows where everything is; each further one is another place to look.
    static let top: Set<String> = [
        "Package.swift", "Sources", "Tests", "Probes", "Systemd", "Config", "README.md", "ARCHITECTURE.md",
        "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "LICENSE", "Makefile", ".swift-format", ".gitignore", ".ci",
    ]
    /// git reads it; it is not needed.
    static let optional: Set<String> = [".gitattributes"]

    static func topViolations(_ tracked: [String]) -> [Violation] {
        let found = Set(tracked.compactMap { $0.split(separator: "/").first.map(String.init) })
        let extra = found.subtracting(top).subtracting(optional).sorted().map {
            Violation(
                path: $0, line: 0, finding: "is new at the top of the tree",
                reason: "the top is a contract of \(top.count) names", remedy: "put it into one of the folders")
        }
        let missing = top.subtracting(found).sorted().map {
            Violation(
                path: $0, line: 0, finding: "is missing from the top of the tree",
                reason: "the top is a contract of \(top.count) names", remedy: "add it, or change the contract")
        }
        return extra + missing
    }

    /// What begins a path that exists on one machine only. In two parts, so that this file does not hold one.
    static let foreign: [(folder: String, takesName: Bool)] = [
        ("/" + "work/", false), ("/" + "root/", false), ("/" + "home/", true), ("/" + "Users/", true),
        (".." + "/shared", false), ("/" + "workspaces/", false),
    ]

    static func pathViolations(_ path: String, _ text: String) -> [Violation] {
        guard foreign.contains(where: { text.contains($0.folder) }) else { return [] }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.enumerated().flatMap { number, line in
            foreign.filter { holds(line, $0.folder, takesName: $0.takesName) }.map {
                Violation(
                    path: path, line: number + 1, finding: "names a path below `\($0.folder)`",
                    reason: "that is the machine of one developer",
                    remedy: "make it relative to the checkout, a setting, or a place every Linux has")
            }
        }
    }

    /// Whether a path begins with `folder` in `line`: not in the middle of another path, and where that is asked with a
    /// name after it, because `/home/` alone may be meant for everybody's.
    private static func holds(_ line: Substring, _ folder: String, takesName: Bool) -> Bool {
        var rest = line
        while let range = rest.range(of: folder) {
            let before = rest[..<range.lowerBound].last ?? (range.lowerBound > line.startIndex ? "a" : " ")
            let after = rest[range.upperBound...].first
            let isStart = !(before.isLetter || before.isNumber || "_-./})".contains(before))
            if isStart, !takesName || after.map({ $0.isLetter || $0.isNumber || $0 == "_" }) == true { return true }
            rest = rest[range.upperBound...]
        }
        return false
    }
}

@Suite("Places")
struct PlaceTests {
    @Test("one entry too many and one too few at the top are found")
    func top() {
        let good = Places.top.map { $0.contains(".") ? $0 : "\($0)/file" }
        #expect(Places.topViolations(good).isEmpty)
        #expect(Places.topViolations(good + [".gitattributes"]).isEmpty)
        #expect(Places.topViolations(good + ["Scripts/run"]).map(\.path) == ["Scripts"])
        #expect(Places.topViolations(good.filter { $0 != "README.md" }).map(\.path) == ["README.md"])
    }

    @Test(
        "a path of one machine is found",
        arguments: [
            "cd /" + "work/main", "\"/" + "home/alice/gcx\"", "see .." + "/shared/notes", "(/" + "root/.cache)",
            "a /" + "home/ b /" + "home/bob",
        ])
    func paths(line: String) {
        #expect(Places.pathViolations("a.md", "fine\n\(line)\nfine").map(\.line) == [2])
    }

    @Test(
        "a path that every Linux has is none",
        arguments: [
            "ProtectHome=/" + "home/", "/sys/fs/cgroup/work/", "/dev/root rw", "Sources/a", "net" + "work/",
            "${folder}/" + "work/x",
        ])
    func harmless(line: String) { #expect(Places.pathViolations("a.md", line).isEmpty) }

    @Test("ignored names are left out where git is missing")
    func ignored() {
        #expect(SourceTree.matches(".build-vm", ".build*/") && SourceTree.matches("a.xcodeproj", "*.xcodeproj"))
        #expect(!SourceTree.matches("build", ".build*/") && !SourceTree.matches("Package.swift", "Package.resolved"))
    }

    @Test("the top of this tree is what the contract says")
    func treeTop() throws {
        expectNone(Places.topViolations(try SourceTree.real.get().tracked))
    }

    @Test("no file of this tree names a path of one machine")
    func treePaths() throws {
        let tree = try SourceTree.real.get()
        expectNone(tree.files.flatMap { path in tree.text(path).map { Places.pathViolations(path, $0) } ?? [] })
    }
}
