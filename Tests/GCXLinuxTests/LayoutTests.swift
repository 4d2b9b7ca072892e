import Glibc
import Testing

@testable import GCXLinux

/// A text of a machine that was seen, under Tests/Fixtures/Cgroup.
func fixture(_ name: String, file: String = #filePath) throws -> String {
    let tests = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
    return try Files.text("\(tests)/Fixtures/Cgroup/\(name)")
}

@Suite("How control groups are mounted")
struct LayoutTests {
    @Test("a systemd machine of today has one v2 tree")
    func unified() throws {
        #expect(try CgroupLayout.parse(mountInfo: fixture("unified.mountinfo")) == .unified(root: "/sys/fs/cgroup"))
    }

    @Test("a hybrid machine has a tree per controller, and the v2 tree besides")
    func hybrid() throws {
        guard
            case .legacy(let controllers, let unified) = try CgroupLayout.parse(mountInfo: fixture("hybrid.mountinfo"))
        else {
            Issue.record("not seen as hybrid")
            return
        }
        #expect(unified == "/sys/fs/cgroup/unified")
        #expect(controllers["memory"] == "/sys/fs/cgroup/memory")
        #expect(controllers["cpu"] == "/sys/fs/cgroup/cpu,cpuacct" && controllers["cpuacct"] == controllers["cpu"])
        #expect(controllers["name=systemd"] == "/sys/fs/cgroup/systemd")
    }

    @Test("a machine without a controller we need is told so by name")
    func missing() throws {
        let text = try fixture("hybrid.mountinfo").split(separator: "\n").filter { !$0.contains("pids") }
        let error = #expect(throws: LinuxError.self) { try CgroupLayout.parse(mountInfo: text.joined(separator: "\n")) }
        #expect(error?.description.contains("`pids`") == true)
    }

    @Test("escapes in a mount point are undone")
    func escapes() {
        let line = #"36 35 98:0 / /mnt/a\040b rw,noatime master:1 shared:2 - ext4 /dev/root rw,errors=continue"#
        #expect(MountTable.parse(line).first?.point == "/mnt/a b")
        #expect(MountTable.parse("not a line\n\n36 35").isEmpty)
    }
}

@Suite("The kernel's tables")
struct TableTests {
    @Test("cpu.stat, memory.events and io.stat of v2")
    func unified() throws {
        let cpu = try fixture("cpu.stat")
        #expect(CgroupText.value("usage_usec", in: cpu) == 4_802_113)
        #expect(CgroupText.value("throttled_usec", in: cpu) == 1_500_250)
        #expect(CgroupText.value("usage", in: cpu) == nil)
        #expect(CgroupText.value("oom_kill", in: try fixture("memory.events")) == 3)
        let io = try fixture("io.stat")
        #expect(CgroupText.sum("rbytes", inIOStat: io) == 1_052_672 + 4096)
        #expect(CgroupText.sum("wbytes", inIOStat: io) == 8_388_608)
        #expect(CgroupText.sum("rbytes", inIOStat: "") == nil)
    }

    @Test("oom_control and service bytes of v1")
    func legacy() throws {
        #expect(CgroupText.value("oom_kill", in: try fixture("memory.oom_control")) == 2)
        let io = try fixture("blkio.throttle.io_service_bytes")
        #expect(CgroupText.sum("Read", inServiceBytes: io) == 12_288)
        #expect(CgroupText.sum("Write", inServiceBytes: io) == 4096)
    }
}
