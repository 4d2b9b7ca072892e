import CKernels
import GCXBenchmark

/// `cpu.clock.all`; also the clock beside every other axis.
struct BenchClock: BenchMeasurement {
    /// About 2 ms: longer than a wake-up, shorter than most interruptions are apart.
    private static let additions: UInt64 = 8_000_000
    /// Runs of which the fastest counts when the clock is only looked at in passing.
    private static let glances = 3

    let mayGoOn = true
    let team: BenchTeam
    var threads: Int { team.threads }
    let workingSetBytes: UInt64 = 0

    mutating func sample() throws(BenchFailure) -> Sample? { run() }

    /// Hz of the slowest core, every core busy; takes about 6 ms.
    func glance() -> Double { (0..<Self.glances).map { _ in run().value }.max() ?? 0 }

    private func run() -> Sample {
        var job = gcx_clock_job(additions: Self.additions)
        let run = unsafe team.run(gcx_clock_work, &job)
        return Sample(value: Double(Self.additions) / run.slowestSeconds, processorShare: run.processorShare)
    }
}

/// `cpu.fp64.*` and `cpu.fp32.*`
struct BenchFMA: BenchMeasurement {
    /// Width of the numbers.
    enum Precision {
        case fp64, fp32

        var work: gcx_work { unsafe self == .fp64 ? gcx_fp64_work : gcx_fp32_work }

        func operationsPerIteration(_ isa: gcx_isa) -> UInt64 {
            self == .fp64 ? gcx_fp64_flops_per_iteration(isa) : gcx_fp32_flops_per_iteration(isa)
        }

        /// Half the width, twice the lanes.
        func operationsPerCycleMax(_ isa: gcx_isa) -> Double {
            Double(gcx_isa_fp64_flops_per_cycle_max(isa)) * (self == .fp64 ? 1 : 2)
        }
    }

    /// Long against the microsecond that threads start apart, and shorter than a neighbour's pauses: on a machine that was
    /// 88 % of a core busy, no sample of 20 ms went undisturbed and most of 2 ms did.
    private static let sampleSeconds = 0.004
    /// The least takes about 1 ms on any machine.
    private static let iterations: ClosedRange<Double> = 200_000...1e9

    let mayGoOn = true
    let team: BenchTeam
    private let precision: Precision
    private var job: gcx_fma_job
    var threads: Int { team.threads }
    let workingSetBytes: UInt64 = 0

    /// Warms up, and finds how many iterations last one sample.
    init(_ precision: Precision, team: BenchTeam, isa: gcx_isa) {
        self.precision = precision
        self.team = team
        job = gcx_fma_job(iterations: 0, isa: isa)
        job.iterations = BenchPace.amount(lasting: Self.sampleSeconds, in: Self.iterations) { iterations in
            var job = gcx_fma_job(iterations: iterations, isa: isa)
            return unsafe team.run(precision.work, &job).wallSeconds
        }
    }

    mutating func sample() throws(BenchFailure) -> Sample? {
        let run = unsafe team.run(precision.work, &job)
        let operations = Double(job.iterations * precision.operationsPerIteration(job.isa)) * Double(threads)
        return Sample(value: operations / run.wallSeconds, processorShare: run.processorShare)
    }

    func limit(value: Double, clockHertz: Double) -> Double? {
        BenchCeiling.rate(
            value: value, cores: threads, clockHertz: clockHertz, most: precision.operationsPerCycleMax(job.isa))
    }
}
