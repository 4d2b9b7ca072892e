import GCXLinux
import GCXModel
import GCXSandbox
import GCXWire
import Glibc
import Testing

extension WaitingLeases {
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
            let agent = try #require(UserAccount.named("daemon"))
            chown(site.path("agent/uploads/nobodys"), agent.user, agent.group)
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

        /// The only job of a site that runs, and its lease.
        private func begin(_ site: Site) throws -> (lease: String, buyer: pid_t, job: JobDirectory, plan: JobPlan) {
            try site.open()
            let lease = try site.lease()
            let buyer = try site.begin("echo begun; sleep 600", on: lease)
            try site.wait("the job", seconds: 30) { try site.inspect(lease).phase == .running }
            let names = try Files.names(in: site.path("agent/jobs")).filter { !$0.hasPrefix(".") }
            let job = JobDirectory(jobs: site.path("agent/jobs"), id: try #require(names.first))
            return (lease, buyer, job, try job.readPlan())
        }

        @Test(
            "a job whose directory is deleted while it runs is ended before its cores are sold again, and that is said")
        func deletedDirectory() throws {
            let site = try Site()
            let (lease, buyer, job, plan) = try begin(site)
            try Files.removeTree(job.path)
            try site.wait("the job's end", seconds: 30) { try site.inspect(lease).exit != nil }
            #expect(try plan.place.cgroup.processes().isEmpty && !plan.place.cgroup.exists)
            let events = try site.report(lease).events
            #expect(events.contains { $0.text.contains("processes that still ran") }, "\(events)")
            site.abandon(buyer)
            #expect(try site.traces().isEmpty)
        }

        @Test("a job whose supervisor is stopped ends with its lease all the same")
        func stoppedSupervisor() throws {
            let site = try Site(["job.stop_grace_seconds": "1"])
            let (lease, buyer, _, plan) = try begin(site)
            let supervisor = try site.jobIdentity(lease).first?.split(separator: " ").first.flatMap { pid_t($0) }
            kill(try #require(supervisor), SIGSTOP)
            try site.gcx("job", "cancel", lease)
            try site.wait("the job's end", seconds: 60) { try site.inspect(lease).exit != nil }
            #expect(try plan.place.cgroup.processes().isEmpty)
            let events = try site.report(lease).events
            #expect(events.contains { $0.text.contains("did not end the job in time") }, "\(events)")
            site.abandon(buyer)
            #expect(try site.traces().isEmpty)
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
