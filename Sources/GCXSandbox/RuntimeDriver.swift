package import GCXLinux
package import GCXModel

/// Runs jobs, for somebody who may not do what that takes. A job is known by its name alone, so every verb works after a restart
/// of the agent as before it; what the job leaves to be read lies in its ``JobDirectory``.
///
/// No argument names a place on this machine: whoever orders may be taken over by those whose words it reads.
package protocol RuntimeDriver: Sendable {
    /// What it is, which does not change while it lives.
    var facts: DriverFacts { get }
    /// SHA-256 of a file that was sent for a job, 64 hexadecimal digits. It is read in the job's group, which is made with the
    /// job's limits before there is a job and goes with ``wipe(_:)``.
    ///
    /// - Parameter stop: ends the reading soon after it is raised.
    func digest(
        of file: OpenFile, sentAs kind: SentKind, for job: JobName, _ bounds: ReadingBounds, stop: StopFlag?
    ) throws(SandboxError) -> String
    /// Looks a file that was sent through to its end, in the same group: whether it may be unpacked.
    ///
    /// - Throws: ``SandboxError/image(_:)`` or ``SandboxError/input(_:)``, by its kind.
    func inspect(
        _ file: OpenFile, sentAs kind: SentKind, for job: JobName, _ bounds: ReadingBounds, stop: StopFlag?
    ) throws(SandboxError)
    /// CPU time of reading what was sent for a job, ns; nil while it has no group, or where nobody counts.
    func readingNanoseconds(of job: JobName) throws(SandboxError) -> UInt64?
    /// Starts a job and answers when its first instruction has run. What was sent is unpacked, to what the disk has promised to
    /// nobody else. On an error nothing of it is left.
    ///
    /// - Parameter stop: ends the preparation of the image soon after it is raised; a job that runs is not ended by it.
    func start(_ order: JobOrder, with files: JobFiles, stop: StopFlag?) throws(SandboxError)
    /// What has become of a job; a job whose supervisor died is ended and recorded as a host failure.
    func recover(_ job: JobName) throws(SandboxError) -> JobCondition
    /// Waits for the end of a job; ``JobCondition/running(since:)`` when it still runs after `timeout`. The thread waits.
    func wait(_ job: JobName, timeout: Duration) throws(SandboxError) -> JobCondition
    /// Asks for the end of a job and answers at once. A job that has ended is left as it is.
    func stop(_ job: JobName, _ request: StopRequest) throws(SandboxError)
    /// Whether a process of the job itself is there; its supervisor may have work after its end.
    func hasProcesses(_ job: JobName) throws(SandboxError) -> Bool
    /// Ends a job at once together with its supervisor, which did not end it in time. What becomes of it then says
    /// ``recover(_:)``.
    func force(_ job: JobName) throws(SandboxError)
    /// Stops a job where it stands; its wall time runs on.
    func pause(_ job: JobName) throws(SandboxError)
    func resume(_ job: JobName) throws(SandboxError)
    /// The job's meter now; it can still be read after the end, until ``release(_:)``.
    func sample(_ job: JobName) throws(SandboxError) -> RawSample
    /// Gives up the meter of an ended job, after its last sample.
    func release(_ job: JobName) throws(SandboxError)
    /// Moves the log of an ended job to where it outlives the job; see ``LogHistory``. One that is not there is fine.
    ///
    /// - Parameter number: that of a job that makes way for another one of its name; nil for the last.
    func keepLog(of job: JobName, as number: UInt64?, bytesMax: UInt64) throws(SandboxError)
    /// Removes the logs that were kept of jobs of this name.
    func forgetLogs(of job: JobName) throws(SandboxError)
    /// Removes every trace of an ended job from the machine, and looks that none is left.
    @discardableResult
    func wipe(_ job: JobName) throws(SandboxError) -> WipeReport
    /// Makes way for the next job of the same name: what ``wipe(_:)`` removes, but not the group, in which what was sent for
    /// that job has been read already. The meter of the ended one was given up before (``release(_:)``).
    @discardableResult
    func clear(_ job: JobName) throws(SandboxError) -> WipeReport
    /// Removes images that no job runs on, the least recently used first, while the store is over its limit or the disk
    /// short, and what a crash left half unpacked; the latter not while an image is being unpacked.
    func pruneImages() throws(SandboxError)
    /// Looks whether devices can be handed to a job.
    ///
    /// - Throws: ``SandboxError/noDevice(name:reason:)``.
    func checkDevices(_ names: [String]) throws(SandboxError)
    /// All jobs that were planned, and not wiped since.
    func names() throws(SandboxError) -> [JobName]
    /// Every name of which something lies here: a job, what was read for one to come, or what a crash left of a start.
    func traces() throws(SandboxError) -> [JobName]
}

extension RuntimeDriver {
    /// What stands between a job and the machine.
    package var isolation: IsolationLevel { facts.isolation }
}

/// What there is to say of a driver.
package struct DriverFacts: Codable, Equatable, Sendable {
    package var isolation: IsolationLevel
    /// The OCI runtime and why that one.
    package var runtime: String
    package var cgroupLayout: String
    /// Whether a job can be kept to processing units of its own.
    package var canPin: Bool

    package init(isolation: IsolationLevel, runtime: String, cgroupLayout: String, canPin: Bool) {
        self.isolation = isolation
        self.runtime = runtime
        self.cgroupLayout = cgroupLayout
        self.canPin = canPin
    }
}

/// Where a job stands.
package enum JobCondition: Codable, Equatable, Sendable {
    /// It runs, since this moment of the boot clock, ns; nil in its first milliseconds.
    case running(since: UInt64?)
    case ended(JobExit)
}
