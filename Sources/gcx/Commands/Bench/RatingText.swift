import GCXModel
import GCXPricing

/// What the figures come to in Compute Hours, in words.
enum RatingText {
    /// One line for the whole and its classes; under it what a class lacks.
    static func lines(_ facts: [Fact]) -> [String] {
        let rating = ComputeHourRating(facts, by: .v1)
        let lacking = rating.classes.filter { $0.thousandths == nil }.map {
            "  \($0.name) lacks a steady figure of \($0.missing.joined(separator: ", "))"
        }
        return ["Compute Hours an hour, table v\(rating.tableVersion): \(summary(facts))"] + lacking
    }

    /// `2.13 (cpu 2.20, memory 2.01, …)`.
    static func summary(_ facts: [Fact]) -> String {
        let rating = ComputeHourRating(facts, by: .v1)
        let classes = rating.classes.map { "\($0.name) \($0.thousandths.map(number) ?? "-")" }.joined(separator: ", ")
        return "\(rating.thousandths.map(number) ?? "not rated") (\(classes))"
    }

    /// Thousandths with two digits behind the point.
    private static func number(_ thousandths: UInt64) -> String {
        let hundredths = thousandths / 10
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
