import CKernels
import GCXBenchmark
import GCXModel
import Glibc

/// Three arrays, touched by the team that streams them; shared by all memory benchmarks of a run.
@safe final class BenchArena {
    /// Beyond the caches: four times the last level (the rule of STREAM), and never under this.
    private static let arrayBytesMin: UInt64 = 256 << 20
    private static let cachesPerArray: UInt64 = 4
    /// A sample streams one part of the arrays, the next sample the next part: a few milliseconds each, so that a neighbour's
    /// time slice does not spoil every one, and yet every line was last seen a whole working set ago.
    static let parts = 4
    /// Parts start and end on huge pages of 2 MiB.
    private static let granularity = UInt64(parts) * 2 << 20
    /// Bytes by which each array is moved against the one before. Three arrays at the same place of every bank and channel keep
    /// evicting each other's open rows: 42 GB/s instead of 54 on the first machine; from 1 KiB on, every distance did as well.
    private static let stagger = 17 * 4096
    /// A benchmark that drives the machine into reclaim measures reclaim: at most half of what is available is used.
    private static let availableShareInverse: UInt64 = 2
    /// Share of the arena that must have come as huge pages for the figure to be comparable.
    private static let hugeShareMin = 0.9

    private let base: UnsafeMutableRawPointer
    private let bytes: UInt64
    let arrayBytes: UInt64
    private(set) var conditions: [Flag]
    private let isa: gcx_isa

    init(team: BenchTeam, isa: gcx_isa, processors: [Int], cgroup: BenchCgroup, deadline: UInt64)
        throws(BenchFailure)
    {
        let wanted = Self.arrayBytesWanted(processors: processors)
        let available = try Self.available(cgroup: cgroup)
        arrayBytes = min(wanted, Self.aligned(available / Self.availableShareInverse / 3))
        guard arrayBytes > 0 else { throw .noMemory(available: available, needed: 3 * wanted) }
        bytes = 3 * arrayBytes + Self.granularity
        guard let base = unsafe gcx_memory_map(Int(bytes)) else {
            throw .system(operation: "allocate", object: NumberText.count(bytes, "byte"), errno: errno)
        }
        unsafe self.base = unsafe base
        self.isa = isa
        conditions = arrayBytes < wanted ? [.smallWorkingSet] : []
        try touch(by: team, until: deadline)
        conditions += pageConditions
    }

    deinit { unsafe gcx_memory_unmap(base, Int(bytes)) }

    private static func arrayBytesWanted(processors: [Int]) -> UInt64 {
        aligned(max(arrayBytesMin, cachesPerArray * BenchCaches.lastLevelBytes(of: processors)) + granularity - 1)
    }

    /// What the three arrays take where memory is not short.
    static func bytesWanted(processors: [Int]) -> UInt64 { 3 * arrayBytesWanted(processors: processors) + granularity }

    var partBytes: UInt64 { arrayBytes / UInt64(Self.parts) }

    /// The same part of each array, `index` counted round.
    func job(part index: Int) -> gcx_memory_job {
        let offset = index % Self.parts * Int(partBytes)
        let array = { (number: Int) in
            unsafe (self.base + number * (Int(self.arrayBytes) + Self.stagger) + offset).assumingMemoryBound(
                to: Double.self)
        }
        return unsafe gcx_memory_job(
            a: array(0), b: array(1), c: array(2), elements: Int(partBytes) / MemoryLayout<Double>.stride, scale: 3,
            isa: isa)
    }

    /// The first touch: every page by the thread that will stream it. It costs more processor time than all streaming (pages
    /// are cleared, by a hypervisor too), so on a busy machine it is what makes a run late.
    private func touch(by team: BenchTeam, until deadline: UInt64) throws(BenchFailure) {
        for part in 0..<Self.parts {
            guard gcx_now_nanoseconds() < deadline else { throw .late }
            var job = unsafe job(part: part)
            _ = unsafe team.run(gcx_memory_fill_work, &job)
        }
    }

    private var pageConditions: [Flag] {
        let rollup = BenchSystem.text("/proc/self/smaps_rollup")
        guard let huge = rollup.flatMap({ BenchSystem.number(of: "AnonHugePages", in: $0) }) else { return [] }
        return Double(huge * 1024) < Self.hugeShareMin * Double(3 * arrayBytes) ? [.smallPages] : []
    }

