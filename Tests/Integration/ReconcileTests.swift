import GCXAgent
import GCXLinux
import GCXModel
import GCXSandbox
import Testing

extension WholeLeases {
    @Suite("Machine and store, compared")
    struct ReconcileTests {
        @Test("a job without a lease is ended, files of no lease go, and so does history that nobody keeps")
        func strays() throws {
            let site = try Site(["job.output_keep_seconds": "0", "job.history_seconds": "0"])
            try site.open()
            let lease = try site.lease()
            #expect(try site.outcome(site.running("echo begun", on: lease)).status == .exited(0))
            try site.wait("the wipe", seconds: 30) { try site.report(lease).isWiped }
            site.stop(.agent)

            // What should not be there: a job that runs, what a crash left of a start, and an upload.
            let stray = try startStray(site)
            try Files.makeDirectories(site.path("agent/jobs/half-begun"), mode: 0o700)
            try Files.makeDirectories(site.path("agent/uploads/nobodys"), mode: 0o700)
            let place = try stray.readPlan().place
            #expect(try !place.cgroup.processes().isEmpty)

            try site.start(.agent)
            try site.wait("the strays' end", seconds: 30) {
                try Files.names(in: site.path("agent/jobs")).allSatisfy { $0.hasPrefix(".") }
                    && Files.names(in: site.path("agent/uploads")).isEmpty
            }
            #expect(!place.cgroup.exists)
            #expect(try site.traces().isEmpty)
            #expect(try Files.text(site.path("agent.log")).contains("a job without a lease was ended"))
            // The lease's log and events went as its owner wants it; what it cost stays on record.
            try site.wait("the end of the history", seconds: 30) { try site.report(lease).events.isEmpty }
            #expect(try site.gcx("job", "logs", lease) == "")
            #expect(try !site.receipts(lease).isEmpty)
        }

        private func startStray(_ site: Site) throws -> JobDirectory {
            let supervisor =
                "/" + Gcx.program.split(separator: "/").dropLast().joined(separator: "/") + "/gcx-supervisor"
            let driver = try OCIRuntimeDriver(state: site.path("agent"), supervisorPath: supervisor)
            return try driver.start(
                JobSpec(
                    id: "stray", image: .rootfs(path: site.path("rootfs")), command: ["/bin/sleep", "600"],
                    resources: JobResources(cores: 1, memoryBytes: 64 << 20, writableBytes: 32 << 20),
                    wallSecondsMax: 600))
        }
    }
}
