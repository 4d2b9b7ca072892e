import GCXModel
import Glibc
import Testing

@testable import GCXLinux

/// The layout of this machine, when groups can be made on it. On a v2 machine that needs a delegated subtree, the
/// jobs of GCXSandboxTests are the test.
private let layout: CgroupLayout? = {
    guard geteuid() == 0, let layout = try? CgroupLayout.detect(), !layout.isUnified else { return nil }
    return layout
}()

@Suite(
    "A job's control group, for real", .serialized, .enabled(if: layout != nil, "needs root and cgroup v1 or hybrid"))
struct CgroupTests {
    private func withGroup(_ body: (any JobCgroup, CgroupLayout) throws -> Void) throws {
        guard let layout else { return }
        let group = CgroupPlace(layout: layout, group: "/gcx-unit-test-\(getpid())").cgroup
        try group.create(CgroupLimits(cores: 1, memoryBytes: 32 << 20, pids: 16))
        defer {
            try? group.killAll()
            try? group.remove()
        }
        try body(group, layout)
    }

    /// A process in the child group, as a runtime would put it there.
    private func runInside(_ layout: CgroupLayout, _ group: any JobCgroup, _ script: String) throws -> Child {
        guard case .legacy(let controllers, _) = layout else {
            throw LinuxError.malformed(object: "layout", reason: "it is not v1")
        }
        let tasks = Set(controllers.values).sorted().map { "\($0)\(group.runtimePath)" }
        for path in tasks { try Files.makeDirectory(path, mode: 0o755) }
        if let cpuset = controllers["cpuset"] {
            for file in ["cpuset.cpus", "cpuset.mems"] {
                try Files.control(
                    "\(cpuset)\(group.runtimePath)/\(file)", Files.lineIfPresent("\(cpuset)/\(file)") ?? "0")
            }
        }
        let joins = tasks.map { "echo $$ > '\($0)/cgroup.procs'; " }.joined()
        return try ChildProcess("/bin/sh", ["-c", joins + script]).startDetached()
    }

    @Test("it counts, freezes, thaws, kills and goes away")
    func life() throws {
        try withGroup { group, layout in
            #expect(try group.sample().cpuNanoseconds == 0)
            let child = try runInside(layout, group, "while :; do :; done")
            var busy: UInt64 = 0
            for _ in 0..<200 where busy < 20_000_000 {
                pause(for: .milliseconds(10))
                busy = try group.sample().cpuNanoseconds
            }
            #expect(busy >= 20_000_000)
            #expect(try group.processes() == [child.pid])
            try group.freeze()
            let still = try group.sample()
            pause(for: .milliseconds(50))
            #expect(try group.sample().cpuNanoseconds == still.cpuNanoseconds)
            #expect(still.pids == 1 && still.memoryCurrentBytes != nil && still.oomKills == 0)
            try group.thaw()
            try group.killAll()
            #expect(try group.waitUntilEmpty(timeout: .seconds(5)))
            #expect(child.wait() == .signalled(SIGKILL))
            let last = try group.sample()
            #expect(last.cpuNanoseconds >= still.cpuNanoseconds && last.cgroupInode == still.cgroupInode)
            try group.remove()
            #expect(!group.exists)
            try group.remove()
        }
    }

    @Test("a frozen job can be killed")
    func killFrozen() throws {
        try withGroup { group, layout in
            let child = try runInside(layout, group, "sleep 60")
            for _ in 0..<200 where try group.processes().isEmpty { pause(for: .milliseconds(5)) }
            try group.freeze()
            try group.killAll()
            #expect(try group.waitUntilEmpty(timeout: .seconds(5)))
            #expect(child.wait() == .signalled(SIGKILL))
        }
    }

    @Test("the reading of a removed child stays in its parent")
    func keepsReadings() throws {
        try withGroup { group, layout in
            guard case .legacy(let controllers, _) = layout else { return }
            let child = try runInside(layout, group, "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done")
            child.wait()
            let before = try group.sample()
            for root in Set(controllers.values) { try CgroupTree.remove(root + group.runtimePath) }
            let after = try group.sample()
            #expect(after.cpuNanoseconds >= before.cpuNanoseconds && before.cpuNanoseconds > 1_000_000)
            #expect(after.oomKills == nil)
        }
    }
}
