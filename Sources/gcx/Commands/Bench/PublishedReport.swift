import GCXBenchmark
import GCXModel
import GCXPricing

/// The report as `--json` writes it: the probe's own, with what follows from it. `Config/bench-report.schema.json` describes it.
struct PublishedReport: Encodable {
    let report: BenchmarkReport
    /// Unix seconds.
    let measuredAt: UInt64
    let subject: BenchmarkSubject

    private enum Key: CodingKey {
        case measuredAt, machine, facts, referenceTable, rating
    }

    func encode(to encoder: any Encoder) throws {
        try report.encode(to: encoder)
        let facts = report.facts(measuredAt: measuredAt)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(measuredAt, forKey: .measuredAt)
        try container.encode(
            Dictionary(subject.lines.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }),
            forKey: .machine)
        try container.encode(facts, forKey: .facts)
        try container.encode(ReferenceTable.v1Digest, forKey: .referenceTable)
        try container.encode(ComputeHourRating(facts, by: .v1), forKey: .rating)
    }
}
