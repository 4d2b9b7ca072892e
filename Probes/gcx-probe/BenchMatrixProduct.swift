import CKernels
import GCXBenchmark
import GCXModel
import Glibc

/// `cpu.gemm.fp64.all` and `cpu.gemm.fp32.all`, by the job of their kernel.
struct BenchMatrixProduct<Job: BenchMatrixJob>: BenchMeasurement {
    /// For up to this many threads the matrices have 2016 rows, a multiple of every micro-tile and beyond every last-level
    /// cache; four times the threads take twice the rows, so that the columns of one thread and the work for each stay the same.
    private static var threadsOfRowsMin: Int { 32 }
    private static var rowsMin: Int { 2_016 }

    let team: BenchTeam
    private let matrices: Matrices
    /// Its rate says how many operations a cycle these cores do, which the product's own rate may hide.
    private let peak: BenchFMA
    private let peakRate: Double
    private var job: Job
    var threads: Int { team.threads }
    var workingSetBytes: UInt64 { 3 * UInt64(job.n * job.n) * UInt64(MemoryLayout<Job.Number>.stride) }

    /// Allocates and touches; one product goes untimed.
    init(team: BenchTeam, isa: gcx_isa) throws(BenchFailure) {
        self.team = team
        var peak = BenchFMA(Job.precision, team: team, isa: isa)
        peakRate = try peak.sample()?.value ?? 0
        self.peak = peak
        let rows = Self.rows(threads: team.threads)
        matrices = try Matrices(rows: rows)
        job = matrices.job(isa: isa)
        _ = unsafe team.run(Job.fillWork, &job)
        _ = unsafe team.run(Job.work, &job)
    }

    private static func rows(threads wanted: Int) -> Int {
        var (rows, threads) = (rowsMin, threadsOfRowsMin)
        while threads < wanted { (rows, threads) = (rows * 2, threads * 4) }
        return rows
    }

    /// What the matrices and their packed panels take.
    static func bytes(threads: Int) -> UInt64 { UInt64(Matrices.bytes(rows: rows(threads: threads))) }

    mutating func sample() throws(BenchFailure) -> Sample? {
        let run = unsafe team.run(Job.work, &job)
        let rows = Double(job.n)
        return Sample(value: 2 * rows * rows * rows / run.wallSeconds, processorShare: run.processorShare)
    }

    /// That of the multiply-adds it is made of.
    func limit(value: Double, clockHertz: Double) -> Double? {
        peak.limit(value: max(value, peakRate), clockHertz: clockHertz)
    }

    /// The memory behind a job; goes with it.
    @safe private final class Matrices {
        private let base: UnsafeMutableRawPointer
        private let bytes: Int
        private let rows: Int

        init(rows: Int) throws(BenchFailure) {
            self.rows = rows
            bytes = Self.bytes(rows: rows)
            guard let base = unsafe gcx_memory_map(bytes) else {
                throw .system(operation: "allocate", object: NumberText.count(bytes, "byte"), errno: errno)
            }
            unsafe self.base = unsafe base
        }

        deinit { unsafe gcx_memory_unmap(base, bytes) }

        static func bytes(rows: Int) -> Int {
            let (packedA, packedB) = Job.packedElements(rows: rows)
            return (3 * rows * rows + packedA + packedB) * MemoryLayout<Job.Number>.stride
        }

        func job(isa: gcx_isa) -> Job {
            let first = unsafe base.assumingMemoryBound(to: Job.Number.self)
            let square = rows * rows
            let packed = unsafe first + 3 * square
            return unsafe Job(
                a: first, b: first + square, c: first + 2 * square, packed_a: packed,
                packed_b: packed + Job.packedElements(rows: rows).a, n: rows, isa: isa, arrived: 0)
        }
    }
}

/// What a kernel of the matrix product works on.
protocol BenchMatrixJob {
    associatedtype Number
    static var precision: BenchFMA.Precision { get }
    /// What the number of rows is a multiple of.
    static var step: Int { get }
    static var work: gcx_work { get }
    /// The first touch, by the threads that will use it.
    static var fillWork: gcx_work { get }
    /// Numbers that the packed panels of A and of B take.
    static func packedElements(rows: Int) -> (a: Int, b: Int)

    var n: Int { get }
    init(
        a: UnsafeMutablePointer<Number>!, b: UnsafeMutablePointer<Number>!, c: UnsafeMutablePointer<Number>!,
        packed_a: UnsafeMutablePointer<Number>!, packed_b: UnsafeMutablePointer<Number>!, n: Int, isa: gcx_isa,
        arrived: UInt32)
}

extension gcx_gemm_job: BenchMatrixJob {
    static var precision: BenchFMA.Precision { .fp64 }
    static var step: Int { Int(GCX_GEMM_STEP) }
    static var work: gcx_work { unsafe gcx_gemm_work }
    static var fillWork: gcx_work { unsafe gcx_gemm_fill_work }
    static func packedElements(rows: Int) -> (a: Int, b: Int) {
        (gcx_gemm_packed_a_elements(rows), gcx_gemm_packed_b_elements(rows))
    }
}

extension gcx_sgemm_job: BenchMatrixJob {
    static var precision: BenchFMA.Precision { .fp32 }
    static var step: Int { Int(GCX_SGEMM_STEP) }
    static var work: gcx_work { unsafe gcx_sgemm_work }
    static var fillWork: gcx_work { unsafe gcx_sgemm_fill_work }
    static func packedElements(rows: Int) -> (a: Int, b: Int) {
        (gcx_sgemm_packed_a_elements(rows), gcx_sgemm_packed_b_elements(rows))
    }
}
