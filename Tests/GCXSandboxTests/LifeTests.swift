import GCXLinux
import GCXModel
import Glibc
import Testing

@testable import GCXSandbox

extension RealJobs {
    @Suite("The life of a job, and what is left of it")
    struct Life {
        @Test(
            "nothing is left after the wipe: processes, groups, mounts, loop devices, files",
            arguments: Machine.runtimes)
        func leavesNothing(_ kind: RuntimeChoice.Kind) throws {
            let before = try Traces.now()
            let sandbox = try Sandbox(kind)
            let first = try sandbox.run("sleep 100 & echo done")
            let second = try sandbox.run("dd if=/dev/zero of=/dev/null bs=200M count=1")
            let third = try sandbox.driver.start(sandbox.spec("sleep 100"))
            try sandbox.driver.stop(third, StopRequest(reason: .cancelled(by: .buyer), graceMilliseconds: 0))
            _ = try sandbox.end(of: third)
            for job in [first.job, second.job, third] {
                try sandbox.driver.release(job)
                try sandbox.driver.wipe(job)
                #expect(!Files.exists(job.path))
            }
            #expect(try Traces.now() == before)
        }

        @Test("a job that could not start leaves nothing")
        func failedStart() throws {
            let before = try Traces.now()
            let sandbox = try Sandbox()
            let spec = sandbox.spec("true") { $0.inputDirectory = "\(sandbox.root)/missing" }
            #expect(throws: SandboxError.self) { try sandbox.driver.start(spec) }
            #expect(try sandbox.driver.jobs().isEmpty)
            #expect(try Traces.now() == before)
        }

        @Test(
            "the meter agrees with the job's own times within 1 %, and is readable after the end",
            arguments: Machine.runtimes)
        func meter(_ kind: RuntimeChoice.Kind) throws {
            let sandbox = try Sandbox(kind)
            let ended = try sandbox.run(
                "i=0; while [ $i -lt 1500000 ]; do i=$((i+1)); done; cat /proc/self/stat /proc/1/schedstat")
            let sample = try sandbox.driver.sample(ended.job)
            // The last line is the first process's own time on a CPU in nanoseconds, as the scheduler counts it.
            let own = Double(ended.text().split(separator: "\n").last?.split(separator: " ").first ?? "") ?? 0
            let ratio = Double(sample.cpuNanoseconds) / own
            #expect(own > 400_000_000)
            #expect((0.99...1.01).contains(ratio), "metered \(sample.cpuNanoseconds), own \(own)")
            #expect((sample.memoryPeakBytes ?? 0) > 100_000)
            #expect(sample.pids == 0 && (sample.storageBytes ?? 0) > 0 && sample.oomKills == 0)
            try sandbox.driver.release(ended.job)
            #expect(throws: SandboxError.self) { try sandbox.driver.sample(ended.job) }
        }

