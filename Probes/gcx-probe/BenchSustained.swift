import CKernels
import GCXBenchmark

/// `cpu.sustained.all`: the matrix product, after a minute of it.
@safe struct BenchSustained: BenchMeasurement {
    private static let soakSeconds = 60.0
    /// Left of the axis's time for the samples.
    private static let samplesSeconds = 5.0

    private var product: BenchMatrixProduct<gcx_gemm_job>
    private let soakEnd: UInt64
    var threads: Int { unsafe product.threads }
    var workingSetBytes: UInt64 { unsafe product.workingSetBytes }

    /// - Parameter deadline: of `gcx_now_nanoseconds`; the end of the run.
    init(team: BenchTeam, isa: gcx_isa, deadline: UInt64) throws(BenchFailure) {
        unsafe product = try unsafe BenchMatrixProduct(team: team, isa: isa)
        let now = gcx_now_nanoseconds()
        let latest = deadline - min(deadline, UInt64(Self.samplesSeconds * 1e9))
        soakEnd = min(now + UInt64(Self.soakSeconds * 1e9), max(now, latest))
    }

    mutating func prepare() throws(BenchFailure) {
        while gcx_now_nanoseconds() < soakEnd { _ = try unsafe product.sample() }
    }

    mutating func sample() throws(BenchFailure) -> Sample? { try unsafe product.sample() }

    func limit(value: Double, clockHertz: Double) -> Double? {
        unsafe product.limit(value: value, clockHertz: clockHertz)
    }
}
