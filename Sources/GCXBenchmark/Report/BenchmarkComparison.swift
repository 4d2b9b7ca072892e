package import GCXModel
import Glibc

/// Two reports of the same kernels, axis by axis: how far apart they are, and whether that is noise.
///
/// Two questions must both be answered by yes before a difference is called one:
///
/// 1. Do the undisturbed samples differ? The Wilcoxon-Mann-Whitney rank test, two-sided, with ties, at
///    ``level``: it needs no normal distribution, which samples cut off at a physical limit do not have. The level is per axis:
///    of 20 axes that are alike, one comparison in five names one by chance, and the second question stops it.
/// 2. Is it more than runs of one machine differ? Samples of one run know nothing of the next: the boost clock, the pages
///    and the neighbours are others. What the benchmark's own rule calls agreement (``ValidityRule/spreadMax``) is the bound.
///
/// Source: Mann, Whitney, "On a test of whether one of two random variables is stochastically larger", 1947; the variance
/// with ties as in Lehmann, "Nonparametrics", 1.4.
package struct BenchmarkComparison: Encodable, Sendable {
    /// Chance of calling the samples of equal distributions different.
    package static let level = 0.01

    /// What is to be thought of a difference.
    package enum Verdict: String, Encodable, Sendable {
        case better, worse
        /// Below what two runs of one machine differ by, or what chance makes of these samples.
        case noise
        /// One of the two figures is itself unsteady.
        case unsteady
        /// In one report only, without a figure, or unknown to this release.
        case incomparable
    }

    /// One axis of either report.
    package struct Axis: Encodable, Sendable {
        package let name: String
        /// The figures, in the axis's unit; nil where a report has none.
        package let first: Double?
        package let second: Double?
        /// Second over first.
        package let ratio: Double?
        /// Two-sided p of the rank test.
        package let chance: Double?
        package let verdict: Verdict
    }

    package let kernelVersion: String
    package let axes: [Axis]

    /// - Throws: ``ComparisonError/kernelsDiffer(first:second:)``.
    package init(_ first: BenchmarkReport, _ second: BenchmarkReport) throws(ComparisonError) {
        guard first.kernelVersion == second.kernelVersion else {
            throw .kernelsDiffer(first: first.kernelVersion, second: second.kernelVersion)
        }
        kernelVersion = first.kernelVersion
        let names =
            // bounded: joins lists
            first.axes.map(\.name) + second.axes.map(\.name).filter { name in !first.axes.contains { $0.name == name } }
        axes = names.map { name in
            Self.compared(name, first.axes.first { $0.name == name }, second.axes.first { $0.name == name })
        }
    }

    private static func compared(_ name: String, _ first: AxisResult?, _ second: AxisResult?) -> Axis {
        guard let benchmark = BenchmarkRegistry.benchmark(named: name),
            let first = first?.judged(by: benchmark), let second = second?.judged(by: benchmark),
            first.unit == benchmark.unit, second.unit == benchmark.unit,
            let one = first.value, let other = second.value, one > 0, other > 0
        else {
            return Axis(
                name: name, first: first?.value, second: second?.value, ratio: nil, chance: nil, verdict: .incomparable)
        }
        // bounded: of Doubles
        let (ratio, chance) = (other / one, RankTest.chance(first.keptValues, second.keptValues))
        return Axis(
            name: name, first: one, second: other, ratio: ratio, chance: chance,
            verdict: verdict(benchmark, ratio, chance, isSteady: first.steady && second.steady))
    }

    private static func verdict(_ benchmark: Benchmark, _ ratio: Double, _ chance: Double, isSteady: Bool) -> Verdict {
        guard isSteady else { return .unsteady }
        // bounded: of Doubles
        guard chance < level, max(ratio, 1 / ratio) - 1 > benchmark.validity.spreadMax else { return .noise }
        let isSmallerBetter = benchmark.splitting == .maximum || benchmark.unit == .picoseconds
        return (ratio > 1) == isSmallerBetter ? .worse : .better
    }
}

/// Why two reports are not compared.
package enum ComparisonError: RemediedError, Equatable {
    /// Other kernels do other work.
    case kernelsDiffer(first: String, second: String)

    package var description: String {
        switch self {
        case .kernelsDiffer(let first, let second):
            "compare reports: the first is of \(first), the second of \(second), and other kernels do other work"
        }
    }

    package var remedy: Remedy { .fix("Measure both with the same release of gcx.") }
}

/// The Wilcoxon-Mann-Whitney rank test.
package enum RankTest {
    /// Two-sided p that two samples of one distribution rank as far apart as these; 1 when either is empty.
    ///
    /// By the normal approximation with corrections for ties and continuity, good from about five in each on; with fewer it
    /// hardly falls below 0.05, and so errs on the side of noise.
    ///
    /// - Complexity: O(n log n).
    package static func chance(_ first: [Double], _ second: [Double]) -> Double {
        let (count, other) = (Double(first.count), Double(second.count))
        guard !first.isEmpty, !second.isEmpty else { return 1 }
        // bounded here: of Doubles, and places in a list
        let pooled = (first.map { ($0, true) } + second.map { ($0, false) }).sorted { $0.0 < $1.0 }
        var (rankSum, ties, begin) = (0.0, 0.0, 0)
        while begin < pooled.count {
            let end = pooled[begin...].firstIndex { $0.0 != pooled[begin].0 } ?? pooled.count
            let tied = Double(end - begin)
            rankSum += Double(pooled[begin..<end].count(where: \.1)) * (Double(begin + end + 1) / 2)
            ties += tied * tied * tied - tied
            begin = end
        }
        let all = count + other
        let variance = count * other / 12 * (all + 1 - ties / (all * (all - 1)))
        let distance = abs(rankSum - count * (all + 1) / 2) - 0.5
        guard variance > 0, distance > 0 else { return 1 }
        return erfc(distance / (2 * variance).squareRoot())
    }
}
