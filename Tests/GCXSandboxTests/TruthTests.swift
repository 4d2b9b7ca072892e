import GCXModel
import Glibc
import Support
import Testing

@testable import GCXLinux
@testable import GCXSandbox

extension RealJobs {
    /// What runs is what the kernel says, whatever became of the files about it.
    @Suite("The control group is the truth")
    struct Truth {
        private func running(_ sandbox: Sandbox, _ script: String = "echo up; sleep 100") throws -> RunningJob {
            let job = try sandbox.driver.start(sandbox.spec(script))
            try sandbox.waitForOutput(of: job)
            guard case .running(let running) = try sandbox.driver.recover(job) else {
                throw SandboxError.noJob(path: job.path)
            }
            return running
        }

        @Test("a job whose directory is deleted below it keeps its ids, is ended by the wipe, and the wipe says so")
        func deletedDirectory() throws {
            let before = try Traces.now()
            let sandbox = try Sandbox()
            let running = try running(sandbox)
            let (job, ids) = (running.directory, running.plan.ids)
            try Files.removeTree(job.path)
            #expect(try !running.plan.place.cgroup.processes().isEmpty)
            // Whoever starts now gets other ids, by the processes and by the group.
            let next = try self.running(sandbox)
            #expect(next.plan.ids != ids)
            let report = try sandbox.driver.wipe(job)
            #expect(report.ended >= 2, "\(report)")
            #expect(report.description.contains("ended \(report.ended) processes that still ran"))
            #expect(report.absent.count == 3, "\(report)")
            #expect(!running.plan.place.cgroup.exists)
            #expect(ProcessTable.startTicks(of: running.supervisor?.pid ?? 0) != running.supervisor?.startTicks)
            #expect(!IDRegistry().ranges(of: job).contains(ids))
            try sandbox.driver.force(next.directory)
            _ = try sandbox.driver.recover(next.directory)
            try sandbox.driver.wipe(next.directory)
            #expect(try Traces.settle(to: before))
        }

        @Test("so are one whose plan is deleted, and one whose lock and record are")
        func deletedFiles() throws {
            let before = try Traces.now()
            let sandbox = try Sandbox()
            for names in [["plan.json"], ["supervisor.lock", "supervisor.json"], ["plan.json", "supervisor.lock"]] {
                let running = try running(sandbox)
                for name in names { try Files.remove("\(running.directory.path)/\(name)") }
                if names.contains("plan.json") {
                    #expect(try sandbox.driver.wipe(running.directory).ended >= 2)
                } else {
                    guard case .ended = try sandbox.driver.recover(running.directory) else {
                        Issue.record("not ended")
                        return
                    }
                    try sandbox.driver.wipe(running.directory)
                }
                #expect(!running.plan.place.cgroup.exists && !Files.exists(running.directory.path))
            }
            #expect(try Traces.settle(to: before))
        }

        @Test("a supervisor that is stopped is ended with its job")
        func stoppedSupervisor() throws {
            let before = try Traces.now()
            let sandbox = try Sandbox()
            let running = try running(sandbox)
            let pid = running.supervisor?.pid ?? 0
            kill(pid, SIGSTOP)
            try sandbox.driver.stop(
                running.directory, StopRequest(reason: .timeLimit, graceMilliseconds: 0))
            guard case .running = try sandbox.driver.wait(running.directory, timeout: .milliseconds(300)) else {
                Issue.record("a stopped supervisor ended its job")
                return
            }
            #expect(try sandbox.driver.hasProcesses(running.directory))
            try sandbox.driver.force(running.directory)
            #expect(try !sandbox.driver.hasProcesses(running.directory))
            guard case .ended(let exit) = try sandbox.driver.recover(running.directory) else {
                Issue.record("not ended")
                return
            }
            #expect(exit.reason == .hostFailure(description: "the supervisor of the job died"))
            try sandbox.driver.wipe(running.directory)
            #expect(try Traces.settle(to: before))
        }

