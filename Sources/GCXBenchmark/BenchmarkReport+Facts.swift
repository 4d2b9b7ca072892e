package import GCXModel

extension BenchmarkReport {
    /// The figures that may stand in an offer: steady by the rule of their benchmark, judged here again from the samples.
    ///
    /// An axis that this release does not know, or whose unit is another, states nothing.
    ///
    /// - Parameter measuredAt: Unix seconds of the run.
    /// - Returns: in the order of the report; values rounded down.
    /// - Complexity: O(n log n) in the samples.
    package func facts(measuredAt: UInt64) -> [Fact] {
        axes.compactMap { axis in
            guard let benchmark = BenchmarkRegistry.benchmark(named: axis.name), benchmark.unit == axis.unit,
                benchmark.isFact
            else {
                return nil
            }
            let judged = axis.judged(by: benchmark)
            guard judged.steady, let value = judged.value, let whole = UInt64(exactly: value.rounded(.down)), whole > 0
            else { return nil }
            return Fact(
                name: Untrusted(axis.name), value: whole, unit: Untrusted(axis.unit.rawValue), level: .measured,
                measuredAt: measuredAt)
        }
    }
}
