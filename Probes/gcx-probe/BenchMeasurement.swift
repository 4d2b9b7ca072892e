import GCXBenchmark

/// One benchmark on this machine, ready to be timed: allocated, touched and warm.
protocol BenchMeasurement {
    var threads: Int { get }
    var workingSetBytes: UInt64 { get }
    /// What could not be done as defined.
    var conditions: [Flag] { get }

    /// Times one run; nil when nothing more may be written.
    mutating func sample() throws(BenchFailure) -> Sample?

    /// What no run can exceed, in the unit of the benchmark; nil where nothing is known.
    func limit(value: Double, clockHertz: Double) -> Double?
}

extension BenchMeasurement {
    var conditions: [Flag] { [] }

    func limit(value: Double, clockHertz: Double) -> Double? { nil }
}
