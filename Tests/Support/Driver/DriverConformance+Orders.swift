import GCXLinux
import GCXModel
import GCXSandbox

extension DriverConformance {
    static let orders: [DriverScenario] = [
        DriverScenario("what it was told to end for is its end") { bench in
            for reason in [ExitReason.budget, .timeLimit, .cancelled(by: .buyer)] {
                let job = try bench.start(.waits)
                try bench.stop(job, reason, grace: 20_000)
                try bench.expect(try bench.end(of: job).reason, is: reason)
                try bench.wipe(job)
            }
        },
        DriverScenario("one that does not obey is killed when its grace is over, and the reason is the same") { bench in
            let job = try bench.start(.staysOn)
            bench.pass(.milliseconds(500))
            try bench.stop(job, .budget, grace: 3_000)
            bench.pass(.milliseconds(200))
            try bench.expectRunning(job)
            try bench.expect(try bench.end(of: job).reason, is: .budget)
            try bench.wipe(job)
        },
        DriverScenario("an order to one that has ended, or a second order, changes nothing") { bench in
            let job = try bench.start(.exits(5))
            let exit = try bench.end(of: job)
            try bench.stop(job, .budget, grace: 0)
            try bench.expect(try bench.driver.recover(job), is: .ended(exit))
            try bench.wipe(job)
        },
        DriverScenario("one that is paused runs on the clock and not on a core, and goes on") { bench in
            let job = try bench.start(.works(milliseconds: 60_000))
            bench.pass(.milliseconds(300))
            try bench.driver.pause(job)
            let before = try bench.driver.sample(job)
            bench.pass(.milliseconds(300))
            let after = try bench.driver.sample(job)
            try bench.expect(after.cpuNanoseconds, is: before.cpuNanoseconds)
            try bench.expect(after.bootNanoseconds > before.bootNanoseconds, "the clock stood still")
            try bench.expectRunning(job)
            try bench.driver.pause(job)
            try bench.driver.resume(job)
            try bench.driver.resume(job)
            bench.pass(.milliseconds(300))
            let later = try bench.driver.sample(job)
            try bench.expect(later.cpuNanoseconds > after.cpuNanoseconds, "it did not go on")
            try bench.stop(job, .budget, grace: 0)
            try bench.expect(try bench.end(of: job).reason, is: .budget)
            try bench.wipe(job)
        },
        DriverScenario("one that is paused is ended at once by an order without grace") { bench in
            let job = try bench.start(.waits)
            try bench.driver.pause(job)
            try bench.stop(job, .budget, grace: 0)
            try bench.expect(try bench.end(of: job).reason, is: .budget)
            try bench.wipe(job)
        },
        DriverScenario("force ends it together with who looks after it: the host failed it") { bench in
            let job = try bench.start(.staysOn)
            try bench.driver.force(job)
            guard case .hostFailure = try bench.end(of: job).reason else {
                throw ConformanceFailure("it ended for another reason")
            }
            try bench.expect(try !bench.driver.hasProcesses(job), "it has processes after its end")
            try bench.wipe(job)
        },
    ]

    static let meter: [DriverScenario] = [
        DriverScenario("the meter counts what the job does, never goes back, and can be read after its end") { bench in
            let job = try bench.start(.works(milliseconds: 400))
            let first = try bench.driver.sample(job)
            bench.pass(.milliseconds(600))
            let second = try bench.driver.sample(job)
            try bench.stop(job, .cancelled(by: .owner), grace: 0)
            _ = try bench.end(of: job)
            let last = try bench.driver.sample(job)
            let all = [first, second, last]
            try bench.expect(Set(all.map(\.cgroupInode)).count, is: 1)
            try bench.expect(Set(all.map(\.bootID)).count, is: 1)
            for (before, after) in zip(all, all.dropFirst()) {
                try bench.expect(before.bootNanoseconds <= after.bootNanoseconds, "its clock went back")
                try bench.expect(before.cpuNanoseconds <= after.cpuNanoseconds, "its counter went back")
            }
            try bench.expect(last.cpuNanoseconds > first.cpuNanoseconds, "it counted nothing")
            try bench.driver.release(job)
            try bench.refuses("a meter that was given up") { () throws(SandboxError) in
                _ = try bench.driver.sample(job)
            }
            try bench.driver.release(job)
            try bench.wipe(job)
        },
        DriverScenario("what is read for a job before its start is counted in the same group") { bench in
            let (order, files) = (try bench.order(.exits(0)), try bench.files())
            guard let sent = files.image else { throw ConformanceFailure("no image is sent") }
            let bounds = ReadingBounds(resources: order.resources, bytesMax: 1 << 30, seconds: 60)
            let found = try SHA256Hex.ofFile("/proc/self/fd/\(sent.number)").hex
            let said = try bench.driver.digest(of: sent, sentAs: .image, for: order.name, bounds, stop: nil)
            try bench.expect(said, is: found)
            try bench.driver.inspect(sent, sentAs: .image, for: order.name, bounds, stop: nil)
            try bench.expect(try bench.driver.names(), is: [])
            let before = try bench.driver.readingNanoseconds(of: order.name) ?? 0
            try bench.driver.start(order, with: files, stop: nil)
            _ = try bench.end(of: order.name)
            let counted = try bench.driver.sample(order.name).cpuNanoseconds
            try bench.expect(counted >= before, "the job's meter has \(counted) ns and reading took \(before)")
            try bench.wipe(order.name)
        },
        DriverScenario("what was read for a job that never comes is found by another driver, and goes with its name") {
            bench in
            let (order, files) = (try bench.order(.exits(0)), try bench.files())
            guard let sent = files.image else { throw ConformanceFailure("no image is sent") }
            let bounds = ReadingBounds(resources: order.resources, bytesMax: 1 << 30, seconds: 60)
            try bench.driver.inspect(sent, sentAs: .image, for: order.name, bounds, stop: nil)
            try bench.expect(try bench.restarted().traces(), is: [order.name])
            try bench.wipe(order.name)
        },
    ]

