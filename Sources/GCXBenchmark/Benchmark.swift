/// One benchmark: what is measured, how the figure is taken from the samples, and when it may be believed.
///
/// The values stand in `Benchmarks/`, one file each; the loop itself is a kernel of the probe. To add one, see
/// `Tests/Benchmarks/README.md`.
package struct Benchmark: Identifiable, Sendable {
    /// Dotted name; also the name of the fact.
    package let name: String
    package let unit: BenchmarkUnit
    /// A few words for a table.
    package let title: String
    /// What exactly is done: working set, threads, pinning, what one sample is, what counts as one unit.
    package let definition: String
    package let statistic: Statistic
    package let validity: ValidityRule
    package let splitting: SplittingRule
    /// Share of the time of a run, relative to the other benchmarks in it.
    package let timeWeight: Double
    /// A run that is given less time leaves the benchmark out.
    package var secondsMin = 0.0

    package var id: String { name }
}

/// Unit of a figure and of each of its samples.
package enum BenchmarkUnit: String, Codable, Sendable {
    case hertz = "Hz"
    case flopsPerSecond = "flop/s"
    case bytesPerSecond = "B/s"
    case operationsPerSecond = "op/s"
    case picoseconds = "ps"
    case bytes = "B"
}

/// When a figure is steady.
package struct ValidityRule: Sendable {
    /// Undisturbed samples to take when there is time.
    package let samplesWanted: Int
    /// Undisturbed samples without which there is no figure.
    package let samplesMin: Int
    package let spread: Spread
    /// Largest spread, as a share.
    package let spreadMax: Double
    /// What says nothing about this figure.
    package let ignoring: Set<Flag>
    /// What makes the figure void, however steady the samples look.
    package let voidedBy: Set<Flag>
    /// Why these bounds and no others.
    package let reason: String

    /// What is wrong with an axis by this rule: the disturbances, and the spread and number of its kept samples.
    ///
    /// - Complexity: O(n log n) in the samples.
    package func flags(_ axis: AxisResult) -> Set<Flag> {
        var flags = Set(axis.conditions).union(axis.disturbance.flags).subtracting(ignoring)
        guard let statistics = Statistics(axis.keptValues), statistics.n >= samplesMin else {
            return flags.union([.tooFewSamples])
        }
        if spread.value(of: statistics) > spreadMax { flags.insert(.spread) }
        return flags
    }

    /// True when nothing in `flags` voids the figure.
    package func isSteady(_ flags: Set<Flag>) -> Bool {
        flags.isDisjoint(with: voidedBy.union([.tooFewSamples, .spread]))
    }
}
