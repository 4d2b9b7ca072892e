import GCXLinux
import GCXModel
import GCXSandbox

extension DriverConformance {
    static let life: [DriverScenario] = [
        DriverScenario("a job runs from its start to its end, and both are in its directory") { bench in
            let job = try bench.start(.exits(3))
            try bench.expect(bench.directory(job).readPlan().spec.id, is: job.text)
            let exit = try bench.end(of: job)
            try bench.expect(exit.reason, is: .exited(code: 3))
            try bench.expect(try bench.driver.recover(job), is: .ended(exit))
            try bench.expect(try bench.directory(job).readExit(), is: exit)
            let (started, ended) = (exit.startedBootNanoseconds ?? .max, exit.endedBootNanoseconds)
            try bench.expect(started <= ended, "it ended at \(ended), before it began at \(started)")
            try bench.wipe(job)
        },
        DriverScenario("one that runs says so, and since when") { bench in
            let job = try bench.start(.waits)
            guard case .running(let since) = try bench.driver.recover(job) else {
                throw ConformanceFailure("it does not run")
            }
            try bench.expect(since != nil, "nobody says since when")
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
            let found = try SHA256Hex.ofFile(bench.directory(job).output)
            try bench.expect(exit.outputDigest, is: found.hex)
            try bench.expect(exit.outputBytes, is: found.bytes)
            let without = try bench.start(.exits(0))
            try bench.expect(try bench.end(of: without).outputDigest, is: nil)
            try bench.expect(
                !Files.exists(bench.directory(without).output), "there is an output of a job that left none")
            for job in [job, without] { try bench.wipe(job) }
        },
        DriverScenario("a start that fails leaves nothing, and its name is free") { bench in
            let (order, files) = (try bench.order(.cannotStart), try bench.files())
            try bench.refuses("a start that cannot be") { () throws(SandboxError) in
                try bench.driver.start(order, with: files, stop: nil)
            }
            try bench.expect(try bench.driver.names(), is: [])
            try bench.expect(try bench.driver.traces(), is: [])
            try bench.expect(try bench.driver.hasProcesses(order.name), is: false)
            let job = try bench.start(.exits(0)) { $0.name = order.name }
            try bench.expect(try bench.end(of: job).reason, is: .exited(code: 0))
            try bench.wipe(job)
        },
        DriverScenario("one that is given up before it begins does not begin") { bench in
            let (order, files, stop) = (try bench.order(.waits), try bench.files(), StopFlag())
            stop.raise()
            do throws(SandboxError) { try bench.driver.start(order, with: files, stop: stop) } catch {
                return try bench.expect(try bench.driver.names(), is: [])
            }
            // With nothing to prepare there was nothing to give up.
            let job = try bench.driver.names()[0]
            try bench.stop(job, .cancelled(by: .agent), grace: 0)
            _ = try bench.end(of: job)
            try bench.wipe(job)
        },
        DriverScenario("a specification that cannot be run is refused by its field") { bench in
            let (order, files) = (try bench.order(.waits), try bench.files())
            var never = order
            never.wallSecondsMax = 0
            let refused = never
            try bench.refuses(
                "a job of 0 seconds",
                { () throws(SandboxError) in try bench.driver.start(refused, with: files, stop: nil) }
            ) {
                if case .invalidSpec("wallSecondsMax", _) = $0 { true } else { false }
            }
        },
        DriverScenario("a name has one job at a time, and the one that is there goes on") { bench in
            let (order, files) = (try bench.order(.waits), try bench.files())
            let job = order.name
            try bench.driver.start(order, with: files, stop: nil)
            try bench.refuses(
                "a second job of the name",
                { () throws(SandboxError) in try bench.driver.start(order, with: files, stop: nil) },
                { $0 == .jobExists(id: job.text) })
            try bench.expectRunning(job)
            try bench.stop(job, .cancelled(by: .owner), grace: 0)
            _ = try bench.end(of: job)
            try bench.wipe(job)
        },
    ]
}

extension JobCondition {
    var isRunning: Bool { if case .running = self { true } else { false } }
}
