package import GCXLinux
package import GCXModel

/// Runs jobs. A job is named by its directory, which holds all that is known about it, so every verb works after a
/// restart of the agent as before it.
package protocol RuntimeDriver: Sendable {
    /// What stands between a job and the machine.
    var isolation: IsolationLevel { get }
    /// Unpacks an image ahead of time, so that a later start is quick.
    func prepare(_ image: ImageSource) throws(SandboxError)
    /// The group in which whoever reads what was sent for a job is counted and bounded, made with the job's limits before
    /// there is a job; the same again changes nothing. It goes with ``wipe(_:)``.
    ///
    /// - Returns: nil where jobs have no group.
    func readers(for job: JobDirectory, within resources: JobResources) throws(SandboxError) -> CgroupPlace?
    /// Starts a job and answers when its first instruction has run. On an error nothing of it is left.
    ///
    /// - Parameter stop: ends the preparation of the image soon after it is raised; a job that runs is not ended by it.
    func start(_ spec: JobSpec, stop: StopFlag?) throws(SandboxError) -> JobDirectory
    /// What has become of a job; a job whose supervisor died is ended and recorded as a host failure.
    func recover(_ job: JobDirectory) throws(SandboxError) -> JobState
    /// Waits for the end of a job; ``JobState/running(_:)`` when it still runs after `timeout`. The thread waits.
    func wait(_ job: JobDirectory, timeout: Duration) throws(SandboxError) -> JobState
    /// Asks for the end of a job and answers at once. A job that has ended is left as it is.
    func stop(_ job: JobDirectory, _ request: StopRequest) throws(SandboxError)
    /// Whether a process of the job itself is there; its supervisor may have work after its end.
    func hasProcesses(_ job: JobDirectory) throws(SandboxError) -> Bool
    /// Ends a job at once together with its supervisor, which did not end it in time. What becomes of it then says
    /// ``recover(_:)``.
    func force(_ job: JobDirectory) throws(SandboxError)
    /// Stops a job where it stands; its wall time runs on.
    func pause(_ job: JobDirectory) throws(SandboxError)
    func resume(_ job: JobDirectory) throws(SandboxError)
    /// The job's meter now; it can still be read after the end, until ``release(_:)``.
    func sample(_ job: JobDirectory) throws(SandboxError) -> RawSample
    /// Gives up the meter of an ended job, after its last sample.
    func release(_ job: JobDirectory) throws(SandboxError)
    /// Removes every trace of an ended job from the machine, and looks that none is left.
    @discardableResult
    func wipe(_ job: JobDirectory) throws(SandboxError) -> WipeReport
    /// Makes way for the next job of the same name: what ``wipe(_:)`` removes, but not the group, in which what was sent for
    /// that job has been read already. The meter of the ended one was given up before (``release(_:)``).
    @discardableResult
    func clear(_ job: JobDirectory) throws(SandboxError) -> WipeReport
    /// Removes images that no job runs on, the least recently used first, while the store is over its limit or the disk
    /// short, and what a crash left half unpacked; the latter not while an image is being unpacked.
    func pruneImages() throws(SandboxError)
    /// Looks whether devices can be handed to a job.
    ///
    /// - Throws: ``SandboxError/noDevice(name:reason:)``.
    func checkDevices(_ names: [String]) throws(SandboxError)
    /// All jobs that have a directory.
    func jobs() throws(SandboxError) -> [JobDirectory]
}

extension RuntimeDriver {
    package func start(_ spec: JobSpec) throws(SandboxError) -> JobDirectory { try start(spec, stop: nil) }
}

/// Where a job stands.
package enum JobState: Equatable, Sendable {
    case running(RunningJob)
    case ended(JobExit)
}

/// A job with a living supervisor.
package struct RunningJob: Equatable, Sendable {
    package var directory: JobDirectory
    package var plan: JobPlan
    /// Nil in the first milliseconds, before the supervisor has said who it is.
    package var supervisor: SupervisorRecord?
}