    static let history: [DriverScenario] = [
        DriverScenario("a log that is kept outlives its job, and goes when it is forgotten") { bench in
            let job = try bench.start(.exits(0))
            _ = try bench.end(of: job)
            let log = bench.directory(job).log
            try Files.makeDirectories(log, mode: 0o700)
            try bench.driver.keepLog(of: job, as: 1, bytesMax: 1 << 20)
            try bench.expect(!Files.exists(log), "the log is still with the job")
            try bench.driver.keepLog(of: job, as: nil, bytesMax: 1 << 20)
            try bench.wipe(job)
            let kept = LogHistory(path: bench.historyPath).log(of: job, number: 1)
            try bench.expect(Files.exists(kept), "nothing is kept at \(kept)")
            try bench.driver.forgetLogs(of: job)
            try bench.expect(!Files.exists(kept), "it is kept although it was forgotten")
            try bench.driver.forgetLogs(of: job)
        }
    ]

    static let remains: [DriverScenario] = [
        DriverScenario("a job is known by its directory alone: another driver finds it and ends it") { bench in
            let job = try bench.start(.waits)
            let other = try bench.restarted()
            try bench.expect(try other.names(), is: [job])
            try bench.expect(try other.recover(job).isRunning, "it does not run for another driver")
            _ = try other.sample(job)
            try other.stop(job, StopRequest(reason: .budget, graceMilliseconds: 0))
            try bench.expect(try bench.end(of: job).reason, is: .budget)
            try other.wipe(job)
            try bench.expect(try bench.driver.names(), is: [])
        },
        DriverScenario("one that runs is not wiped, and one that is wiped can be wiped again") { bench in
            let job = try bench.start(.waits)
            try bench.refuses("the wipe of a job that runs") { () throws(SandboxError) in _ = try bench.driver.wipe(job)
            }
            try bench.expectRunning(job)
            try bench.stop(job, .cancelled(by: .owner), grace: 0)
            _ = try bench.end(of: job)
            try bench.wipe(job)
            try bench.wipe(job)
        },
        DriverScenario("one that made way leaves its name to the next, whose meter begins anew") { bench in
            let first = try bench.start(.works(milliseconds: 300))
            bench.pass(.milliseconds(300))
            try bench.stop(first, .cancelled(by: .owner), grace: 0)
            _ = try bench.end(of: first)
            let before = try bench.driver.sample(first)
            try bench.driver.release(first)
            try bench.driver.clear(first)
            try bench.expect(try bench.driver.names(), is: [])
            let second = try bench.start(.exits(0)) { $0.name = first }
            try bench.expect(second, is: first)
            try bench.expect(try bench.end(of: second).reason, is: .exited(code: 0))
            let after = try bench.driver.sample(second)
            try bench.expect(after.cgroupInode != before.cgroupInode, "it is metered by the group of the one before")
            try bench.wipe(second)
        },
        DriverScenario("of what is no job it says so") { bench in
            let job = try JobName("nobodys")
            let isNone: (SandboxError) -> Bool = { if case .noJob = $0 { true } else { false } }
            try bench.refuses("a pause", { () throws(SandboxError) in try bench.driver.pause(job) }, isNone)
            try bench.refuses("a resume", { () throws(SandboxError) in try bench.driver.resume(job) }, isNone)
            try bench.refuses("a release", { () throws(SandboxError) in try bench.driver.release(job) }, isNone)
            try bench.refuses(
                "the state of no job", { () throws(SandboxError) in _ = try bench.driver.recover(job) }, isNone)
            try bench.refuses("the meter of no job") { () throws(SandboxError) in _ = try bench.driver.sample(job) }
        },
        DriverScenario("one whose plan does not read is damaged, and is wiped all the same") { bench in
            let job = try bench.start(.exits(0))
            _ = try bench.end(of: job)
            try DurableFile.write("{\"spec\":".utf8, to: bench.directory(job).plan)
            try bench.refuses(
                "the state of a damaged job", { () throws(SandboxError) in _ = try bench.driver.recover(job) },
                { if case .corrupt = $0 { true } else { false } })
            try bench.wipe(job)
        },
        DriverScenario("one whose directory is gone runs on until it is wiped, which says so") { bench in
            let job = try bench.start(.waits)
            try Files.removeTree(bench.directory(job).path)
            try bench.refuses(
                "the state of a lost job", { () throws(SandboxError) in _ = try bench.driver.recover(job) }
            ) {
                if case .noJob = $0 { true } else { false }
            }
            try bench.expect(try bench.driver.hasProcesses(job), "it has no processes")
            let report = try bench.driver.wipe(job)
            try bench.expect(report.ended > 0, "the wipe ended nothing: \(report)")
            try bench.expect(try !bench.driver.hasProcesses(job), "it has processes after the wipe")
        },
    ]
}
