import CKernels
import GCXBenchmark
import Glibc

/// `cpu.int8.all`
struct BenchInt8: BenchMeasurement {
    private static let sampleSeconds = 0.004
    private static let iterations: ClosedRange<Double> = 200_000...1e9

    let mayGoOn = true
    let team: BenchTeam
    let workingSetBytes: UInt64 = 0
    private var job: gcx_int8_job
    var threads: Int { team.threads }
    var instructions: String? { unsafe String(cString: gcx_int8_name(job.set)) }

    init(team: BenchTeam, set: gcx_int8_set) {
        self.team = team
        job = gcx_int8_job(iterations: 0, set: set)
        job.iterations = BenchPace.amount(lasting: Self.sampleSeconds, in: Self.iterations) { iterations in
            var job = gcx_int8_job(iterations: iterations, set: set)
            return unsafe team.run(gcx_int8_work, &job).wallSeconds
        }
    }

    mutating func sample() throws(BenchFailure) -> Sample? {
        let run = unsafe team.run(gcx_int8_work, &job)
        let operations = Double(job.iterations * gcx_int8_operations_per_iteration(job.set)) * Double(threads)
        return Sample(value: operations / run.wallSeconds, processorShare: run.processorShare)
    }

    func limit(value: Double, clockHertz: Double) -> Double? {
        BenchCeiling.rate(
            value: value, cores: threads, clockHertz: clockHertz,
            most: Double(gcx_int8_operations_per_cycle_max(job.set)))
    }
}

/// `cpu.integer.*`
struct BenchInteger: BenchMeasurement {
    private static let sampleSeconds = 0.004
    private static let rounds: ClosedRange<Double> = 1...1e6
    /// Of the first release; another seed is another amount of work.
    private static let seed: UInt64 = 1

    let mayGoOn = true
    let team: BenchTeam
    private let scratch: BenchBlock
    private let rounds: UInt64
    /// What every thread must come to, in every run.
    private let checksum: UInt64
    var threads: Int { team.threads }
    var workingSetBytes: UInt64 { UInt64(threads * gcx_integer_scratch_bytes()) }
    /// Scalar code of the baseline, the same on every processor of an architecture.
    var instructions: String? { "portable" }

    init(team: BenchTeam) throws(BenchFailure) {
        let scratch = try BenchBlock(bytes: UInt64(team.threads * gcx_integer_scratch_bytes()), smallPages: false)
        let rounds = BenchPace.amount(lasting: Self.sampleSeconds, in: Self.rounds) { rounds in
            Self.run(rounds, team, scratch).run.wallSeconds
        }
        (self.team, self.scratch, self.rounds) = (team, scratch, rounds)
        checksum = Self.run(rounds, team, scratch).checksums[0]
    }

    mutating func sample() throws(BenchFailure) -> Sample? {
        let (run, checksums) = Self.run(rounds, team, scratch)
        guard checksums.allSatisfy({ $0 == checksum }) else {
            throw .device("a processor", reason: "it came to two results of the same work; it is not to be trusted")
        }
        return Sample(value: Double(rounds) * Double(threads) / run.wallSeconds, processorShare: run.processorShare)
    }

    private static func run(_ rounds: UInt64, _ team: BenchTeam, _ scratch: BenchBlock) -> (
        run: BenchRun, checksums: [UInt64]
    ) {
        var checksums = [UInt64](repeating: 0, count: team.threads)
        let run = unsafe checksums.withUnsafeMutableBufferPointer { checksums in
            var job = unsafe gcx_integer_job(
                rounds: rounds, seed: seed, scratch: scratch.base, checksums: checksums.baseAddress)
            return unsafe team.run(gcx_integer_work, &job)
        }
        return (run, checksums)
    }
}
