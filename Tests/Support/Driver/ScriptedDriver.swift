import GCXJobLog
package import GCXLinux
package import GCXModel
package import GCXSandbox
import Synchronization

/// A driver that runs nothing: its jobs do what their scripts say, by the clock of the test.
///
/// It keeps to the same facts as a real one (``DriverConformance``): a job is named by its directory, in which the plan, the
/// log, the output and the end lie; the meter is that of a group which may outlive it. One driver serves every life of an agent.
package final class ScriptedDriver: RuntimeDriver {
    /// What can be made to fail, and is noted in ``calls``.
    package enum Verb: Hashable, Sendable {
        case prepare, readers, start, recover, wait, stop, hasProcesses, force, pause, resume, sample, release, wipe
        case clear, pruneImages, checkDevices, jobs
    }

    private struct Group: Sendable {
        var inode: UInt64
        var cpuNanoseconds: UInt64 = 0
    }

    private struct State: Sendable {
        var scripts: [JobScript] = []
        var jobs: [String: ScriptedJob] = [:]
        /// Jobs whose directory is gone although they run.
        var lost: Set<String> = []
        var groups: [String: Group] = [:]
        var groupsMade: UInt64 = 100
        var failures: [Verb: SandboxError] = [:]
        var calls: [Verb] = []
        var isHolding = false
        var isDeaf = false
        var bootID = "boot-1"
        var devices: Set<String> = []
        var readers: (place: CgroupPlace?, asked: [JobResources]) = (nil, [])
    }

    package let jobsPath: String
    package let clock: TestClock
    private let state = Mutex(State())

    package init(jobs path: String, clock: TestClock) {
        (jobsPath, self.clock) = (path, clock)
    }

    package var isolation: IsolationLevel { .container }

    package func start(_ spec: JobSpec, stop: StopFlag?) throws(SandboxError) -> JobDirectory {
        try note(.start)
        try waitForGate(spec, stop)
        try spec.validate()
        let job = JobDirectory(jobs: jobsPath, id: spec.id)
        guard !Files.exists(job.plan) else { throw .jobExists(id: spec.id) }
        let script = state.withLock { $0.scripts.isEmpty ? .runs : $0.scripts.removeFirst() }
        if let failure = script.failure {
            state.withLock { $0.groups[job.path] = nil }
            throw failure
        }
        let end = try lay(out: job, spec, script)
        state.withLock { state in
            let group = Self.group(job, &state)
            var scripted = ScriptedJob(
                spec, script, in: job, bootID: state.bootID, at: clock.boot, countedBefore: group.cpuNanoseconds)
            scripted.log = end
            state.jobs[job.path] = scripted
        }
        return job
    }

    /// A start that is held goes on when the gate opens, or ends when it is given up.
    private func waitForGate(_ spec: JobSpec, _ stop: StopFlag?) throws(SandboxError) {
        let isOver = { [self] in state.withLock { !$0.isDeaf } && stop?.isRaised == true }
        while state.withLock({ $0.isHolding }), !isOver() { GCXLinux.pause(for: .milliseconds(1)) }
        if isOver() { throw .startFailed(id: spec.id, reason: "the start was given up") }
    }

    /// The files of a job that has begun.
    private func lay(out job: JobDirectory, _ spec: JobSpec, _ script: JobScript) throws(SandboxError) -> JobLogEnd {
        let plan = JobPlan(
            spec, user: 0, ids: IDMap(base: 100_000),
            runtime: RuntimeChoice(.crun, path: "/nowhere", because: "scripted"),
            place: CgroupPlace(layout: .unified(root: "/nowhere"), group: "/\(spec.id)"),
            bootID: state.withLock { $0.bootID })
        do throws(LinuxError) {
            try Files.makeDirectories(job.path, mode: 0o700)
            try plan.write(to: job)
            guard !script.says.isEmpty else { return JobLogEnd() }
            var log = try JobLogWriter(job.log, limit: spec.logBytesMax, keep: spec.logKeep)
            try log.write(.output, Array(script.says.utf8))
            return try JobLogFolder(path: job.log).end() ?? JobLogEnd()
        } catch {
            throw .linux(error)
        }
    }

    package func readers(for job: JobDirectory, within resources: JobResources) throws(SandboxError) -> CgroupPlace? {
        try note(.readers)
        state.withLock { _ = Self.group(job, &$0) }
        state.withLock { $0.readers.asked.append(resources) }
        return state.withLock { $0.readers.place }
    }

    private static func group(_ job: JobDirectory, _ state: inout State) -> Group {
        if let group = state.groups[job.path] { return group }
        state.groupsMade += 1
        let group = Group(inode: state.groupsMade)
        state.groups[job.path] = group
        return group
    }

    package func recover(_ job: JobDirectory) throws(SandboxError) -> JobState {
        try note(.recover)
        return try look(at: job)
    }

    private func look(at job: JobDirectory) throws(SandboxError) -> JobState {
        let plan = try job.readPlan()
        let (boot, now) = (clock.boot, state.withLock { $0.bootID })
        let found = state.withLock { state -> ScriptedJob? in
            state.jobs[job.path]?.settle(at: boot)
            return state.jobs[job.path]
        }
        guard let found else {
            // Its directory was there before this driver, or after a restart of the machine.
            let why = now == plan.bootID ? "the job was never started" : "the machine was restarted while the job ran"
            let exit = JobExit(
                .hostFailure(description: Untrusted(why)), bootID: plan.bootID, started: nil, ended: boot,
                log: JobLogEnd())
            return .ended(exit)
        }
        guard let exit = found.exit else {
            let record = SupervisorRecord(pid: 0, bootID: found.bootID, startedBootNanoseconds: found.started)
            return .running(RunningJob(job, plan, supervisor: record))
        }
        try keep(exit, found.script.output, job)
        return .ended(exit)
    }

    private func keep(_ exit: JobExit, _ output: [UInt8]?, _ job: JobDirectory) throws(SandboxError) {
        guard !Files.exists(job.exit) else { return }
        do throws(LinuxError) {
            if let output { try DurableFile.write(output, to: job.output) }
            try exit.write(to: job)
        } catch { throw .linux(error) }
    }

    /// Time passes until the job ends, or for as long as the caller waits.
    package func wait(_ job: JobDirectory, timeout: Duration) throws(SandboxError) -> JobState {
        try note(.wait)
        guard case .running = try look(at: job) else { return try look(at: job) }
        let until = clock.boot.saturatingSum(timeout.wholeNanoseconds)
        let end = state.withLock { $0.jobs[job.path]?.endsAt }
        let now = clock.boot
        clock.advance(nanoseconds: max(min(end ?? until, until), now) - now)
        return try look(at: job)
    }

    package func stop(_ job: JobDirectory, _ request: StopRequest) throws(SandboxError) {
        try note(.stop)
        guard case .running = try look(at: job) else { return }
        change(job) { $0.stop(request, at: $1) }
    }

    package func hasProcesses(_ job: JobDirectory) throws(SandboxError) -> Bool {
        try note(.hasProcesses)
        return state.withLock { state in
            state.jobs[job.path]?.settle(at: clock.boot)
            return state.jobs[job.path].map { $0.exit == nil } ?? false
        }
    }

    package func force(_ job: JobDirectory) throws(SandboxError) {
        try note(.force)
        change(job) { $0.end(Self.killed, at: $1) }
    }

    package func pause(_ job: JobDirectory) throws(SandboxError) {
        try note(.pause)
        try requirePlan(job)
        change(job) { $0.pause(at: $1) }
    }

    package func resume(_ job: JobDirectory) throws(SandboxError) {
        try note(.resume)
        try requirePlan(job)
        change(job) { $0.resume(at: $1) }
    }

    package func sample(_ job: JobDirectory) throws(SandboxError) -> RawSample {
        try note(.sample)
        try requirePlan(job)
        let boot = clock.boot
        let sample = state.withLock { state -> RawSample? in
            guard let group = state.groups[job.path] else { return nil }
            state.jobs[job.path]?.settle(at: boot)
            return state.jobs[job.path]?.sample(at: boot, bootID: state.bootID, inode: group.inode)
        }
        guard let sample else { throw .linux(.malformed(object: job.path, reason: "no group")) }
        return sample
    }

    package func release(_ job: JobDirectory) throws(SandboxError) {
        try note(.release)
        try requirePlan(job)
        state.withLock { $0.groups[job.path] = nil }
    }

    package func wipe(_ job: JobDirectory) throws(SandboxError) -> WipeReport {
        try note(.wipe)
        return try remove(job, keepsGroup: false)
    }

    package func clear(_ job: JobDirectory) throws(SandboxError) -> WipeReport {
        try note(.clear)
        return try remove(job, keepsGroup: true)
    }

    private func remove(_ job: JobDirectory, keepsGroup: Bool) throws(SandboxError) -> WipeReport {
        if Files.exists(job.plan), (try? job.readPlan()) != nil, case .running = try look(at: job) {
            throw .startFailed(id: job.path, reason: "it still runs and cannot be wiped")
        }
        var report = WipeReport()
        state.withLock { state in
            if let there = state.jobs.removeValue(forKey: job.path), there.exit == nil { report.ended = 1 }
            if !keepsGroup { state.groups[job.path] = nil }
        }
        do { try Files.removeTree(job.path) } catch { throw .linux(error) }
        report.absent = ["no directory"]
        return report
    }

    package func jobs() throws(SandboxError) -> [JobDirectory] {
        try note(.jobs)
        guard Files.exists(jobsPath) else { return [] }
        do {
            return try Files.names(in: jobsPath).map { JobDirectory(jobs: jobsPath, id: $0) }
                .filter { Files.exists($0.plan) }
        } catch { throw .linux(error) }
    }

    package func prepare(_ image: ImageSource) throws(SandboxError) { try note(.prepare) }
    package func pruneImages() throws(SandboxError) { try note(.pruneImages) }

    package func checkDevices(_ names: [String]) throws(SandboxError) {
        try note(.checkDevices)
        let known = state.withLock { $0.devices }
        for name in names where !known.contains(name) { throw .noDevice(name: name, reason: "nobody described it") }
    }

    private func requirePlan(_ job: JobDirectory) throws(SandboxError) { _ = try job.readPlan() }

    private func change(_ job: JobDirectory, _ body: (inout ScriptedJob, UInt64) -> Void) {
        let boot = clock.boot
        state.withLock { state in
            guard var found = state.jobs[job.path] else { return }
            found.settle(at: boot)
            if found.exit == nil { body(&found, boot) }
            state.jobs[job.path] = found
        }
    }

    private func note(_ verb: Verb) throws(SandboxError) {
        let failure = state.withLock { state -> SandboxError? in
            state.calls.append(verb)
            return state.failures[verb]
        }
        if let failure { throw failure }
    }

    private static let killed = ExitReason.hostFailure(description: "the supervisor of the job died")
}

