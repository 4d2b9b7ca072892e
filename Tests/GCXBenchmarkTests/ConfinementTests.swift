import CKernels
import GCXBenchmark
import Testing

@testable import gcx_probe

/// What a machine of another shape than this one would say.
@Suite("Cores, nodes and walls of other machines")
struct ConfinementTests {
    /// Four cores of two hardware threads each: 0 and 4, 1 and 5, …
    private static func siblings(of cpu: Int) -> [Int] { [cpu % 4, cpu % 4 + 4] }

    @Test("hardware threads are those of the cores used that are allowed")
    func threads() {
        let all = Array(0..<8)
        func threads(_ used: [Int], _ allowed: [Int], quota: Double? = nil) -> [Int]? {
            BenchAllowance.hardwareThreads(of: used, allowed: allowed, siblings: Self.siblings, quota: quota)
        }
        #expect(threads([0, 1, 2, 3], all) == [0, 4, 1, 5, 2, 6, 3, 7])
        #expect(threads([0], all) == [0, 4])
        #expect(threads([0, 1], [0, 1, 5]) == [0, 1, 5])
        #expect(threads([0, 1], [0, 1]) == nil)
        #expect(threads([0, 1, 2, 3], all, quota: 4) == nil)
        #expect(BenchAllowance.hardwareThreads(of: [0, 1], allowed: [0, 1], siblings: { [$0] }, quota: nil) == nil)
    }

    @Test("processors fall to the nodes that have them; a node without any has no group")
    func nodes() {
        let files = [
            "/sys/devices/system/node/online": "0-2\n", "/sys/devices/system/node/node0/cpulist": "0-3,8-11\n",
            "/sys/devices/system/node/node1/cpulist": "4-7\n", "/sys/devices/system/node/node2/cpulist": "\n",
        ]
        #expect(BenchNodes.groups(of: [0, 1, 4, 9], read: { files[$0] }) == [[0, 1, 9], [4]])
        #expect(BenchNodes.groups(of: [0, 1], read: { files[$0] }) == [[0, 1]])
        #expect(BenchNodes.groups(of: [0], read: { _ in nil }) == [])
    }

    @Test("two nodes are measured one after the other, and one is the whole machine's figure")
    func twoNodes() throws {
        let used = try BenchAllowance.read(cgroup: .live()).used
        // The same core twice stands in for a second node where there is one core.
        let groups = [[used[0]], [used[used.count - 1]]]
        var nodes = try BenchNodes(groups: groups, isa: gcx_isa_best(), cgroup: .live(), deadline: .max)
        #expect(nodes.threads == 1)
        #expect(try nodes.sample()?.value ?? 0 > 0)
        #expect(throws: BenchFailure.self) {
            try BenchNodes(groups: [used], isa: gcx_isa_best(), cgroup: .live(), deadline: .max)
        }
    }

    @Test("cores that do less together than alone are told, whole ones are not")
    func sharedCores() {
        func told(_ together: Double) -> Bool {
            let one = Fixtures.axis(.fp64RateOne, values: [Double](repeating: 50, count: 6))
            let all = Fixtures.axis(.fp64Rate, values: [Double](repeating: together, count: 6))
            return Fixtures.report([one, all]).circumstances.contains { $0.contains("hardware threads of fewer cores") }
        }
        #expect(told(55))
        #expect(!told(99))
        #expect(!Fixtures.report([Fixtures.axis()]).circumstances.contains { $0.contains("busy together") })
    }

    @Test("a container is known by what its manager leaves inside")
    func container() {
        func found(_ files: [String: String]) -> String? { BenchConfinement.container { files[$0] } }
        #expect(found([:]) == nil)
        #expect(found(["/run/systemd/container": "systemd-nspawn\n"]) == "systemd-nspawn")
        #expect(found(["/proc/1/environ": "PATH=/bin\0container=lxc\0"]) == "lxc")
        #expect(found(["/run/.containerenv": ""]) == "podman")
        #expect(found(["/.dockerenv": ""]) == "docker")
    }

    @Test("boost is read from whichever driver controls it")
    func boost() {
        func found(_ files: [String: String]) -> Bool? { BenchAllowance.boost { files[$0] } }
        #expect(found([:]) == nil)
        #expect(found(["/sys/devices/system/cpu/intel_pstate/no_turbo": "0\n"]) == true)
        #expect(found(["/sys/devices/system/cpu/intel_pstate/no_turbo": "1\n"]) == false)
        #expect(found(["/sys/devices/system/cpu/cpufreq/boost": "0\n"]) == false)
    }

    @Test("what a run holds is announced before it is held: the largest working set and the program")
    func memory() {
        func announced(_ names: [String]) -> UInt64 {
            BenchMemoryPlan.bytes(
                names.compactMap(BenchmarkRegistry.benchmark(named:)), processors: [0], groups: [[0]], touched: 0)
        }
        #expect(announced(["cpu.clock.all"]) < announced(["cpu.gemm.fp64.all"]))
        #expect(announced(["cpu.gemm.fp64.all"]) < announced(["memory.triad.all"]))
        #expect(announced(["memory.triad.all", "cpu.gemm.fp64.all"]) == announced(["memory.triad.all"]))
    }

    @Test(
        "an error number at a limit is told with the limit",
        arguments: [
            ("write to a file in", 27, "ulimit -f"), ("make a file in", 24, "ulimit -n"),
            ("start threads on", 11, "ulimit -u"),
            ("start threads on", 1, "sandbox forbids sched_setaffinity"),
        ] as [(String, Int32, String)])
    func limits(operation: String, code: Int32, words: String) {
        let failure = BenchFailure.system(operation: operation, object: "x", errno: code)
        #expect(failure.description.contains(words))
        #expect(!BenchFailure.system(operation: "read", object: "x", errno: 5).description.contains(";"))
    }

    @Test("an axis that cannot be measured for want of something is no failure, and equal reasons are told once")
    func reasons() {
        #expect(BenchFailure.absent("no such thing").absence == "no such thing")
        let readOnly = BenchFailure.system(operation: "make a file in", object: "/", errno: 30)
        #expect(readOnly.absence?.contains("Read-only file system; --path names another place") == true)
        #expect(BenchFailure.system(operation: "make a file in", object: "/x", errno: 2).absence == nil)
        var reasons = BenchReasons()
        reasons.add("a", "x")
        reasons.add("b", "y")
        reasons.add("c", "x")
        #expect(reasons.list == [.init(axes: ["a", "c"], reason: "x"), .init(axes: ["b"], reason: "y")])
    }
}
