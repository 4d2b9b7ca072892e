import CKernels
import GCXBenchmark

/// `cpu.handover.pair`
struct BenchHandover: BenchMeasurement {
    private static let sampleSeconds = 0.002
    private static let rounds: ClosedRange<Double> = 1_000...1e7

    let mayGoOn = true
    let team: BenchTeam
    let threads = 2
    let workingSetBytes: UInt64 = 64
    private let rounds: UInt64

    /// - Parameter processors: the first two are the pair.
    init(processors: [Int]) throws(BenchFailure) {
        guard processors.count > 1 else {
            throw .absent("there is one core to use, and nobody to hand anything over to")
        }
        let team = try BenchTeam(processors: Array(processors.prefix(2)))
        self.team = team
        rounds = BenchPace.amount(lasting: Self.sampleSeconds, in: Self.rounds) { rounds in
            Self.run(rounds, team).wallSeconds
        }
    }

    /// Picoseconds one way.
    mutating func sample() throws(BenchFailure) -> Sample? {
        let run = Self.run(rounds, team)
        return Sample(value: run.wallSeconds * 1e12 / Double(2 * rounds), processorShare: run.processorShare)
    }

    private static func run(_ rounds: UInt64, _ team: BenchTeam) -> BenchRun {
        var job = gcx_handover_job()
        job.rounds = rounds
        return unsafe team.run(gcx_handover_work, &job)
    }
}
