import GCXLinux
import GCXModel
import GCXSandbox
import Synchronization

/// A driver that runs nothing: it notes what it is asked to start, and answers as a test wants.
final class IdleDriver: RuntimeDriver {
    let started = Mutex<[JobSpec]>([])
    /// Called by a start after it was noted and before it fails.
    let onStart = Mutex<(@Sendable () -> Void)?>(nil)

    /// Where what is sent for a lease is to be read.
    let place = Mutex<CgroupPlace?>(nil)
    let asked = Mutex<[JobResources]>([])

    var isolation: IsolationLevel { .container }

    func start(_ spec: JobSpec, stop: StopFlag?) throws(SandboxError) -> JobDirectory {
        started.withLock { $0.append(spec) }
        onStart.withLock { $0 }?()
        throw .startFailed(id: spec.id, reason: "nothing is run here")
    }

    func readers(for job: JobDirectory, within resources: JobResources) throws(SandboxError) -> CgroupPlace? {
        asked.withLock { $0.append(resources) }
        return place.withLock { $0 }
    }

    func prepare(_ image: ImageSource) throws(SandboxError) {}
    func recover(_ job: JobDirectory) throws(SandboxError) -> JobState { throw .noJob(path: job.path) }
    func wait(_ job: JobDirectory, timeout: Duration) throws(SandboxError) -> JobState { throw .noJob(path: job.path) }
    func stop(_ job: JobDirectory, _ request: StopRequest) throws(SandboxError) {}
    func hasProcesses(_ job: JobDirectory) throws(SandboxError) -> Bool { false }
    func force(_ job: JobDirectory) throws(SandboxError) {}
    func pause(_ job: JobDirectory) throws(SandboxError) {}
    func resume(_ job: JobDirectory) throws(SandboxError) {}
    func sample(_ job: JobDirectory) throws(SandboxError) -> RawSample { throw .noJob(path: job.path) }
    func release(_ job: JobDirectory) throws(SandboxError) {}
    func wipe(_ job: JobDirectory) throws(SandboxError) -> WipeReport { throw .noJob(path: job.path) }
    func clear(_ job: JobDirectory) throws(SandboxError) -> WipeReport { throw .noJob(path: job.path) }
    func pruneImages() throws(SandboxError) {}
    func checkDevices(_ names: [String]) throws(SandboxError) {}
    func jobs() throws(SandboxError) -> [JobDirectory] { [] }
}
