import GCXLinux
import GCXModel
import GCXSandbox

extension DriverConformance {
    static let life: [DriverScenario] = [
        DriverScenario("a job runs from its start to its end, and both are in its directory") { bench in
            let job = try bench.start(.exits(3))
            try bench.expect(job.readPlan().spec.id, is: job.id)
            let exit = try bench.end(of: job)
            try bench.expect(exit.reason, is: .exited(code: 3))
            try bench.expect(try bench.driver.recover(job), is: .ended(exit))
            try bench.expect(try job.readExit(), is: exit)
            let (started, ended) = (exit.startedBootNanoseconds ?? .max, exit.endedBootNanoseconds)
            try bench.expect(started <= ended, "it ended at \(ended), before it began at \(started)")
            try bench.wipe(job)
        },
        DriverScenario("one that runs says so, and since when") { bench in
            let job = try bench.start(.waits)
            guard case .running(let running) = try bench.driver.recover(job) else {
                throw ConformanceFailure("it does not run")
            }
            try bench.expect(running.plan.spec.id, is: job.id)
            try bench.expect(running.supervisor?.startedBootNanoseconds != nil, "nobody says since when")
            try bench.expect(try bench.driver.hasProcesses(job), "it has no processes")
            try bench.expect(try bench.driver.wait(job, timeout: .milliseconds(50)).isRunning, "it ended")
            try bench.stop(job, .cancelled(by: .owner), grace: 0)
            _ = try bench.end(of: job)
            try bench.expect(try !bench.driver.hasProcesses(job), "it has processes after its end")
            try bench.wipe(job)
        },
        DriverScenario("a signal and a want of memory are told from each other") { bench in
            let first = try bench.start(.dies)
            guard case .signalled = try bench.end(of: first).reason else {
                throw ConformanceFailure("no signal ended it")
            }
            let second = try bench.start(.eatsMemory)
            let exit = try bench.end(of: second)
            try bench.expect(exit.reason, is: .outOfMemory)
            try bench.expect((exit.oomKills ?? 0) > 0, "nobody counted what the kernel ended")
            for job in [first, second] { try bench.wipe(job) }
        },
        DriverScenario("it is ended when its time is over") { bench in
            let job = try bench.start(.waits) { $0.wallSecondsMax = 1 }
            try bench.expect(try bench.end(of: job).reason, is: .timeLimit)
            try bench.wipe(job)
        },
        DriverScenario("what it leaves is packed, and its digest is in the end") { bench in
            let job = try bench.start(.leavesOutput)
            let exit = try bench.end(of: job)
            let found = try SHA256Hex.ofFile(job.output)
            try bench.expect(exit.outputDigest, is: found.hex)
            try bench.expect(exit.outputBytes, is: found.bytes)
            let without = try bench.start(.exits(0))
            try bench.expect(try bench.end(of: without).outputDigest, is: nil)
            try bench.expect(!Files.exists(without.output), "there is an output of a job that left none")
            for job in [job, without] { try bench.wipe(job) }
        },
        DriverScenario("a start that fails leaves nothing, and its name is free") { bench in
            let spec = try bench.spec(.cannotStart)
            try bench.refuses("a start that cannot be") { () throws(SandboxError) in _ = try bench.driver.start(spec) }
            try bench.expect(try bench.driver.jobs(), is: [])
            try bench.expect(try bench.driver.hasProcesses(JobDirectory(jobs: "/nowhere", id: spec.id)), is: false)
            let job = try bench.start(.exits(0)) { $0.id = spec.id }
            try bench.expect(try bench.end(of: job).reason, is: .exited(code: 0))
            try bench.wipe(job)
        },
        DriverScenario("one that is given up before it begins does not begin") { bench in
            let (spec, stop) = (try bench.spec(.waits), StopFlag())
            stop.raise()
            do throws(SandboxError) { _ = try bench.driver.start(spec, stop: stop) } catch {
                return try bench.expect(try bench.driver.jobs(), is: [])
            }
            // With nothing to prepare there was nothing to give up.
            let job = try bench.driver.jobs()[0]
            try bench.stop(job, .cancelled(by: .agent), grace: 0)
            _ = try bench.end(of: job)
            try bench.wipe(job)
        },
        DriverScenario("a specification that cannot be run is refused by its field") { bench in
            var spec = try bench.spec(.waits)
            spec.wallSecondsMax = 0
            try bench.refuses("a job of 0 seconds", { () throws(SandboxError) in _ = try bench.driver.start(spec) }) {
                if case .invalidSpec("wallSecondsMax", _) = $0 { true } else { false }
            }
        },
        DriverScenario("a name has one job at a time, and the one that is there goes on") { bench in
            let job = try bench.start(.waits)
            try bench.refuses(
                "a second job of the name",
                { () throws(SandboxError) in
                    var spec = try job.readPlan().spec
                    spec.command = ["/bin/true"]
                    _ = try bench.driver.start(spec)
                },
                { $0 == .jobExists(id: job.id) })
            try bench.expectRunning(job)
            try bench.stop(job, .cancelled(by: .owner), grace: 0)
            _ = try bench.end(of: job)
            try bench.wipe(job)
        },
    ]
}

extension JobState {
    var isRunning: Bool { if case .running = self { true } else { false } }
}