/// What a test does to the machine.
extension ScriptedDriver {
    /// What the next jobs do, in the order in which they are started; one without a script runs until it is ended.
    package func next(_ scripts: JobScript...) { state.withLock { $0.scripts += scripts } }

    /// From now on the verb fails; nil mends it.
    package func fail(_ verb: Verb, _ error: SandboxError? = .linux(.malformed(object: "x", reason: "a test wants it")))
    {
        state.withLock { $0.failures[verb] = error }
    }

    /// What was asked of it, in order.
    package var calls: [Verb] { state.withLock { $0.calls } }

    /// How often it was asked for this.
    package func count(_ verb: Verb) -> Int { calls.count { $0 == verb } }

    /// Whether starts wait until this is taken back or they are given up; a deaf one comes too far to be given up.
    package func hold(_ isHolding: Bool, isDeaf: Bool = false) {
        state.withLock { state in
            state.isHolding = isHolding
            if isHolding { state.isDeaf = isDeaf }
        }
    }

    /// Where what is sent for a lease is to be read from now on.
    package func read(in place: CgroupPlace) { state.withLock { $0.readers.place = place } }

    /// Within what it was to be read, in the order in which it was asked.
    package var readersAsked: [JobResources] { state.withLock { $0.readers.asked } }

    package func have(_ devices: String...) { state.withLock { $0.devices = Set(devices) } }

