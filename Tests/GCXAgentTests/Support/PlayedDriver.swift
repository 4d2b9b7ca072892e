import GCXLinux
import GCXModel
import Synchronization

@testable import GCXSandbox

/// A driver whose jobs are over as soon as they have started: each start plays the next of the jobs that a test has set.
final class PlayedDriver: RuntimeDriver {
    /// What becomes of a job.
    enum Play: Sendable {
        case ends(ExitReason, cpuSeconds: UInt64)
        case failsToStart
    }

    struct State: Sendable {
        var plays: [Play] = []
        var starts = 0
        /// The job whose directory is there, with its end.
        var job: JobDirectory?
        var exit: JobExit?
        /// The group: nil when it is gone. A new one has another inode, and counts from zero.
        var inode: UInt64?
        var cpuNanoseconds: UInt64 = 0
        var groups: UInt64 = 100
        /// Called by a start before anything of it is done.
        var onStart: (@Sendable () -> Void)?
    }

    let state = Mutex(State())
    private let jobsPath: String

    init(_ settings: String, _ plays: [Play]) {
        jobsPath = settings
        state.withLock { $0.plays = plays }
    }

    var isolation: IsolationLevel { .container }

    func start(_ spec: JobSpec, stop: StopFlag?) throws(SandboxError) -> JobDirectory {
        state.withLock { $0.onStart }?()
        let job = JobDirectory(jobs: jobsPath, id: spec.id)
        let play = state.withLock { state -> Play? in
            state.starts += 1
            return state.job == nil && !state.plays.isEmpty ? state.plays.removeFirst() : nil
        }
        guard case .ends(let reason, let seconds) = play else {
            throw .startFailed(id: spec.id, reason: "a test wants it so")
        }
        state.withLock { state in
            state.job = job
            state.exit = JobExit(
                reason: reason, statusCode: nil, oomKills: nil, bootID: "boot", startedBootNanoseconds: nil,
                endedBootNanoseconds: BootClock.now(), endedWallNanoseconds: 0, logBytes: 0, logDigest: .zero,
                logDroppedBytes: 0, storageBytes: nil, outputBytes: nil)
            Self.makeGroup(&state)
            state.cpuNanoseconds += seconds * 1_000_000_000
        }
        return job
    }

    private static func makeGroup(_ state: inout State) {
        guard state.inode == nil else { return }
        state.groups += 1
        (state.inode, state.cpuNanoseconds) = (state.groups, 0)
    }

    func readers(for job: JobDirectory, within resources: JobResources) throws(SandboxError) -> CgroupPlace? {
        state.withLock { Self.makeGroup(&$0) }
        return nil
    }

    func sample(_ job: JobDirectory) throws(SandboxError) -> RawSample {
        try state.withLock { state throws(SandboxError) in
            guard let inode = state.inode else { throw .noJob(path: job.path) }
            return RawSample(
                bootID: "boot", bootNanoseconds: BootClock.now(), cgroupInode: inode,
                cpuNanoseconds: state.cpuNanoseconds)
        }
    }

    func recover(_ job: JobDirectory) throws(SandboxError) -> JobState {
        try state.withLock { state throws(SandboxError) in
            guard state.job == job, let exit = state.exit else { throw .noJob(path: job.path) }
            return .ended(exit)
        }
    }

    func release(_ job: JobDirectory) throws(SandboxError) { state.withLock { $0.inode = nil } }

    func clear(_ job: JobDirectory) throws(SandboxError) -> WipeReport {
        state.withLock { ($0.job, $0.exit) = (nil, nil) }
        return WipeReport()
    }

    func wipe(_ job: JobDirectory) throws(SandboxError) -> WipeReport {
        state.withLock { ($0.job, $0.exit, $0.inode) = (nil, nil, nil) }
        return WipeReport()
    }

    func jobs() throws(SandboxError) -> [JobDirectory] { state.withLock { $0.job.map { [$0] } ?? [] } }
    func wait(_ job: JobDirectory, timeout: Duration) throws(SandboxError) -> JobState { try recover(job) }
    func prepare(_ image: ImageSource) throws(SandboxError) {}
    func stop(_ job: JobDirectory, _ request: StopRequest) throws(SandboxError) {}
    func hasProcesses(_ job: JobDirectory) throws(SandboxError) -> Bool { false }
    func force(_ job: JobDirectory) throws(SandboxError) {}
    func pause(_ job: JobDirectory) throws(SandboxError) {}
    func resume(_ job: JobDirectory) throws(SandboxError) {}
    func pruneImages() throws(SandboxError) {}
    func checkDevices(_ names: [String]) throws(SandboxError) {}
}
