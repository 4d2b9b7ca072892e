import GCXJobLog
package import GCXLinux
package import GCXModel
package import GCXSandbox
import Synchronization

/// A driver that runs nothing: its jobs do what their scripts say, by the clock of the test.
///
/// It keeps to the same facts as a real one (``DriverConformance``): in a job's directory lie the plan, the log, the output and
/// the end; the meter is that of a group which may outlive it. One driver serves every life of an agent. What was sent it reads
/// as a real one does, where it was made to.
package final class ScriptedDriver: RuntimeDriver {
    /// What can be made to fail, and is noted in ``calls``.
    package enum Verb: Hashable, Sendable {
        case digest, inspect, readingNanoseconds, start, recover, wait, stop, hasProcesses, force, pause, resume,
            sample, release, wipe
        case clear, pruneImages, checkDevices, names, traces, keepLog, forgetLogs
    }

    struct Group: Sendable {
        var inode: UInt64
        var cpuNanoseconds: UInt64 = 0
    }

    struct State: Sendable {
        var scripts: [JobScript] = []
        var jobs: [JobName: ScriptedJob] = [:]
        var groups: [JobName: Group] = [:]
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
    private let history: LogHistory
    package let clock: TestClock
    private let isReading: Bool
    let state = Mutex(State())

    /// - Parameter isReading: whether archives are looked through by the program that a real driver has do it.
    package init(jobs path: String, history: String, clock: TestClock, isReading: Bool = false) {
        (jobsPath, self.history, self.clock) = (path, LogHistory(path: history), clock)
        self.isReading = isReading
    }

    package var facts: DriverFacts { .scripted }

    package func directory(_ job: JobName) -> JobDirectory { JobDirectory(jobs: jobsPath, name: job) }

    package func start(_ order: JobOrder, with files: JobFiles, stop: StopFlag?) throws(SandboxError) {
        try note(.start)
        let job = order.name
        try waitForGate(job, stop)
        try order.validate()
        guard !Files.exists(directory(job).plan) else { throw .jobExists(id: job.text) }
        let script = state.withLock { $0.scripts.isEmpty ? .runs : $0.scripts.removeFirst() }
        if let failure = script.failure {
            state.withLock { $0.groups[job] = nil }
            throw failure
        }
        let end = try lay(out: directory(job), order, script)
        state.withLock { state in
            let group = Self.group(job, &state)
            var scripted = ScriptedJob(
                order, script, bootID: state.bootID, at: clock.boot, countedBefore: group.cpuNanoseconds)
            scripted.log = end
            state.jobs[job] = scripted
        }
    }

    /// A start that is held goes on when the gate opens, or ends when it is given up.
    private func waitForGate(_ job: JobName, _ stop: StopFlag?) throws(SandboxError) {
        let isOver = { [self] in state.withLock { !$0.isDeaf } && stop?.isRaised == true }
        while state.withLock({ $0.isHolding }), !isOver() { GCXLinux.pause(for: .milliseconds(1)) }
        if isOver() { throw .startFailed(id: job.text, reason: "the start was given up") }
    }

    /// The files of a job that has begun.
    private func lay(out job: JobDirectory, _ order: JobOrder, _ script: JobScript) throws(SandboxError) -> JobLogEnd {
        let plan = JobPlan(
            order, user: 0, ids: IDMap(base: 100_000),
            runtime: RuntimeChoice(.crun, path: "/nowhere", because: "scripted"),
            place: CgroupPlace(layout: .unified(root: "/nowhere"), group: "/\(order.name)"),
            bootID: state.withLock { $0.bootID })
        do throws(LinuxError) {
            try Files.makeDirectories(job.path, mode: 0o700)
            try plan.write(to: job)
            guard !script.says.isEmpty else { return JobLogEnd() }
            var log = try JobLogWriter(job.log, limit: order.logBytesMax, keep: order.logKeep)
            try log.write(.output, Array(script.says.utf8))
            return try JobLogFolder(path: job.log).end() ?? JobLogEnd()
        } catch {
            throw .linux(error)
        }
    }

    package func digest(
        of file: OpenFile, sentAs kind: SentKind, for job: JobName, _ bounds: ReadingBounds, stop: StopFlag?
    ) throws(SandboxError) -> String {
        try note(.digest)
        let run = run(for: job, bounds, stop)
        guard isReading else {
            do { return try SHA256Hex.ofFile("/proc/self/fd/\(file.number)").hex } catch { throw .linux(error) }
        }
        do throws(ImageError) {
            return try Unpacker.located().digests(of: [file], label: kind.label, run: run).first ?? ""
        } catch { throw .image(error) }
    }

    package func inspect(
        _ file: OpenFile, sentAs kind: SentKind, for job: JobName, _ bounds: ReadingBounds, stop: StopFlag?
    ) throws(SandboxError) {
        try note(.inspect)
        let run = run(for: job, bounds, stop)
        guard isReading else { return }
        let limits = ArchiveLimits(entriesMax: SandboxLimits.sentEntriesMax, bytesMax: bounds.bytesMax)
        do throws(ImageError) {
            _ = try Unpacker.located().inspect(
                file.file, label: kind.label, rules: kind.rules, limits: limits, run: run)
        } catch { throw kind == .input ? .input(error) : .image(error) }
    }

    private func run(for job: JobName, _ bounds: ReadingBounds, _ stop: StopFlag?) -> Unpacker.Run {
        state.withLock { state in
            _ = Self.group(job, &state)
            state.readers.asked.append(bounds.resources)
            return Unpacker.Run(place: state.readers.place, stop: stop)
        }
    }

    package func readingNanoseconds(of job: JobName) throws(SandboxError) -> UInt64? {
        try note(.readingNanoseconds)
        return nil
    }

    static func group(_ job: JobName, _ state: inout State) -> Group {
        if let group = state.groups[job] { return group }
        state.groupsMade += 1
        let group = Group(inode: state.groupsMade)
        state.groups[job] = group
        return group
    }

    package func recover(_ job: JobName) throws(SandboxError) -> JobCondition {
        try note(.recover)
        return try look(at: job)
    }

    private func look(at job: JobName) throws(SandboxError) -> JobCondition {
        let plan = try directory(job).readPlan()
        let (boot, now) = (clock.boot, state.withLock { $0.bootID })
        let found = state.withLock { state -> ScriptedJob? in
            state.jobs[job]?.settle(at: boot)
            return state.jobs[job]
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
            return .running(since: found.started)
        }
        try keep(exit, found.script.output, directory(job))
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
    package func wait(_ job: JobName, timeout: Duration) throws(SandboxError) -> JobCondition {
        try note(.wait)
        guard case .running = try look(at: job) else { return try look(at: job) }
        let until = clock.boot.saturatingSum(timeout.wholeNanoseconds)
        let end = state.withLock { $0.jobs[job]?.endsAt }
        let now = clock.boot
        clock.advance(nanoseconds: max(min(end ?? until, until), now) - now)
        return try look(at: job)
    }

    package func stop(_ job: JobName, _ request: StopRequest) throws(SandboxError) {
        try note(.stop)
        guard case .running = try look(at: job) else { return }
        change(job) { $0.stop(request, at: $1) }
    }

    package func hasProcesses(_ job: JobName) throws(SandboxError) -> Bool {
        try note(.hasProcesses)
        return state.withLock { state in
            state.jobs[job]?.settle(at: clock.boot)
            return state.jobs[job].map { $0.exit == nil } ?? false
        }
    }

    package func force(_ job: JobName) throws(SandboxError) {
        try note(.force)
        change(job) { $0.end(Self.killed, at: $1) }
    }

    package func pause(_ job: JobName) throws(SandboxError) {
        try note(.pause)
        try requirePlan(job)
        change(job) { $0.pause(at: $1) }
    }

    package func resume(_ job: JobName) throws(SandboxError) {
        try note(.resume)
        try requirePlan(job)
        change(job) { $0.resume(at: $1) }
    }

    package func sample(_ job: JobName) throws(SandboxError) -> RawSample {
        try note(.sample)
        try requirePlan(job)
        let boot = clock.boot
        let sample = state.withLock { state -> RawSample? in
            guard let group = state.groups[job] else { return nil }
            state.jobs[job]?.settle(at: boot)
            return state.jobs[job]?.sample(at: boot, bootID: state.bootID, inode: group.inode)
        }
        guard let sample else { throw .linux(.malformed(object: job.text, reason: "no group")) }
        return sample
    }

    package func release(_ job: JobName) throws(SandboxError) {
        try note(.release)
        try requirePlan(job)
        state.withLock { $0.groups[job] = nil }
    }

    package func wipe(_ job: JobName) throws(SandboxError) -> WipeReport {
        try note(.wipe)
        return try remove(job, keepsGroup: false)
    }

    package func clear(_ job: JobName) throws(SandboxError) -> WipeReport {
        try note(.clear)
        return try remove(job, keepsGroup: true)
    }

    private func remove(_ job: JobName, keepsGroup: Bool) throws(SandboxError) -> WipeReport {
        let there = directory(job)
        if Files.exists(there.plan), (try? there.readPlan()) != nil, case .running = try look(at: job) {
            throw .startFailed(id: job.text, reason: "it still runs and cannot be wiped")
        }
        var report = WipeReport()
        state.withLock { state in
            if let there = state.jobs.removeValue(forKey: job), there.exit == nil { report.ended = 1 }
            if !keepsGroup { state.groups[job] = nil }
        }
        do { try Files.removeTree(there.path) } catch { throw .linux(error) }
        report.absent = ["no directory"]
        return report
    }

    package func names() throws(SandboxError) -> [JobName] {
        try note(.names)
        return try found().filter { Files.exists(directory($0).plan) }
    }

    package func traces() throws(SandboxError) -> [JobName] {
        try note(.traces)
        return Array(Set(try found()).union(state.withLock { $0.groups.keys }))
    }

    private func found() throws(SandboxError) -> [JobName] {
        guard Files.exists(jobsPath) else { return [] }
        do { return try Files.names(in: jobsPath).compactMap { try? JobName($0) } } catch { throw .linux(error) }
    }

    package func keepLog(of job: JobName, as number: UInt64?, bytesMax: UInt64) throws(SandboxError) {
        try note(.keepLog)
        do { try history.keep(directory(job).log, of: job, as: number, bytesMax: bytesMax) } catch {
            throw .linux(error)
        }
    }

    package func forgetLogs(of job: JobName) throws(SandboxError) {
        try note(.forgetLogs)
        do { try history.remove(job) } catch { throw .linux(error) }
    }

    package func pruneImages() throws(SandboxError) { try note(.pruneImages) }

    package func checkDevices(_ names: [String]) throws(SandboxError) {
        try note(.checkDevices)
        let known = state.withLock { $0.devices }
        for name in names where !known.contains(name) { throw .noDevice(name: name, reason: "nobody described it") }
    }

    private func requirePlan(_ job: JobName) throws(SandboxError) { _ = try directory(job).readPlan() }

    func change(_ job: JobName, _ body: (inout ScriptedJob, UInt64) -> Void) {
        let boot = clock.boot
        state.withLock { state in
            guard var found = state.jobs[job] else { return }
            found.settle(at: boot)
            if found.exit == nil { body(&found, boot) }
            state.jobs[job] = found
        }
    }

    private func note(_ verb: Verb) throws(SandboxError) {
        let failure = state.withLock { state -> SandboxError? in
            state.calls.append(verb)
            return state.failures[verb]
        }
        if let failure { throw failure }
    }

    static let killed = ExitReason.hostFailure(description: "the supervisor of the job died")
}
