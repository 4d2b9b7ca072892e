import CKernels
import GCXBenchmark

/// `cpu.handover.pair`
struct BenchHandover: BenchMeasurement {
    private static let sampleSeconds = 0.002
    private static let warmUps = 5
    private static let rounds: ClosedRange<Double> = 1_000...1e7

    let team: BenchTeam
    let threads = 2
    let workingSetBytes: UInt64 = 64
    private var job = gcx_handover_job()

    /// - Parameter processors: the first two are the pair.
    init(processors: [Int]) throws(BenchFailure) {
        guard processors.count > 1 else {
            throw .absent("there is one core to use, and nobody to hand anything over to")
        }
        team = try BenchTeam(processors: Array(processors.prefix(2)))
        var most = Self.rounds.lowerBound
        for _ in 0..<Self.warmUps {
            job.rounds = UInt64(min(most, Self.rounds.upperBound))
            let seconds = run().wallSeconds
            most = max(most, Double(job.rounds) * Self.sampleSeconds / seconds)
        }
    }

    /// Picoseconds one way.
    mutating func sample() throws(BenchFailure) -> Sample? {
        let run = run()
        return Sample(
            value: run.wallSeconds * 1e12 / Double(2 * job.rounds), processorShare: run.processorShare)
    }

    private mutating func run() -> BenchRun {
        job.turn = 0
        return team.run(gcx_handover_work, &job)
    }
}
