import GCXLinux
import GCXModel
import Glibc
import Testing

@testable import GCXJobLog
@testable import GCXSandbox

// Serialized with the other suites that run jobs: two cores are few, and some tests look at the whole machine.
extension RealJobs {
    @Suite("A job ends with the right reason")
    struct Ends {
        @Test("its output, error and status are kept, with times in order", arguments: Machine.runtimes)
        func keepsOutput(_ kind: RuntimeChoice.Kind) throws {
            let sandbox = try Sandbox(kind)
            let before = BootClock.now()
            let ended = try sandbox.run("echo out; echo err >&2; exit 7")
            #expect(ended.exit.reason == .exited(code: 7))
            #expect(ended.text() == "out\n")
            #expect(ended.text(.error) == "err\n")
            let times = ended.records.map(\.bootNanoseconds)
            #expect(times == times.sorted() && times.allSatisfy { $0 > before && $0 < BootClock.now() })
            #expect(ended.exit.logDigest == (try JobLogFolder(path: ended.job.log).end()?.head))
        }

        @Test("a fault of its first process is a signal", arguments: Machine.runtimes)
        func signalled(_ kind: RuntimeChoice.Kind) throws {
            // The first process of a namespace is immune to signals from within, but not to a limit of the kernel.
            let ended = try Sandbox(kind).run("ulimit -t 1; while :; do :; done")
            #expect([.signalled(signal: SIGXCPU), .signalled(signal: SIGKILL)].contains(ended.exit.reason))
        }

        @Test("a program that is not there is exit 127, and the log says so", arguments: Machine.runtimes)
        func missingProgram(_ kind: RuntimeChoice.Kind) throws {
            let sandbox = try Sandbox(kind)
            let ended = try sandbox.run(sandbox.spec("") { $0.command = ["no-such-program"] })
            #expect(ended.exit.reason == .exited(code: 127))
            #expect(ended.text(.sandbox).contains("no-such-program"))
        }

        @Test("eating memory is out of memory", arguments: Machine.runtimes)
        func memoryEater(_ kind: RuntimeChoice.Kind) throws {
            let ended = try Sandbox(kind).run(
                "dd if=/dev/zero of=/dev/null bs=200M count=1; sleep 1; echo survived; sleep 30")
            #expect(ended.exit.reason == .outOfMemory)
            #expect((ended.exit.oomKills ?? 0) > 0)
            #expect(!ended.text().contains("survived"))
        }

        @Test("a fork bomb stops at the limit of tasks and at the time limit", arguments: Machine.runtimes)
        func forkBomb(_ kind: RuntimeChoice.Kind) throws {
            let sandbox = try Sandbox(kind)
            let spec = sandbox.spec("(while :; do sleep 60 & done) 2>/dev/null; while :; do :; done") {
                $0.wallSecondsMax = 2
                $0.resources.pids = 24
            }
            let job = try sandbox.driver.start(spec)
            var most: UInt64 = 0
            for _ in 0..<20 {
                most = max(most, try sandbox.driver.sample(job).pids ?? 0)
                GCXLinux.pause(for: .milliseconds(50))
            }
            let ended = try sandbox.end(of: job)
            #expect(ended.exit.reason == .timeLimit)
            #expect((20...24).contains(most))
        }

        @Test("a full disk is ENOSPC for the job, and the end is its own", arguments: Machine.runtimes)
        func diskFiller(_ kind: RuntimeChoice.Kind) throws {
            let script =
                "dd if=/dev/zero of=/output/full bs=1M; code=$?; du -m /output/full; rm /output/full; exit $code"
            let ended = try Sandbox(kind).run(script)
            #expect(ended.exit.reason == .exited(code: 1))
            #expect(ended.text(.error).contains("No space left on device"))
            let megabytes = Int(ended.text().split(whereSeparator: \.isWhitespace).first ?? "") ?? 0
            #expect((20...32).contains(megabytes))
        }

        @Test("its wall time is a limit")
        func timeLimit() throws {
            let ended = try Sandbox().run("while :; do sleep 0.1; done") { $0.wallSecondsMax = 1 }
            #expect(ended.exit.reason == .timeLimit)
            let lived = ended.exit.endedBootNanoseconds - (ended.exit.startedBootNanoseconds ?? 0)
            #expect((1_000_000_000...2_000_000_000).contains(lived))
        }

        @Test("a handler of SIGTERM gets its grace and no more", arguments: Machine.runtimes)
        func grace(_ kind: RuntimeChoice.Kind) throws {
            let sandbox = try Sandbox(kind)
            let job = try sandbox.driver.start(
                sandbox.spec("trap 'echo asked' TERM; echo up; while :; do sleep 0.1; done"))
            try sandbox.waitForOutput(of: job)
            let asked = BootClock.now()
            try sandbox.driver.stop(job, StopRequest(reason: .cancelled(by: .buyer), graceMilliseconds: 700))
            let ended = try sandbox.end(of: job)
            #expect(ended.exit.reason == .cancelled(by: .buyer))
            #expect(ended.text().contains("asked"))
            #expect((700_000_000...1_900_000_000).contains(BootClock.now() - asked))
        }

        @Test("an orderly end within the grace keeps the reason of who asked")
        func orderlyEnd() throws {
            let sandbox = try Sandbox()
            let job = try sandbox.driver.start(
                sandbox.spec("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done"))
            try sandbox.waitForOutput(of: job)
            try sandbox.driver.stop(job, StopRequest(reason: .budget, graceMilliseconds: 20_000))
            let ended = try sandbox.end(of: job)
            #expect(ended.exit.reason == .budget)
            #expect(ended.exit.statusCode == 0)
            #expect(ended.text().hasSuffix("bye\n"))
        }

        @Test("where nobody listens to SIGTERM, nobody waits")
        func ignoresTermination() throws {
            let sandbox = try Sandbox()
            let job = try sandbox.driver.start(sandbox.spec("trap '' TERM; echo up; while :; do sleep 0.1; done"))
            try sandbox.waitForOutput(of: job)
            let asked = BootClock.now()
            try sandbox.driver.stop(job, StopRequest(reason: .cancelled(by: .owner), graceMilliseconds: 30_000))
            #expect(try sandbox.end(of: job).exit.reason == .cancelled(by: .owner))
            #expect(BootClock.now() - asked < 5_000_000_000)
        }

        @Test("a paused job uses no CPU, goes on when resumed, and ends when asked", arguments: Machine.runtimes)
        func pauses(_ kind: RuntimeChoice.Kind) throws {
            let sandbox = try Sandbox(kind)
            let job = try sandbox.driver.start(sandbox.spec("echo up; while :; do :; done"))
            try sandbox.waitForOutput(of: job)
            try sandbox.driver.pause(job)
            let first = try sandbox.driver.sample(job)
            GCXLinux.pause(for: .milliseconds(200))
            let second = try sandbox.driver.sample(job)
            #expect(first.cpuNanoseconds == second.cpuNanoseconds)
            try sandbox.driver.resume(job)
            GCXLinux.pause(for: .milliseconds(200))
            #expect(try sandbox.driver.sample(job).cpuNanoseconds > second.cpuNanoseconds + 20_000_000)
            try sandbox.driver.pause(job)
            try sandbox.driver.stop(job, StopRequest(reason: .budget, graceMilliseconds: 0))
            #expect(try sandbox.end(of: job).exit.reason == .budget)
        }
    }
}
