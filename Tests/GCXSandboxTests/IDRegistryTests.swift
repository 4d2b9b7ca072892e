import GCXLinux
import Testing

@testable import GCXSandbox

@Suite("Who has which ids")
struct IDRegistryTests {
    @Test("two agents never have the same range, and what a crash left is free again")
    func ranges() throws {
        let root = try ChildProcess("mktemp", ["-d", "/tmp/gcx-ids-XXXXXX"]).run().split(separator: "\n").joined()
        defer { try? Files.removeTree(root) }
        let registry = IDRegistry(root: "\(root)/ids")
        let jobs = ["one/jobs/a", "two/jobs/a", "two/jobs/b"].map { JobDirectory(path: "\(root)/\($0)") }
        for job in jobs { try Files.makeDirectories(job.path, mode: 0o700) }
        let bases = try jobs.map { try registry.take(for: $0, besides: []).base }
        #expect(Set(bases).count == 3 && bases.min() == SandboxLimits.firstHostID)
        #expect(try registry.take(for: jobs[1], besides: []).base == bases[1])
        #expect(
            try registry.take(for: JobDirectory(path: root), besides: [bases[2] + IDMap.size]).base > bases[2]
                + IDMap.size)
        // Another's range cannot be given back; one's own is free at once, as is that of a job without a directory.
        try registry.give(back: IDMap(base: bases[0]), of: jobs[1])
        #expect(try registry.take(for: jobs[2], besides: []).base == bases[2])
        try registry.give(back: IDMap(base: bases[0]), of: jobs[0])
        try Files.removeTree(jobs[1].path)
        let late = JobDirectory(path: "\(root)/three")
        try Files.makeDirectories(late.path, mode: 0o700)
        #expect(try registry.take(for: late, besides: [bases[0]]).base == bases[1])
    }
}
