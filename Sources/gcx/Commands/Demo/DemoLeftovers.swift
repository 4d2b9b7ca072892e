import GCXLinux
import GCXModel
import GCXSandbox

/// Jobs that outlived their agent, as jobs are meant to.
enum DemoLeftovers {
    /// Ends and wipes every job below a state directory.
    static func end(below state: String) {
        guard Files.exists(state), let supervisor = try? Programs.beside("gcx-supervisor"),
            let driver = try? OCIRuntimeDriver(state: state, supervisorPath: supervisor)
        else { return }
        for job in (try? driver.jobs()) ?? [] {
            try? driver.stop(job, StopRequest(reason: .cancelled(by: .agent), graceMilliseconds: 0))
            _ = try? driver.wait(job, timeout: .seconds(10))
            try? driver.release(job)
            _ = try? driver.wipe(job)
        }
    }
}
