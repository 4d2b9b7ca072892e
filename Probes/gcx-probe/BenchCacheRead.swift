import CKernels
import GCXBenchmark
import GCXModel
import Glibc

/// `memory.read.l1`, `.l2` and `.l3`
@safe struct BenchCacheRead: BenchMeasurement {
    private static let sampleSeconds = 0.004
    private static let passes: ClosedRange<Double> = 16...1e8
    private static let stepBytes: UInt64 = 512

    let mayGoOn = true
    let team: BenchTeam
    let workingSetBytes: UInt64
    private let level: BenchLatency.Level
    private let memory: BenchBlock
    private var job: gcx_cache_job
    let threads = 1

    /// - Parameter team: of one thread.
    init(_ level: BenchLatency.Level, team: BenchTeam, processor: Int, isa: gcx_isa) throws(BenchFailure) {
        guard let wanted = BenchLatency.workingSet(level, processor: processor) else {
            throw .unreadable("/sys/devices/system/cpu/cpu\(processor)/cache")
        }
        self.level = level
        self.team = team
        workingSetBytes = max(Self.stepBytes, wanted / Self.stepBytes * Self.stepBytes)
        memory = try BenchBlock(bytes: workingSetBytes, smallPages: false)
        // Pages that were never written are all the same page of zeros.
        unsafe memset(memory.base, 1, Int(workingSetBytes))
        var job = unsafe gcx_cache_job(base: memory.base, bytes: Int(workingSetBytes), passes: 0, isa: isa)
        let passes = BenchPace.amount(lasting: Self.sampleSeconds, in: Self.passes) { passes in
            unsafe job.passes = passes
            return unsafe team.run(gcx_cache_read_work, &job).wallSeconds
        }
        unsafe job.passes = passes
        unsafe self.job = unsafe job
    }

    mutating func sample() throws(BenchFailure) -> Sample? {
        let run = unsafe team.run(gcx_cache_read_work, &job)
        let bytes = unsafe Double(job.passes) * Double(workingSetBytes)
        return Sample(value: bytes / run.wallSeconds, processorShare: run.processorShare)
    }

    /// Of the first level alone it is known how many loads a cycle does.
    func limit(value: Double, clockHertz: Double) -> Double? {
        guard level == .l1 else { return nil }
        return unsafe BenchCeiling.rate(
            value: value, cores: 1, clockHertz: clockHertz, most: Double(gcx_cache_bytes_per_cycle_max(job.isa)))
    }
}

/// Memory that goes with a measurement.
@safe final class BenchBlock {
    /// One huge page: what is smaller gets one all the same, so that no page walk is in a figure.
    static let pageBytes: UInt64 = 2 << 20
    /// At the beginning of a page, a huge one where the kernel gives it.
    let base: UnsafeMutableRawPointer
    private let mapped: UnsafeMutableRawPointer
    private let bytes: Int

    init(bytes wanted: UInt64, smallPages: Bool) throws(BenchFailure) {
        // A huge page has to begin at a multiple of its size, and a mapping need not.
        bytes = Int(max(wanted, Self.pageBytes) + Self.pageBytes)
        let map = unsafe smallPages ? gcx_memory_map_small_pages : gcx_memory_map
        guard let mapped = unsafe map(bytes) else {
            throw .system(operation: "allocate", object: NumberText.count(bytes, "byte"), errno: errno)
        }
        unsafe self.mapped = unsafe mapped
        unsafe base = unsafe mapped.alignedUp(toMultipleOf: Int(Self.pageBytes))
    }

    deinit { unsafe gcx_memory_unmap(mapped, bytes) }
}