        @Test("a job is held to its cores")
        func quota() throws {
            let sandbox = try Sandbox()
            let script = "for i in 1 2 3; do while :; do :; done & done; sleep 2; kill -9 $!; exit 0"
            let ended = try sandbox.run(script)
            let sample = try sandbox.driver.sample(ended.job)
            let wall = ended.exit.endedBootNanoseconds - (ended.exit.startedBootNanoseconds ?? 0)
            // The quota is per period of 100 ms, so one period more may be used at the end.
            #expect(sample.cpuNanoseconds <= wall + 200_000_000)
            // On a machine busy with other things three loops may not even reach the quota.
            if sample.cpuNanoseconds > wall / 10 * 9 { #expect((sample.throttledNanoseconds ?? 0) > 0) }
        }

        @Test("two jobs at once have ids of their own")
        func twoJobs() throws {
            let sandbox = try Sandbox()
            let jobs = [
                try sandbox.driver.start(sandbox.spec("sleep 30")), try sandbox.driver.start(sandbox.spec("sleep 30")),
            ]
            #expect(Set(try jobs.map { try $0.readPlan().ids.base }).count == 2)
        }

        @Test("the supervisor and its job outlive the agent", arguments: Machine.runtimes)
        func outlives(_ kind: RuntimeChoice.Kind) throws {
            let sandbox = try Sandbox(kind)
            let job = try sandbox.driver.start(sandbox.spec("echo up; sleep 0.5; echo still; exit 3"))
            // Its session, process group and parent are not ours: a signal to this process's group cannot reach it.
            guard case .running(let running) = try sandbox.driver.recover(job) else {
                Issue.record("not running")
                return
            }
            let pid = running.supervisor?.pid ?? 0
            #expect(getsid(pid) == pid && getpgid(pid) == pid)
            if running.plan.place.layout.isUnified {
                #expect(try Files.text("/proc/\(pid)/cgroup").hasSuffix("/supervisors\n"))
            }
            // A second driver knows nothing but the directory, as an agent does after its restart.
            let restarted = try OCIRuntimeDriver(
                state: "\(sandbox.root)/state", supervisorPath: Machine.supervisor, preferred: kind)
            #expect(try restarted.jobs() == [job])
            guard case .ended(let exit) = try restarted.wait(job, timeout: .seconds(20)) else {
                Issue.record("still running")
                return
            }
            #expect(exit.reason == .exited(code: 3))
            #expect(Ended(job: job, exit: exit, sandbox: sandbox).text() == "up\nstill\n")
        }

        @Test("a killed supervisor is a host failure, and recovery cleans up once", arguments: Machine.runtimes)
        func killedSupervisor(_ kind: RuntimeChoice.Kind) throws {
            let before = try Traces.now()
            let sandbox = try Sandbox(kind)
            let job = try sandbox.driver.start(sandbox.spec("echo up; sleep 100"))
            try sandbox.waitForOutput(of: job)
            guard case .running(let running) = try sandbox.driver.recover(job), let record = running.supervisor else {
                Issue.record("not running")
                return
            }
            kill(record.pid, SIGKILL)
            guard case .ended(let exit) = try sandbox.driver.wait(job, timeout: .seconds(20)) else {
                Issue.record("still running")
                return
            }
            #expect(exit.reason == .hostFailure(description: "the supervisor of the job died"))
            #expect(try sandbox.driver.recover(job) == .ended(exit))
            #expect(try job.readPlan().place.cgroup.processes().isEmpty)
            #expect(!Files.exists(job.scratch))
            #expect(try sandbox.driver.sample(job).cpuNanoseconds > 0)
            #expect(Ended(job: job, exit: exit, sandbox: sandbox).text() == "up\n")
            try sandbox.driver.wipe(job)
            #expect(try Traces.settle(to: before))
        }

        @Test("a request is obeyed although its signal was lost")
        func lostSignal() throws {
            let sandbox = try Sandbox()
            let job = try sandbox.driver.start(sandbox.spec("sleep 100"))
            try JSONFile.write(StopRequest(reason: .budget, graceMilliseconds: 0), to: job.stop)
            #expect(try sandbox.end(of: job).exit.reason == .budget)
        }

        @Test("a plan of another boot is a host failure that says so")
        func otherBoot() throws {
            let sandbox = try Sandbox()
            let ended = try sandbox.run("true")
            var plan = try ended.job.readPlan()
            plan.bootID = "another boot"
            try JSONFile.write(plan, to: ended.job.plan)
            try Files.remove(ended.job.exit)
            guard case .ended(let exit) = try sandbox.driver.recover(ended.job) else {
                Issue.record("still running")
                return
            }
            #expect(exit.reason == .hostFailure(description: "the machine was restarted while the job ran"))
        }

        @Test("what a crash left of a start does not stand in the way of the next one")
        func halfStarted() throws {
            let sandbox = try Sandbox()
            let spec = sandbox.spec("echo ran")
            let left = JobDirectory(jobs: sandbox.driver.jobsPath, id: spec.id)
            try Files.makeDirectories(left.path, mode: 0o700)
            #expect(try sandbox.run(spec).text() == "ran\n")
        }

        @Test("a directory without a plan and one with a broken plan are wiped")
        func wipeRemains() throws {
            let sandbox = try Sandbox()
            for (name, plan) in [("empty", nil), ("broken", "{\"spec\":")] {
                let job = JobDirectory(jobs: sandbox.driver.jobsPath, id: name)
                try Files.makeDirectories(job.path, mode: 0o700)
                if let plan { try DurableFile.write(plan.utf8, to: job.plan) }
                try sandbox.driver.wipe(job)
                #expect(!Files.exists(job.path))
            }
        }

        @Test("the same id twice is refused, and the first job goes on")
        func sameID() throws {
            let sandbox = try Sandbox()
            let spec = sandbox.spec("sleep 30")
            let job = try sandbox.driver.start(spec)
            #expect(throws: SandboxError.jobExists(id: spec.id)) { try sandbox.driver.start(spec) }
            guard case .running = try sandbox.driver.recover(job) else {
                Issue.record("not running")
                return
            }
        }
    }
}
