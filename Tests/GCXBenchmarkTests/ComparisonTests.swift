import GCXBenchmark
import Testing

@Suite("Comparing two reports")
struct ComparisonTests {
    private static let values: [Double] = [100, 101, 102, 101, 100, 101, 100.5, 101.5]

    private func verdict(
        _ benchmark: Benchmark, _ first: [Double], _ second: [Double]
    ) throws -> BenchmarkComparison.Verdict? {
        let reports = [first, second].map { Fixtures.report([Fixtures.axis(benchmark, values: $0)]) }
        return try BenchmarkComparison(reports[0], reports[1]).axes.first?.verdict
    }

    @Test("a report compared with itself is noise, ratio 1, chance 1")
    func same() throws {
        let report = Fixtures.report([Fixtures.axis()])
        let axis = try #require(try BenchmarkComparison(report, report).axes.first)
        #expect(axis.ratio == 1 && axis.chance == 1 && axis.verdict == .noise)
    }

    @Test("a tenth faster is better, a tenth slower worse, and two per cent is what runs differ by")
    func rates() throws {
        #expect(try verdict(.fp64Rate, Self.values, Self.values.map { $0 * 1.1 }) == .better)
        #expect(try verdict(.fp64Rate, Self.values, Self.values.map { $0 / 1.1 }) == .worse)
        #expect(try verdict(.fp64Rate, Self.values, Self.values.map { $0 * 1.02 }) == .noise)
    }

    @Test("of a latency, less is better")
    func latencies() throws {
        let values = (0..<20).map { 100 + Double($0 % 5) }
        #expect(try verdict(.diskSync, values, values.map { $0 * 2 }) == .worse)
        #expect(try verdict(.diskSync, values.map { $0 * 2 }, values) == .better)
    }

    @Test("figures far apart by three samples each are noise, and an unsteady figure is no ground for a verdict")
    func doubtful() throws {
        #expect(try verdict(.diskWrite, [100, 101, 102], [200, 201, 202]) == .noise)
        #expect(try verdict(.fp64Rate, Self.values, [1, 2]) == .unsteady)
        #expect(try verdict(.fp64Rate, Self.values, []) == .incomparable)
    }

    @Test("an axis in one report only is named, and other kernels are refused with a remedy")
    func refused() throws {
        let (one, other) = (Fixtures.report([Fixtures.axis()]), Fixtures.report([Fixtures.axis(.clock)]))
        #expect(try BenchmarkComparison(one, other).axes.map(\.verdict) == [.incomparable, .incomparable])
        var later = one
        later.kernelVersion = "gcx-kernels/2"
        let error = #expect(throws: ComparisonError.self) { try BenchmarkComparison(one, later) }
        #expect(error?.description.contains("gcx-kernels/2") == true)
    }

    // Worked by hand: U 0, mean 32, variance 8*8*17/12, (32 - 0.5)/9.5219 = 3.3082; erfc(3.3082/sqrt 2) = 0.000939.
    @Test("the rank test gives its worked chances, and the same both ways")
    func chances() {
        let (low, high) = ((1...8).map(Double.init), (9...16).map(Double.init))
        #expect(abs(RankTest.chance(low, high) - 0.000939) < 5e-6)
        #expect(RankTest.chance(low, high) == RankTest.chance(high, low))
        #expect(RankTest.chance([5, 5, 5], [5, 5, 5]) == 1 && RankTest.chance([], low) == 1)
    }

    @Test("of a thousand pairs from one distribution about one in a hundred passes the level")
    func level() {
        var generator = SystemRandomNumberGenerator()
        let hits = (0..<1_000).count { _ in
            let draws = (0..<40).map { _ in Double.random(in: 0..<1, using: &generator) }
            return RankTest.chance(Array(draws[..<20]), Array(draws[20...])) < BenchmarkComparison.level
        }
        // Expected 10, deviation 3.1: 31 is seven of them away.
        #expect(hits <= 31)
    }
}
