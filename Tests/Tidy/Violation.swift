import Testing

/// A place that breaks a rule: what is there, why that is wrong, and what to do.
struct Violation: Equatable, Sendable, CustomStringConvertible {
    let path: String
    /// From 1; 0 when it is about the whole file.
    let line: Int
    let finding: String
    let reason: String
    let remedy: String

    var description: String { "\(path)\(line > 0 ? ":\(line)" : ""): \(finding); \(reason): \(remedy)" }
}

/// Records one issue a violation, so that each is a line of the output.
func expectNone(_ violations: [Violation], sourceLocation: SourceLocation = #_sourceLocation) {
    for violation in violations { Issue.record("\(violation)", sourceLocation: sourceLocation) }
}

@Suite("How a violation reads")
struct ViolationTests {
    @Test("place, finding, reason, remedy")
    func text() {
        let violation = Violation(
            path: "Sources/GCXA/B.swift", line: 12, finding: "imports GRDB",
            reason: "only the stores may, because SQL has one owner", remedy: "move the query behind the store")
        #expect(
            violation.description == "Sources/GCXA/B.swift:12: imports GRDB; only the stores may, "
                + "because SQL has one owner: move the query behind the store")
    }
}
