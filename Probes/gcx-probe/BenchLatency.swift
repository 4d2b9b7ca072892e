import CKernels
import GCXBenchmark
import Glibc

/// `memory.latency.*`: one thread follows a chain of loads, each of which says where the next one is.
@safe struct BenchLatency: BenchMeasurement {
    /// Where the chain lies.
    enum Level {
        case l1, l2, l3, dram, dramSmallPages
    }

    /// Long against the start of a run, shorter than a neighbour's pauses.
    private static let sampleSeconds = 0.004
    private static let lineBytes: UInt64 = 64
    private static let warmUps = 4
    private static let stepsUnrolled: UInt64 = 16
    private static let steps: ClosedRange<Double> = 1_600...1e9

    let mayGoOn = true
    let team: BenchTeam
    let workingSetBytes: UInt64
    let conditions: [Flag]
    private let memory: BenchBlock
    private var job: gcx_latency_job
    let threads = 1

    /// - Parameter team: of one thread.
    init(_ level: Level, team: BenchTeam, processor: Int, cgroup: BenchCgroup) throws(BenchFailure) {
        guard let wanted = Self.workingSet(level, processor: processor) else {
            throw .unreadable("/sys/devices/system/cpu/cpu\(processor)/cache")
        }
        try self.init(bytes: wanted, smallPages: level == .dramSmallPages, team: team, cgroup: cgroup)
    }

    /// The most that one of these holds: the chain of the memory, what links it, and the page it begins in.
    static func bytesMax(processor: Int) -> UInt64 {
        let chain = max(workingSet(.dram, processor: processor) ?? 0, BenchLatencyCurve.bytesMax)
        return chain + chain / lineBytes * UInt64(MemoryLayout<UInt32>.stride) + 2 * BenchBlock.pageBytes
    }

    /// Links a chain through `bytes` bytes and follows it a while.
    init(bytes wanted: UInt64, smallPages: Bool = false, team: BenchTeam, cgroup: BenchCgroup) throws(BenchFailure) {
        let room = try BenchArena.available(cgroup: cgroup) / 2
        let bytes = min(wanted, room) / Self.lineBytes * Self.lineBytes
        guard bytes >= Self.lineBytes * 2 else { throw .noMemory(available: room, needed: wanted) }
        self.team = team
        workingSetBytes = bytes
        memory = try BenchBlock(bytes: bytes, smallPages: smallPages)
        var order = [UInt32](repeating: 0, count: Int(bytes / Self.lineBytes))
        unsafe gcx_latency_link(memory.base, Int(bytes), &order, gcx_now_nanoseconds())
        var job = unsafe gcx_latency_job(
            start: memory.base.assumingMemoryBound(to: UnsafeMutableRawPointer?.self), steps: 0, end: nil)
        unsafe job.steps = BenchPace.amount(lasting: Self.sampleSeconds, in: Self.steps, runs: Self.warmUps) { steps in
            unsafe job.steps = steps / Self.stepsUnrolled * Self.stepsUnrolled
            return unsafe team.run(gcx_latency_work, &job).wallSeconds
        }
        unsafe job.steps = unsafe job.steps / Self.stepsUnrolled * Self.stepsUnrolled
        unsafe self.job = unsafe job
        conditions = bytes < wanted ? [.smallWorkingSet] : []
    }

    /// Picoseconds a load.
    mutating func sample() throws(BenchFailure) -> Sample? {
        let run = unsafe team.run(gcx_latency_work, &job)
        return unsafe Sample(value: run.wallSeconds * 1e12 / Double(job.steps), processorShare: run.processorShare)
    }

    static func workingSet(_ level: Level, processor: Int) -> UInt64? {
        let last = BenchCaches.lastLevelBytes(of: [processor])
        switch level {
        case .l1: return BenchCaches.bytes(level: 1, of: processor).map { $0 / 2 }
        // From half of it on, latency grew here: a sibling or a hypervisor takes its part.
        case .l2: return BenchCaches.bytes(level: 2, of: processor).map { $0 / 4 }
        // A virtual machine's share of a last level is often less than it is told: of 32 MiB it was 8 to 12, and a chain of 8
        // took 17 to 60 ns from one minute to the next.
        case .l3:
            let second = BenchCaches.bytes(level: 2, of: processor)
            return BenchCaches.bytes(level: 3, of: processor).map { min($0 / 4, 8 << 20, 4 * (second ?? $0)) }
        case .dram, .dramSmallPages: return max(256 << 20, 4 * last)
        }
    }
}
