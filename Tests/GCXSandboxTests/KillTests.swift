import Foundation
import GCXModel
import Testing

@testable import GCXJobLog
@testable import GCXLinux
@testable import GCXSandbox

extension RealJobs {
    /// Power cuts for single processes: whoever is killed, and whenever, nothing is left and the end on record is true.
    @Suite("Killed at any moment")
    struct Killed {
        /// Says what it does, has a child and an output, and takes as long as a start.
        private static let script = "echo up; echo x > /output/file; sleep 0.02 & sleep 0.03; wait; echo done; exit 7"

        @Test("a supervisor leaves nothing, and its job ends as a host failure or as it did")
        func supervisor() throws {
            try kill(within: .milliseconds(130)) { path, _ in
                Machine.supervisor(of: path)
            } allows: { reason, _ in
                isHostFailure(reason)
            }
        }

        @Test("a runtime leaves nothing, and its job ends as a host failure or as it did")
        func runtime() throws {
            try kill(within: .milliseconds(45)) { path, random in
                Machine.runtimes(for: path).randomElement(using: &random)
            } allows: { reason, _ in
                // Its last process becomes the job's first.
                isHostFailure(reason) || reason == .signalled(signal: SIGKILL)
            }
        }

        @Test("a job's first process ends the job, any other does not")
        func job() throws {
            try kill(within: .milliseconds(100)) { path, random in
                let cgroup = try? JobDirectory(path: path).readPlan().place.cgroup
                return (try? cgroup?.processes())?.randomElement(using: &random)
            } allows: { reason, victim in
                // Until it becomes the job's first process, it is the runtime's.
                // Who is just becoming another program has no arguments to be seen.
                let isFirst = victim.isEmpty || ["sh -c", "runtime.log", "runc init"].contains { victim.contains($0) }
                return isFirst && (reason == .signalled(signal: SIGKILL) || isHostFailure(reason))
            }
        }

        private func isHostFailure(_ reason: ExitReason) -> Bool {
            if case .hostFailure = reason { return true }
            return false
        }

        /// Starts a job for every moment, kills, and looks what is left.
        ///
        /// - Parameters:
        ///   - find: whom to kill, by the job's directory.
        ///   - allows: whether a victim's death may have led to that end, besides the job's own.
        private func kill(
            within: Duration, _ find: @escaping @Sendable (String, inout Seeded) -> pid_t?,
            allows: (ExitReason, String) -> Bool
        ) throws {
            let before = try Traces.now()
            let sandboxes = try Machine.runtimes.map { try Sandbox($0) }
            var hits = 0
            for index in 0..<Kills.count {
                let moment = Kills.Moment(index, within: within)
                // Every fourth with the other runtime.
                let sandbox = sandboxes[index % 4 == 3 ? sandboxes.count - 1 : 0]
                let spec = sandbox.spec(Self.script)
                let path = JobDirectory(jobs: sandbox.driver.jobsPath, id: spec.id).path
                let killer = Killer(after: moment.delay) { [random = moment.random] in
                    var random = random
                    return find(path, &random)
                }
                var ended: Ended?
                var failure: SandboxError?
                do throws(SandboxError) { ended = try end(try sandbox.driver.start(spec), sandbox) } catch {
                    failure = error
                }
                let victim = killer.finish()
                if victim != nil { hits += 1 }
                try check(ended, failure, victim, moment, allows)
                if let job = ended?.job {
                    try sandbox.driver.release(job)
                    try sandbox.driver.wipe(job)
                }
                let isClean = try Traces.settle(to: before)
                let left = isClean ? "" : "\(try Traces.now())"
                #expect(isClean, "\(moment): \(victim ?? "nobody") killed; left: \(left)")
                #expect(Machine.orphans(of: sandbox.root).isEmpty, "\(moment): \(victim ?? "nobody") killed")
                // What begins with a dot is the driver's own.
                let jobs = try Files.names(in: sandbox.driver.jobsPath).filter { !$0.hasPrefix(".") }
                #expect(jobs.isEmpty, "\(moment)")
                if !isClean { return }
            }
            // A moment may come when the victim is already gone, but not always.
            #expect(hits > Kills.count / 3, "GCX_SEED=\(Kills.seed): \(hits) of \(Kills.count) hit")
        }

        private func end(_ job: JobDirectory, _ sandbox: Sandbox) throws(SandboxError) -> Ended? {
            guard case .ended(let exit) = try sandbox.driver.wait(job, timeout: .seconds(60)) else { return nil }
            return Ended(job: job, exit: exit, sandbox: sandbox)
        }

        /// The end is one of those that can have been, and the log does not contradict it.
        private func check(
            _ ended: Ended?, _ failure: SandboxError?, _ victim: String?, _ moment: Kills.Moment,
            _ allows: (ExitReason, String) -> Bool
        ) throws {
            if let failure {
                guard case .startFailed = failure else {
                    Issue.record("\(moment): \(failure)")
                    return
                }
                #expect(victim != nil, "\(moment): nobody was killed, and yet: \(failure)")
                return
            }
            guard let ended else {
                Issue.record("\(moment): the job never ended")
                return
            }
            let reason = ended.exit.reason
            if reason == .exited(code: 7) {
                #expect(ended.text() == "up\ndone\n", "\(moment): an end that was not reached")
            } else {
                #expect(
                    allows(reason, victim ?? "nobody"), "\(moment): ended as \(reason), killed: \(victim ?? "nobody")")
            }
            #expect(try JobLogFolder(path: ended.job.log).end()?.head == ended.exit.logDigest, "\(moment)")
        }
    }
}
