import GCXBenchmark

/// One benchmark on this machine, ready to be timed: allocated, touched and warm.
protocol BenchMeasurement {
    var threads: Int { get }
    var workingSetBytes: UInt64 { get }
    /// What could not be done as defined.
    var conditions: [Flag] { get }

    /// The instructions chosen, where the report's own instruction set does not tell.
    var instructions: String? { get }

    /// Whether the work may go on between samples: nothing is written, sent or used up by it.
    var mayGoOn: Bool { get }

    /// What has to be done before the first sample and yet belongs to the time that the disturbances are read over.
    mutating func prepare() throws(BenchFailure)

    /// Times one run; nil when nothing more may be written.
    mutating func sample() throws(BenchFailure) -> Sample?

    /// What no run can exceed, in the unit of the benchmark; nil where nothing is known.
    func limit(value: Double, clockHertz: Double) -> Double?
}

extension BenchMeasurement {
    var conditions: [Flag] { [] }
    var instructions: String? { nil }
    var mayGoOn: Bool { false }

    mutating func prepare() throws(BenchFailure) {}

    func limit(value: Double, clockHertz: Double) -> Double? { nil }
}
