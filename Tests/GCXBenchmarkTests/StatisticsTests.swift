import GCXBenchmark
import Testing

@Suite("Statistics")
struct StatisticsTests {
    @Test("no samples have no statistics")
    func empty() { #expect(Statistics([]) == nil) }

    @Test("one sample is its own median, best and second best, without spread")
    func single() throws {
        let one = try #require(Statistics([7]))
        #expect(one.median == 7 && one.best == 7 && one.secondBest == 7 && one.p10 == 7)
        #expect(one.medianAbsoluteDeviation == 0 && one.coefficientOfVariation == 0)
    }

    // Worked by hand: sum 40, mean 5, squares 32, 32/7 = 4.571…, root 2.138…, over 5 = 0.42761799.
    @Test("eight known samples give their known median, deviations and ranks")
    func known() throws {
        let known = try #require(Statistics([2, 4, 4, 4, 5, 5, 7, 9].reversed()))
        #expect(known.n == 8)
        #expect(known.median == 4.5)
        #expect(known.medianAbsoluteDeviation == 0.5)
        #expect(abs(known.coefficientOfVariation - 0.427617987) < 1e-8)
        #expect(known.p10 == 2)
        #expect(known.best == 9)
        #expect(known.secondBest == 7)
    }

    @Test("the tenth percentile is the nearest rank", arguments: [(10, 1.0), (11, 2.0), (20, 2.0), (21, 3.0)])
    func percentile(count: Int, expected: Double) throws {
        #expect(try #require(Statistics((1...count).map(Double.init))).p10 == expected)
    }

    @Test("one freak moves the standard deviation and the best, not the median deviation or the second best")
    func freak() throws {
        let samples = try #require(Statistics([100, 100, 101, 99, 100, 1000]))
        #expect(samples.coefficientOfVariation > 1)
        #expect(samples.relativeDeviation <= 0.01)
        #expect(Statistic.secondBest.value(of: samples) == 101)
    }

    @Test("a capacity whose second best is not what most samples reach is spread, though most samples agree")
    func capacity() throws {
        let samples = try #require(Statistics([100, 100, 100, 200, 200]))
        #expect(Spread.relativeDeviation.value(of: samples) == 0)
        #expect(Spread.capacity.value(of: samples) == 1)
    }

    @Test("a tenth of a figure that can be halved is a tenth, rounded down, even when the product needs 128 bits")
    func proportional() {
        #expect(SplittingRule.proportional.share(of: 109, part: 1, whole: 10) == 10)
        #expect(SplittingRule.proportional.share(of: .max, part: 3, whole: 3) == .max)
        #expect(SplittingRule.proportional.share(of: .max, part: 0, whole: 3) == 0)
    }

    @Test("a clock and a latency stay whole in every part, the indivisible only in the whole")
    func unsplit() {
        #expect(SplittingRule.minimum.share(of: 9, part: 1, whole: 2) == 9)
        #expect(SplittingRule.maximum.share(of: 9, part: 1, whole: 2) == 9)
        #expect(SplittingRule.indivisible.share(of: 9, part: 1, whole: 2) == nil)
        #expect(SplittingRule.indivisible.share(of: 9, part: 2, whole: 2) == 9)
    }

    @Test(
        "a figure is shown with three digits and its prefix",
        arguments: [
            (117_600_000_000.0, BenchmarkUnit.flopsPerSecond, "118 GFLOP/s"),
            (53_260_000_000, .bytesPerSecond, "53.3 GB/s"), (3_694_000_000, .hertz, "3.69 GHz"),
            (19_340, .operationsPerSecond, "19.3 kop/s"), (175_300_000, .picoseconds, "175 µs"),
            (9.996, .operationsPerSecond, "10.0 op/s"), (0, .bytesPerSecond, "0.00 B/s"),
        ])
    func quantity(value: Double, unit: BenchmarkUnit, text: String) {
        #expect(Quantity(value, unit).description == text)
    }
}
