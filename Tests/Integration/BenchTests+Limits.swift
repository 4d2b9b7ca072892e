import Foundation
import GCXLinux
import Testing

// Limits on what a run may use, and what its disk is.
extension BenchTests {
    @Test(
        "at the limit on open files the figures are there, or the limit is named; no figure goes astray",
        arguments: [8, 12, 14, 16, 20, 24, 32])
    func openFiles(limit: Int) throws {
        let outcome = try ChildProcess(
            "/bin/sh",
            ["-c", "ulimit -n \(limit); exec \(Gcx.program) bench run --duration 1 --only cpu.clock.all"],
            timeout: .seconds(30)
        ).outcome()
        let complaint = String(decoding: outcome.error, as: UTF8.self)
        if outcome.status == .exited(0) { return #expect(outcome.text.contains("clock, all cores busy")) }
        #expect(outcome.status == .exited(78), "\(complaint)")
        #expect(complaint.contains("Too many open files") && complaint.contains("ulimit -n"), "\(complaint)")
        #expect(!outcome.text.contains("\"axes\"") && !complaint.contains("try again"), "\(outcome.text)")
    }

    @Test("the limit on the size of a file costs the disk's figures, and is named")
    func fileSize() throws {
        try Self.inFolder { folder in
            let outcome = try ChildProcess(
                "/bin/sh",
                [
                    "-c",
                    "ulimit -f 2000; exec \(Gcx.program) bench run --duration 2 --path \(folder) "
                        + "--only cpu.clock.all,storage.write.sequential",
                ], timeout: .seconds(30)
            ).outcome()
            let text = outcome.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(outcome.status == .exited(0), "\(outcome.errorLine)")
            #expect(text.contains("the limit on the size of a file (`ulimit -f`, `LimitFSIZE=`)"), "\(text)")
            #expect(text.contains("clock, all cores busy"))
        }
    }

    @Test(
        "with more threads than the quota is worth no figure is a fact, whether or not it was stopped meanwhile",
        .enabled(if: getuid() == 0 && sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1, "needs root and two processors"))
    func beyondQuota() throws {
        let group = try #require(Self.quotaGroup(microseconds: 150_000), "no processor controller is to be had")
        defer { rmdir(group) }
        func report(_ threads: String) throws -> String {
            try Self.report(
                "sh",
                [
                    "-c",
                    "echo $$ > \(group)/cgroup.procs; exec \(Gcx.program) bench --only cpu.fp64.all --duration 1 \(threads)",
                ])
        }
        for _ in 0..<3 {
            let text = try report("--threads 2")
            #expect(text.contains("no fact: ") && text.contains("worth fewer processors than the figure has threads"))
        }
        #expect(try report("").contains("1 of \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) processors, quota 1.50"))
    }

    /// Mounts in a namespace of its own, then the disk figures of `top` there; run in an empty folder.
    private static func disk(after mounts: String) throws -> String {
        try inFolder { folder in
            let bench = "\(Gcx.program) bench --only storage. --duration 2 --bytes-max 16M --path top"
            let script = "set -e; \(mounts); exec \(bench)"
            return try report("unshare", ["--mount", "--propagation", "private", "sh", "-c", script], in: folder)
        }
    }

    @Test(
        "no directory whose data lies in memory has a disk's figures, however it is stacked",
        .enabled(if: getuid() == 0, "needs root, to mount"),
        arguments: [
            (
                "mkdir low mem top; mount -t tmpfs -o size=300m t mem; mkdir mem/u mem/w; "
                    + "mount -t overlay -o lowerdir=low,upperdir=mem/u,workdir=mem/w o top",
                "overlay on tmpfs"
            ),
            (
                "mkdir mem top; mount -t tmpfs -o size=300m t mem; truncate -s 200M mem/img; mkfs.ext4 -q mem/img; "
                    + "mount -o loop mem/img top",
                "ext4 on a loop file on tmpfs"
            ),
            ("mkdir top; mount -t tmpfs t top", "tmpfs"),
        ])
    func inMemory(mounts: String, layers: String) throws {
        guard Self.canMount(mounts) else { return }
        let text = try Self.disk(after: mounts)
        #expect(text.contains("disk: \(layers): the directory lies in memory"), "\(text)")
        #expect(text.contains("unsteady: 10 of 10 figures, which are no facts"), "\(text)")
    }

    /// Whether this kernel has what the mounts need: in a container it may have neither overlays nor loop devices.
    private static func canMount(_ mounts: String) -> Bool {
        let outcome = try? inFolder { folder in
            try ChildProcess(
                ChildProcess.find("unshare") ?? "", ["--mount", "--propagation", "private", "sh", "-ec", mounts],
                workingDirectory: folder
            ).outcome()
        }
        if outcome?.status != .exited(0) { print("not tried: this machine cannot make these mounts: \(mounts)") }
        return outcome?.status == .exited(0)
    }
}
