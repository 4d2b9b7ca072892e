import CKernels
import GCXBenchmark
import Glibc

/// `memory.touched.all`
struct BenchTouch: BenchMeasurement {
    private static let pageBytes: UInt64 = 4_096
    /// Between two looks at the clock: 256 MiB, which the slowest machines touch in a second.
    private static let chunkBytes: UInt64 = 256 << 20
    private static let secondsMax = 10.0

    let team: BenchTeam
    private let bytes: UInt64
    /// Of `gcx_now_nanoseconds`; writing ends then.
    private let deadline: UInt64
    private var isDone = false
    var threads: Int { team.threads }
    private(set) var workingSetBytes: UInt64 = 0

    /// - Parameter bytes: to touch; all at once are held.
    init(team: BenchTeam, bytes: UInt64, deadline: UInt64) throws(BenchFailure) {
        self.team = team
        self.bytes = bytes / Self.pageBytes * Self.pageBytes
        self.deadline = min(deadline, gcx_now_nanoseconds() + UInt64(Self.secondsMax * 1e9))
        guard self.bytes > 0 else { throw .noMemory(available: bytes, needed: Self.pageBytes) }
    }

    /// What a run touches and so holds.
    static func bytes(cgroup: BenchCgroup) -> UInt64 { ((try? BenchArena.available(cgroup: cgroup)) ?? 0) / 2 }

    mutating func sample() throws(BenchFailure) -> Sample? {
        guard !isDone else { return nil }
        isDone = true
        let memory = try BenchBlock(bytes: bytes, smallPages: false)
        let seed = gcx_now_nanoseconds()
        var jobs: [gcx_touch_job] = unsafe []
        while workingSetBytes < bytes, unsafe jobs.isEmpty || gcx_now_nanoseconds() < deadline {
            let count = min(Self.chunkBytes, bytes - workingSetBytes)
            var job = unsafe gcx_touch_job(
                base: memory.base + Int(workingSetBytes), bytes: Int(count),
                first_page: Int(workingSetBytes / Self.pageBytes), seed: seed, right_pages: 0)
            _ = unsafe team.run(gcx_touch_write_work, &job)
            workingSetBytes += count
            unsafe jobs.append(job)
        }
        let pages = unsafe jobs.indices.reduce(UInt64(0)) { pages, index in
            _ = unsafe team.run(gcx_touch_check_work, &jobs[index])
            return unsafe pages + jobs[index].right_pages
        }
        // Whoever else ran made it slower, and no smaller.
        return Sample(value: Double(pages * Self.pageBytes), processorShare: nil)
    }
}
