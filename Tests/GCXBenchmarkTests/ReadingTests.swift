import GCXBenchmark
import Testing

@testable import gcx_probe

@Suite("What the probe reads beside a figure")
struct ReadingTests {
    static let stat = """
        cpu  300 4 10 8000 16 0 8 12 5 0
        cpu0 200 3 5 4000 16 1 2 7 5 0
        cpu1 100 1 5 4000 0 0 6 5 0 0
        intr 1
        """

    @Test("busy ticks are user, nice, system, irq and softirq; guest is in user already, disk waits are idle")
    func processors() {
        #expect(
            BenchReading.processors(stat: Self.stat) == [
                0: .init(busy: 211, steal: 7), 1: .init(busy: 112, steal: 5),
            ])
    }

    @Test(
        "a /proc/stat of another shape is unknown, not zero",
        arguments: ["", "cpu 1 2 3", "cpu0 1 2 3", "cpux 1 2 3 4 5 6 7 8"])
    func unknownStat(text: String) { #expect(BenchReading.processors(stat: text) == nil) }

    @Test("two readings make shares of the window: own time is not the others'")
    func disturbance() {
        let before = reading(seconds: 10, busy: [100, 100], steal: 0, own: 1, throttled: 3)
        let after = reading(seconds: 12, busy: [250, 200], steal: 4, own: 2, throttled: 5)
        let found = after.disturbance(since: before, used: [0], ticksPerSecond: 100, clocks: (before: 4e9, after: nil))
        #expect(found.windowSeconds == 2)
        #expect(found.otherCores == 0.75)
        #expect(found.besideCores == 0.5)
        #expect(found.stealShare == 0.01)
        #expect(found.throttledPeriods == 2)
        #expect(found.pressureShares == ["cpu": 0.5])
        #expect(found.clockAfterHertz == nil)
    }

    @Test("what could not be read is nil, and a counter that went back is no disturbance")
    func absent() {
        var before = reading(seconds: 10, busy: [100, 100], steal: 5, own: 1, throttled: 3)
        var after = reading(seconds: 12, busy: [99, 100], steal: 4, own: 1, throttled: 3)
        let back = after.disturbance(
            since: before, used: [0, 1], ticksPerSecond: 100, clocks: (before: nil, after: nil))
        #expect(back.otherCores == 0 && back.stealShare == 0)
        after.processors = nil
        before.throttledPeriods = nil
        let nothing = after.disturbance(
            since: before, used: [0], ticksPerSecond: 100, clocks: (before: nil, after: nil))
        #expect(nothing.otherCores == nil && nothing.besideCores == nil && nothing.stealShare == nil)
        #expect(nothing.throttledPeriods == nil)
    }

    private func reading(seconds: UInt64, busy: [UInt64], steal: UInt64, own: Double, throttled: UInt64) -> BenchReading
    {
        BenchReading(
            nanoseconds: seconds * 1_000_000_000,
            processors: Dictionary(
                uniqueKeysWithValues: busy.enumerated().map {
                    ($0.offset, .init(busy: $0.element, steal: $0.offset == 0 ? steal : 0))
                }),
            ownSeconds: own, majorFaults: 0, involuntarySwitches: 0, throttledPeriods: throttled,
            pressure: ["cpu": seconds * 500_000])
    }

    @Test("the stall total is the `some` line's")
    func pressure() {
        let text = "some avg10=0.00 avg60=0.00 avg300=0.00 total=1234\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=9\n"
        #expect(BenchReading.stalledMicroseconds(pressure: text) == 1234)
        #expect(BenchReading.stalledMicroseconds(pressure: "full total=9") == nil)
    }

    @Test(
        "kernel lists of processors",
        arguments: [("0-3,8\n", [0, 1, 2, 3, 8]), ("5", [5]), ("\t0-1", [0, 1]), ("", []), ("x", []), ("3-1", [])])
    func lists(text: String, cpus: [Int]) { #expect(BenchSystem.cpuList(text) == cpus) }

    @Test("one processor per core is used, the first allowed one, and no more than the quota feeds")
    func used() {
        let siblings = { (cpu: Int) in [cpu % 4, cpu % 4 + 4] }
        #expect(BenchAllowance.used(of: Array(0..<8), siblings: siblings, quota: nil) == [0, 1, 2, 3])
        #expect(BenchAllowance.used(of: [1, 4, 5, 7], siblings: siblings, quota: nil) == [1, 4, 7])
        #expect(BenchAllowance.used(of: Array(0..<8), siblings: siblings, quota: 1.5) == [0])
        #expect(BenchAllowance.used(of: Array(0..<8), siblings: siblings, quota: 2) == [0, 1])
        #expect(BenchAllowance.used(of: Array(0..<8), siblings: siblings, quota: 0.1) == [0])
        #expect(BenchAllowance.used(of: [2, 3], siblings: { _ in [] }, quota: nil) == [2, 3])
    }

    @Test(
        "the wait for a processor is the second number of schedstat",
        arguments: [("1028742 58457 1\n", 58_457 as UInt64?), ("0", nil)])
    func schedstat(text: String, waited: UInt64?) {
        #expect(BenchPatience.waitedNanoseconds(schedstat: text) == waited)
    }

    @Test("cache sizes of sysfs", arguments: [("32768K\n", 33_554_432 as UInt64), ("2M", 2_097_152), ("64", 64)])
    func cacheSize(text: String, bytes: UInt64) { #expect(BenchCaches.size(sysfs: text) == bytes) }

    static let mounts = """
        31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
        32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
        35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
        41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
        """

    @Test("a quota of version 2 anywhere above counts, the tightest wins, and `max` is none")
    func quotaUnified() {
        let files = [
            "/sys/fs/cgroup/unified/a/b/cpu.max": "max 100000\n", "/sys/fs/cgroup/unified/a/cpu.max": "150000 100000\n",
            "/sys/fs/cgroup/unified/a/cpu.stat": "nr_periods 4\nnr_throttled 3\n",
            "/sys/fs/cgroup/unified/a/memory.max": "1000\n", "/sys/fs/cgroup/unified/a/memory.current": "400\n",
            "/sys/fs/cgroup/unified/a/b/memory.max": "max\n", "/sys/fs/cgroup/unified/a/b/memory.current": "400\n",
        ]
        let cgroup = BenchCgroup(memberships: "0::/a/b\n", mounts: Self.mounts) { files[$0] }
        #expect(cgroup.quotaProcessors == 1.5)
        #expect(cgroup.throttledPeriods == 3)
        #expect(cgroup.memoryRoom == 600)
    }

    @Test("a quota of version 1 counts, and -1 is none")
    func quotaLegacy() {
        var files = [
            "/sys/fs/cgroup/cpu,cpuacct/j/cpu.cfs_quota_us": "50000\n",
            "/sys/fs/cgroup/cpu,cpuacct/j/cpu.cfs_period_us": "100000\n",
        ]
        let memberships = "3:cpu,cpuacct:/j\n2:memory:/m\n0::/"
        #expect(BenchCgroup(memberships: memberships, mounts: Self.mounts) { files[$0] }.quotaProcessors == 0.5)
        files["/sys/fs/cgroup/cpu,cpuacct/j/cpu.cfs_quota_us"] = "-1\n"
        let free = BenchCgroup(memberships: memberships, mounts: Self.mounts) { files[$0] }
        #expect(free.quotaProcessors == nil && free.throttledPeriods == nil && free.memoryRoom == nil)
    }

    @Test("a group that a container sees below its own mount is found there with its quota, whatever its name")
    func quotaInContainer() {
        let mounts = "41 31 0:38 /pod/box /sys/fs/c\\040g rw,relatime - cgroup2 cgroup2 rw"
        let files = ["/sys/fs/c g/job/cpu.max": "150000 100000\n"]
        #expect(BenchCgroup(memberships: "0::/pod/box/job\n", mounts: mounts) { files[$0] }.quotaProcessors == 1.5)
    }

    @Test("variables that tune libraries are told, others are not")
    func tuning() {
        #expect(BenchEnvironment.isTuning("OPENBLAS_CORETYPE") && BenchEnvironment.isTuning("LD_PRELOAD"))
        #expect(!BenchEnvironment.isTuning("AWS_SECRET_ACCESS_KEY"))
    }
}