    /// What the machine could give, and no more than every memory limit above this process leaves.
    static func available(cgroup: BenchCgroup) throws(BenchFailure) -> UInt64 {
        let kibibytes = BenchSystem.text("/proc/meminfo").flatMap { BenchSystem.number(of: "MemAvailable", in: $0) }
        guard let kibibytes else { throw .unreadable("/proc/meminfo") }
        return min(kibibytes * 1024, cgroup.memoryRoom ?? .max)
    }

    private static func aligned(_ bytes: UInt64) -> UInt64 { bytes / granularity * granularity }
}

/// The bandwidths of memory.
@safe struct BenchBandwidth: BenchMeasurement {
    let mayGoOn = true
    let team: BenchTeam
    let arena: BenchArena
    private let work: gcx_work
    /// Arrays that the kernel goes through.
    private let arrays: UInt64
    private var part = 0

    static func triad(_ team: BenchTeam, _ arena: BenchArena) throws(BenchFailure) -> BenchBandwidth {
        try unsafe BenchBandwidth(team: team, arena: arena, work: gcx_memory_triad_work, arrays: 3)
    }

    static func copy(_ team: BenchTeam, _ arena: BenchArena) throws(BenchFailure) -> BenchBandwidth {
        try unsafe BenchBandwidth(team: team, arena: arena, work: gcx_memory_copy_work, arrays: 2)
    }

    static func read(_ team: BenchTeam, _ arena: BenchArena) throws(BenchFailure) -> BenchBandwidth {
        try unsafe BenchBandwidth(team: team, arena: arena, work: gcx_memory_read_work, arrays: 1)
    }

    static func write(_ team: BenchTeam, _ arena: BenchArena) throws(BenchFailure) -> BenchBandwidth {
        try unsafe BenchBandwidth(team: team, arena: arena, work: gcx_memory_write_work, arrays: 1)
    }

    /// Goes through the arrays once untimed, which fills the translation caches.
    private init(team: BenchTeam, arena: BenchArena, work: @escaping gcx_work, arrays: UInt64) throws(BenchFailure) {
        self.team = team
        self.arena = arena
        unsafe self.work = unsafe work
        self.arrays = arrays
        for _ in 0..<BenchArena.parts { _ = try sample() }
    }

    var threads: Int { team.threads }
    var workingSetBytes: UInt64 { arrays * arena.arrayBytes }
    var conditions: [Flag] { arena.conditions }

    mutating func sample() throws(BenchFailure) -> Sample? {
        var job = unsafe arena.job(part: part)
        part += 1
        let run = unsafe team.run(work, &job)
        return Sample(value: Double(arrays * arena.partBytes) / run.wallSeconds, processorShare: run.processorShare)
    }
}

/// Sizes of the caches as sysfs tells them; of a virtual machine that may be more than its share.
enum BenchCaches {
    /// One data or unified cache.
    struct Cache {
        let level: Int
        let bytes: UInt64
        let sharers: String
    }

    /// Bytes of the cache of a level that serves the data of `cpu`; nil when unknown.
    static func bytes(level: Int, of cpu: Int) -> UInt64? { caches(of: cpu).first { $0.level == level }?.bytes }

    /// Bytes of all last-level caches of `processors`; 0 when unknown.
    static func lastLevelBytes(of processors: [Int]) -> UInt64 {
        var bytesBySharers: [String: UInt64] = [:]
        for cpu in processors {
            guard let cache = caches(of: cpu).max(by: { $0.level < $1.level }) else { continue }
            bytesBySharers[cache.sharers] = cache.bytes
        }
        return bytesBySharers.values.reduce(0, +)
    }

    private static func caches(of cpu: Int) -> [Cache] {
        // No processor in use has more than eight entries: two of level one, and one or two of each further level.
        (0..<8).compactMap { index in
            let path = "/sys/devices/system/cpu/cpu\(cpu)/cache/index\(index)"
            guard BenchSystem.text(path + "/type")?.hasPrefix("Instruction") != true,
                let level = BenchSystem.text(path + "/level").flatMap({ Int($0.filter(\.isNumber)) }),
                let bytes = BenchSystem.text(path + "/size").flatMap(size(sysfs:)),
                let sharers = BenchSystem.text(path + "/shared_cpu_list")
            else { return nil }
            return Cache(level: level, bytes: bytes, sharers: sharers)
        }
    }

    /// Bytes of a text such as `32768K`.
    static func size(sysfs text: String) -> UInt64? {
        let digits = text.prefix(while: \.isNumber)
        let unit = text.dropFirst(digits.count).first
        let scale: UInt64 = unit == "K" ? 1 << 10 : unit == "M" ? 1 << 20 : 1
        return UInt64(digits).map { $0 * scale }
    }
}
