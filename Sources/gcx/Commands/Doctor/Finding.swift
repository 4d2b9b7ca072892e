import GCXAgent
import GCXModel

/// One thing that the doctor looked at.
struct Finding: Encodable, Equatable {
    /// How much it matters. A warning needs somebody soon, and stops nothing now.
    enum Level: String, Encodable { case ok, warning, fault }

    let check: String
    /// True unless it is a fault.
    let ok: Bool
    let detail: String
    /// What to do; nil where all is well.
    let remedy: String?
    let level: Level

    private init(_ check: String, _ level: Level, _ detail: String, _ remedy: String?) {
        (self.check, self.level, self.detail, self.remedy) = (check, level, detail, remedy)
        ok = level != .fault
    }

    static func ok(_ check: String, _ detail: String) -> Self { Self(check, .ok, detail, nil) }
    static func warning(_ check: String, _ detail: String, fix: String) -> Self { Self(check, .warning, detail, fix) }
    static func fault(_ check: String, _ detail: String, fix: String?) -> Self { Self(check, .fault, detail, fix) }

    /// A fault by the error's own words.
    static func fault(_ check: String, _ error: any Error) -> Self {
        guard let error = error as? any RemediedError else { return fault(check, ForeignError.words(error), fix: nil) }
        return fault(check, error.description, fix: error.remedy.instruction)
    }

    /// As lines for a person.
    ///
    /// - Parameter width: columns of the terminal; nil for as many as it takes.
    func lines(width: Int?) -> [String] {
        let mark =
            switch level {
            case .ok: "ok"
            case .warning: "warn"
            case .fault: "FAIL"
            }
        var fields = TextFields(indentMin: Self.markColumns)
        // What a file has wrong is a list.
        let details = "\(check): \(detail)".split(separator: "\n", omittingEmptySubsequences: false)
        for (place, line) in details.enumerated() { fields.add(place == 0 ? mark : "", String(line)) }
        fields.add("", remedy.map { "remedy: \($0)" })
        return fields.lines(width: width)
    }

    /// The longest mark and two spaces.
    private static let markColumns = 6
}
