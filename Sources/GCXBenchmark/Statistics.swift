/// What a list of samples says about a figure. Every number is in the unit of the samples, shares are of 1.
package struct Statistics: Codable, Equatable, Sendable {
    /// Samples counted.
    package var n: Int
    package var median: Double
    /// Median of the distances from the median.
    package var medianAbsoluteDeviation: Double
    /// Sample standard deviation divided by the mean; 0 for a single sample.
    package var coefficientOfVariation: Double
    /// The tenth percentile, nearest rank: nine samples of ten were at least this.
    package var p10: Double
    /// The ninety-ninth percentile, nearest rank; nil in reports of a release that did not say.
    package var p99: Double?
    /// The largest.
    package var best: Double
    /// The second largest; the largest when there is only one. One freak is dropped.
    package var secondBest: Double

    /// Nil when there is no sample.
    ///
    /// - Complexity: O(n log n).
    package init?(_ samples: [Double]) {
        guard !samples.isEmpty else { return nil }
        let sorted = samples.sorted()
        n = sorted.count
        median = Self.median(ofSorted: sorted)
        medianAbsoluteDeviation = Self.medianAbsoluteDeviation(sorted, from: median)
        coefficientOfVariation = Self.coefficientOfVariation(sorted)
        // bounded here: there is one sample or more, guarded above, so these places lie in the list
        p10 = sorted[(sorted.count + 9) / 10 - 1]
        p99 = sorted[(sorted.count * 99 + 99) / 100 - 1]
        best = sorted[sorted.count - 1]
        secondBest = sorted[max(0, sorted.count - 2)]
    }

    /// Median absolute deviation over the median; 0 where the median is 0.
    // bounded: of Doubles
    package var relativeDeviation: Double { median == 0 ? 0 : medianAbsoluteDeviation / abs(median) }

    private static func median(ofSorted sorted: [Double]) -> Double {
        // bounded here: there is one sample or more, `init` sees to it
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }

    private static func medianAbsoluteDeviation(_ samples: [Double], from centre: Double) -> Double {
        median(ofSorted: samples.map { abs($0 - centre) }.sorted())  // bounded: of Doubles
    }

    private static func coefficientOfVariation(_ samples: [Double]) -> Double {
        let count = Double(samples.count)
        // bounded here: of Doubles
        let mean = samples.reduce(0, +) / count
        guard samples.count > 1, mean != 0 else { return 0 }
        let squares = samples.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (squares / (count - 1)).squareRoot() / abs(mean)
    }
}

/// Which number of a list of samples is the figure.
package enum Statistic: String, Codable, Sendable {
    /// For capacities: whatever disturbs a run only ever lowers it, so the best one is nearest the machine, and the second
    /// best is not a freak.
    case secondBest
    /// For what varies by nature, such as a disk.
    case median
    /// For what is waited for: the slow ones count.
    case p99

    package func value(of statistics: Statistics) -> Double {
        switch self {
        case .secondBest: statistics.secondBest
        case .median: statistics.median
        case .p99: statistics.p99 ?? statistics.best
        }
    }
}

/// How the scatter of a list of samples is put in one number, as a share of the figure.
package enum Spread: String, Codable, Sendable {
    /// Standard deviation over mean: every outlier counts.
    case coefficientOfVariation
    /// The larger of the next one and of how far the second best stands above the median: when a little over half of the samples
    /// agree, the deviation is blind to the rest, and the second best is one of the rest.
    case capacity
    /// Median absolute deviation over median: half the samples may be anything.
    case relativeDeviation

    package func value(of statistics: Statistics) -> Double {
        switch self {
        case .coefficientOfVariation: statistics.coefficientOfVariation
        case .relativeDeviation: statistics.relativeDeviation
        // bounded: of Doubles
        case .capacity: max(statistics.relativeDeviation, statistics.secondBest / statistics.median - 1)
        }
    }
}
