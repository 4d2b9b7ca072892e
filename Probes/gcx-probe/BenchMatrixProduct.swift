import CKernels
import GCXBenchmark
import Glibc

/// `cpu.gemm.fp64.all`
struct BenchMatrixProduct: BenchMeasurement {
    /// Rows of the matrices for up to 32 threads; four times the threads take twice the rows, so that the columns of one
    /// thread and the work for each stay the same. A multiple of every micro-tile, and beyond every last-level cache.
    private static let rowsMin = 12 * Int(GCX_GEMM_STEP)
    private static let threadsOfRowsMin = 32

    let team: BenchTeam
    private let matrices: Matrices
    /// Its rate says how many operations a cycle these cores do, which the product's own rate may hide.
    private let peak: BenchFMA
    private let peakRate: Double
    private var job: gcx_gemm_job
    var threads: Int { team.threads }
    var workingSetBytes: UInt64 { 3 * UInt64(job.n * job.n) * UInt64(MemoryLayout<Double>.stride) }

    /// Allocates and touches; one product goes untimed.
    init(team: BenchTeam, isa: gcx_isa) throws(BenchFailure) {
        self.team = team
        var peak = BenchFMA(.fp64, team: team, isa: isa)
        peakRate = try peak.sample()?.value ?? 0
        self.peak = peak
        let rows = Self.rows(threads: team.threads)
        matrices = try Matrices(rows: rows)
        job = matrices.job(isa: isa)
        _ = team.run(gcx_gemm_fill_work, &job)
        _ = team.run(gcx_gemm_work, &job)
    }

    private static func rows(threads wanted: Int) -> Int {
        var (rows, threads) = (rowsMin, threadsOfRowsMin)
        while threads < wanted { (rows, threads) = (rows * 2, threads * 4) }
        return rows
    }

    /// What the matrices and their packed panels take.
    static func bytes(threads: Int) -> UInt64 { UInt64(Matrices.bytes(rows: rows(threads: threads))) }

    mutating func sample() throws(BenchFailure) -> Sample? {
        let run = team.run(gcx_gemm_work, &job)
        let rows = Double(job.n)
        return Sample(value: 2 * rows * rows * rows / run.wallSeconds, processorShare: run.processorShare)
    }

    /// That of the multiply-adds it is made of.
    func limit(value: Double, clockHertz: Double) -> Double? {
        peak.limit(value: max(value, peakRate), clockHertz: clockHertz)
    }

    /// The memory behind a job; goes with it.
    private final class Matrices {
        private let base: UnsafeMutableRawPointer
        private let bytes: Int
        private let rows: Int

        init(rows: Int) throws(BenchFailure) {
            self.rows = rows
            bytes = Self.bytes(rows: rows)
            guard let base = gcx_memory_map(bytes) else {
                throw .system(operation: "allocate", object: "\(bytes) bytes", errno: errno)
            }
            self.base = base
        }

        deinit { gcx_memory_unmap(base, bytes) }

        static func bytes(rows: Int) -> Int {
            let elements = 3 * rows * rows + gcx_gemm_packed_a_elements(rows) + gcx_gemm_packed_b_elements(rows)
            return elements * MemoryLayout<Double>.stride
        }

        func job(isa: gcx_isa) -> gcx_gemm_job {
            let first = base.assumingMemoryBound(to: Double.self)
            let square = rows * rows
            let packed = first + 3 * square
            return gcx_gemm_job(
                a: first, b: first + square, c: first + 2 * square, packed_a: packed,
                packed_b: packed + gcx_gemm_packed_a_elements(rows), n: rows, isa: isa, arrived: 0)
        }
    }
}