        @Test("a job is not taken for what is left of one before, whose namespace had the same number")
        func sameNamespace() throws {
            let sandbox = try Sandbox()
            let running = try running(sandbox)
            let supervisor = try #require(running.supervisor)
            // The number is given again; here it is written into the record of a job that is to be wiped.
            for hasEnded in [true, false] {
                let before = try sandbox.run("true").job
                var record = try #require(try JSONFile.read(SupervisorRecord.self, from: before.supervisor))
                record.mountNamespace = supervisor.mountNamespace
                try JSONFile.writeVolatile(record, to: before.supervisor)
                if !hasEnded { try Files.remove(before.exit) }
                try sandbox.driver.wipe(before)
                guard case .running = try sandbox.driver.recover(running.directory) else {
                    Issue.record("the wipe of one job ended another's supervisor")
                    return
                }
            }
            #expect(try sandbox.driver.hasProcesses(running.directory))
        }

        @Test("a range of which a process has an id is nobody's to take, though no file says so")
        func livingIDs() throws {
            let root = try ChildProcess("mktemp", ["-d", "/tmp/gcx-ids-XXXXXX"]).run().split(separator: "\n").joined()
            defer { try? Files.removeTree(root) }
            let registry = IDRegistry(root: "\(root)/ids")
            let job = JobDirectory(path: "\(root)/job")
            let first = try registry.take(for: job, besides: [])
            try registry.give(back: first, of: job)
            let id = first.base + 1000
            let pid = try ChildProcess(
                "setpriv", ["--reuid=\(id)", "--regid=\(id)", "--clear-groups", "sleep", "60"]
            ).spawnDetached()
            defer {
                kill(pid, SIGKILL)
                _ = ChildProcess.wait(pid)
            }
            for _ in 0..<200 where try !ProcessTable.owners().contains(id) { GCXLinux.pause(for: .milliseconds(5)) }
            #expect(try registry.take(for: job, besides: []) != first)
        }