    /// What was read for a job has taken so much CPU time.
    package func read(for job: JobDirectory, cpuNanoseconds: UInt64) {
        state.withLock { state in
            _ = Self.group(job, &state)
            state.groups[job.path]?.cpuNanoseconds += cpuNanoseconds
        }
    }

    /// The job ends now, for this reason.
    package func end(_ job: JobDirectory, _ reason: ExitReason) { change(job) { $0.end(reason, at: $1) } }

    /// The supervisor is killed; the job goes with it.
    package func killSupervisor(of job: JobDirectory) { end(job, Self.killed) }

    /// Somebody removes the directory; the job runs on.
    package func lose(_ job: JobDirectory) throws(LinuxError) { try Files.removeTree(job.path) }

    /// The number of the group that counts for a job; nil where there is none.
    package func group(of job: JobDirectory) -> UInt64? { state.withLock { $0.groups[job.path]?.inode } }

    /// The group is gone, and its counters with it.
    package func loseGroup(of job: JobDirectory) { state.withLock { $0.groups[job.path] = nil } }

    /// The machine was started again: nothing runs any more, and no group is left.
    package func restart(after seconds: UInt64 = 60) {
        clock.restart(after: seconds)
        state.withLock { state in
            state.bootID += "+"
            (state.jobs, state.groups) = ([:], [:])
        }
    }

    /// Whether something of the job runs.
    package func runs(_ job: JobDirectory) -> Bool {
        state.withLock { state in
            state.jobs[job.path]?.settle(at: clock.boot)
            return state.jobs[job.path].map { $0.exit == nil } ?? false
        }
    }

    /// The limits with which the latest job of a directory was started.
    package func spec(of job: JobDirectory) -> JobSpec? { state.withLock { $0.jobs[job.path]?.spec } }
}