        @Test("its user namespace is owned by an id of the job, to whom the kernel counts", arguments: Machine.runtimes)
        func namespaceOwner(_ kind: RuntimeChoice.Kind) throws {
            let sandbox = try Sandbox(kind)
            let running = try running(
                sandbox, "ulimit -n; ulimit -Hn; cat /proc/self/limits /proc/sys/user/max_user_namespaces; sleep 100")
            let path = "/proc/\(running.supervisor?.initPID ?? 0)/ns/user"
            // NS_GET_OWNER_UID, see ioctl_nsfs(2).
            let owner = try ChildProcess(
                "perl",
                ["-e", "open(F,'<','\(path)')||die; $u=pack('L',0); ioctl(F,0xb704,$u)||die $!; print unpack('L',$u)"]
            ).run()
            #expect(owner == "\(running.plan.ids.base)")
            let log = Ended(job: running.directory, exit: .init(running), sandbox: sandbox)
            // What it says comes in pieces.
            for _ in 0..<200 where !log.text().hasSuffix("\n0\n") { GCXLinux.pause(for: .milliseconds(25)) }
            let said = log.text()
            // The Go of runc raises what it inherits.
            let soft = running.plan.inheritsLimits == true ? running.plan.openFilesMax : 1024
            #expect(said.hasPrefix("\(soft)\n\(running.plan.openFilesMax)\n") && said.hasSuffix("\n0\n"), "\(said)")
            #expect(
                said.contains("Max pending signals       \(min(16_384, try ResourceLimits.most(.pendingSignals))) "))
        }
    }

    /// What a job makes its helpers do.
    @Suite("The helpers of a job")
    struct Helpers {
        @Test("a job that only writes its log pays for its supervisor, within its quota, and does not take the disk")
        func floodOfLog() throws {
            let sandbox = try Sandbox()
            let spec = sandbox.spec("while :; do cat /tmp/x /tmp/x /tmp/x /tmp/x; done") {
                $0.command[2] = "head -c 1000000 /dev/zero >/tmp/x; \($0.command[2])"
                $0.logBytesMax = 8 << 20
            }
            let job = try sandbox.driver.start(spec)
            guard case .running(let running) = try sandbox.driver.recover(job), let record = running.supervisor else {
                Issue.record("not running")
                return
            }
            // What the job may write at once goes first.
            GCXLinux.pause(for: .seconds(2))
            let (first, began, at) = (try sandbox.driver.sample(job), ticks(record.pid), BootClock.now())
            GCXLinux.pause(for: .seconds(3))
            let (second, ended, now) = (try sandbox.driver.sample(job), ticks(record.pid), BootClock.now())
            #expect(try running.plan.place.cgroup.helpers() == [record.pid])
            #expect(try !running.plan.place.cgroup.processes().contains(record.pid))
            let wall = now - at
            let billed = second.cpuNanoseconds - first.cpuNanoseconds
            let supervisors = (ended - began) * 10_000_000
            #expect(billed >= supervisors, "billed \(billed), the supervisor alone took \(supervisors)")
            #expect(billed <= wall + 200_000_000)
            try sandbox.driver.stop(job, StopRequest(reason: .cancelled(by: .buyer), graceMilliseconds: 0))
            let exit = try sandbox.end(of: job).exit
            let seconds = (exit.endedBootNanoseconds - (exit.startedBootNanoseconds ?? 0)) / 1_000_000_000 + 1
            let most = SandboxLimits.logBurstBytes + (seconds + 1) * SandboxLimits.logBytesPerSecond
            #expect(exit.logBytes <= most, "\(exit.logBytes) bytes in \(seconds) s")
            print(
                "log flood: supervisor \(supervisors / 1_000_000) ms of \(wall / 1_000_000) ms, billed \(billed / 1_000_000) ms, \(exit.logBytes >> 20) MiB in \(seconds) s"
            )
        }

        /// Processor time of a process in ticks of 10 ms.
        private func ticks(_ pid: pid_t) -> UInt64 {
            let fields = (Files.lineIfPresent("/proc/\(pid)/stat") ?? "").split(separator: " ")
            return fields.count > 14 ? (UInt64(fields[13]) ?? 0) + (UInt64(fields[14]) ?? 0) : 0
        }

        @Test("a paused job does not stop its supervisor, and a job out of memory does not end it")
        func apart() throws {
            let sandbox = try Sandbox()
            let job = try sandbox.driver.start(sandbox.spec("echo up; sleep 100"))
            try sandbox.waitForOutput(of: job)
            try sandbox.driver.pause(job)
            try sandbox.driver.stop(job, StopRequest(reason: .budget, graceMilliseconds: 0))
            #expect(try sandbox.end(of: job).exit.reason == .budget)
            let eater = try sandbox.run("dd if=/dev/zero of=/dev/null bs=300M count=1")
            #expect(eater.exit.reason == .outOfMemory)
        }

        @Test("output is taken at a pace, and what was not used of it does not grow without end")
        func pace() {
            var pace = LogPace(bytesPerSecond: 1000, burst: 500, now: 0)
            var answers = [pace.mayTake(at: 0)]
            pace.take(700)
            for time in [0, 200_000_000, 201_000_000] as [UInt64] { answers.append(pace.mayTake(at: time)) }
            #expect(answers == [true, false, false, true] && pace.room == 1)
            answers.append(pace.mayTake(at: .max))
            #expect(answers.last == true && pace.room == 500)
            pace.take(-1)
            #expect(pace.room == 500)
        }
    }
}

extension JobExit {
    /// Of a job that runs: only so that its log can be read.
    fileprivate init(_ running: RunningJob) {
        self.init(
            reason: .timeLimit, statusCode: nil, bootID: running.plan.bootID, endedBootNanoseconds: 0,
            endedWallNanoseconds: 0, logBytes: 0, logDigest: .zero, logDroppedBytes: 0)
    }
}
