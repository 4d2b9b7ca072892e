import GCXJobLog
import GCXLinux
import GCXModel
import Glibc

/// Runs one job from its first instruction to its last trace, in a process of its own that outlives the agent.
///
/// Thread rule: one thread, the main one: mount namespaces and signal masks belong to threads. A job is run once, and running
/// it uses this up.
package struct Supervisor: ~Copyable {
    /// The program, as the kernel names its processes.
    static let programName = "gcx-supervisor"
    /// Descriptors that the driver hands over.
    package static let lockDescriptor: Int32 = 3
    package static let readyDescriptor: Int32 = 4

    let directory: JobDirectory
    let plan: JobPlan
    let paths = SandboxPaths()
    let cgroup: any JobCgroup
    let runtime: Runtime
    let signals: Signals
    var log: JobLogWriter
    var record: SupervisorRecord

    /// The job's first process, and how it ended.
    var initPID: pid_t?
    var status: WaitStatus?
    /// What this process ends the job for, and when it stops being patient.
    var ending: ExitReason?
    var killAt: UInt64?
    var startedAt: UInt64?
    /// What the runtime said in the place of the program, which it could not run.
    var execFailure: ProgramFailure?
    /// True once the job has written something.
    var hasOutput = false
    /// Nil until this process is in a mount namespace of its own.
    private var mounts: SandboxMounts?
    /// True once what this process does counts to the job.
    private(set) var isHelper = false
    /// Nil for a job without a network, before it has one, and once it is taken down.
    var connection: Connection?

    /// - Throws: ``SandboxError`` when the plan cannot be read; nothing has been started then.
    package init(_ directory: JobDirectory) throws(SandboxError) {
        let plan = try directory.readPlan()
        let record = SupervisorRecord(
            pid: getpid(), startTicks: ProcessTable.startTicks(of: getpid()) ?? 0, bootID: plan.bootID)
        do throws(LinuxError) {
            try plan.place.holdSupervisor()
            let signals = try Signals([SIGCHLD, SIGTERM, SIGINT, SIGHUP])
            let log = try JobLogWriter(directory.log, limit: plan.spec.logBytesMax, keep: plan.spec.logKeep)
            try JSONFile.writeVolatile(record, to: directory.supervisor)
            try Children.adoptOrphans()
            self.signals = signals
            self.log = log
        } catch {
            throw .linux(error)
        }
        self.directory = directory
        self.plan = plan
        self.record = record
        cgroup = plan.place.cgroup
        runtime = Runtime(choice: plan.runtime, paths: paths, logPath: directory.runtimeLog)
    }

    /// Runs the job to its end. Returns when nothing of it is left but the files in its directory.
    ///
    /// - Parameter ready: called once the job runs, and not at all when it never does.
    package consuming func run(ready: () -> Void) {
        if let failure = plan.process.failure {
            let reason = refuse(failure)
            return finish(reason)
        }
        let reason: ExitReason
        do {
            let ends = try start()
            ready()
            try attend(ends.output, ends.error)
            reason = conclude()
        } catch {
            reason = fail(error)
        }
        finish(reason)
    }

    /// Both reading ends of the job's output.
    struct Ends: ~Copyable {
        var output: FileDescriptor
        var error: FileDescriptor
    }

    private mutating func start() throws(LinuxError) -> Ends {
        let networkLock = plan.network == nil ? nil : try openNetworkLock()
        mounts = try SandboxMounts(plan: plan, directory: directory, paths: paths)
        record.mountNamespace = ProcessTable.mountNamespace(of: "self")
        try JSONFile.writeVolatile(record, to: directory.supervisor)
        let limits = plan.spec.resources.ioLimits(of: try mounts?.assemble() ?? [])
        try cgroup.limitIO(limits)
        let bundle = OCIBundle.job(plan, sandbox: paths, io: limits, disks: BlockDevice.systemDirectories())
        let text = try JSONFile.encode(bundle, object: directory.bundle)
        for path in [directory.bundle, "\(paths.bundle)/config.json"] {
            try DurableFile.replace(path, with: text, mode: 0o640)
        }
        if plan.inheritsLimits == true {
            for limit in plan.limits { try ResourceLimits.set(limit.kind, soft: limit.soft, hard: limit.hard) }
        }
        let output = try Pipe()
        let error = try Pipe()
        output.widen(to: SandboxLimits.outputPipeBytes)
        error.widen(to: SandboxLimits.outputPipeBytes)
        if let network = plan.network, let networkLock {
            try runConnected(network, lock: networkLock, output: output.write.number, error: error.write.number)
        } else {
            try runtime.run(plan.spec.id, output: output.write.number, error: error.write.number)
        }
        startedAt = BootClock.now()
        let pid = try readInitPID()
        initPID = pid
        record.initPID = pid
        record.startedBootNanoseconds = startedAt
        try JSONFile.writeVolatile(record, to: directory.supervisor)
        return Ends(output: output.closeWriter(), error: error.closeWriter())
    }

    /// The job's first process, as the runtime says.
    func readInitPID() throws(LinuxError) -> pid_t {
        let number = try Files.text(paths.pidFile)
        guard let pid = pid_t(number.filter { !$0.isWhitespace }) else {
            throw .malformed(object: paths.pidFile, reason: "not a process id")
        }
        return pid
    }

    /// The end of a job whose program cannot be run, as was seen before anything was started.
    private mutating func refuse(_ failure: ProgramFailure) -> ExitReason {
        try? log.write(.sandbox, Array("gcx: \(failure.words)\n".utf8))
        return .exited(code: failure.status)
    }

    /// The end of a job whose first process is gone.
    private func conclude() -> ExitReason {
        guard let status else { return .hostFailure(description: "the job's first process was never seen to end") }
        if let execFailure, status != .exited(0), ending == nil { return .exited(code: execFailure.status) }
        return ExitVerdict.reason(status: status, ending: ending, oomKills: cgroup.oomKills())
    }

    /// The end of a job that could not be started or attended: a program that is not there is the buyer's, the rest ours.
    private mutating func fail(_ error: LinuxError) -> ExitReason {
        if case .toolFailed(runtime.choice.kind.rawValue, _, let words) = error,
            let failure = RuntimeWords.failure(ofStart: words, program: plan.process.arguments.first ?? "")
        {
            return refuse(failure)
        }
        return .hostFailure(description: Untrusted(error.description))
    }

    /// Ends what is left, packs the output, takes everything down and writes the exit record, in this order.
    private consuming func finish(_ end: ExitReason) {
        let ended = BootClock.now()
        let oomKills = cgroup.oomKills()
        var reason = end
        var output = PackedOutput()
        // A runtime that failed may have left a child that still makes the container.
        let isAlone = Children.endAll(timeout: SandboxLimits.killTimeout)
        if !isAlone { reason = .hostFailure(description: "a process of the runtime could not be ended") }
        do {
            try cgroup.killAll()
            _ = try cgroup.waitUntilEmpty(timeout: SandboxLimits.killTimeout)
            output = try packOutput()
        } catch {
            reason = .hostFailure(description: Untrusted(error.description))
        }
        let storage = Disk.bytesTaken(by: directory.scratch)
        let traffic = networkBytes()
        // What the runtime wrote about the container lies in this namespace, and its group in the driver's: once no
        // process is left there is nothing that its own `delete` would add but 5 ms.
        disconnect()
        mounts.take()?.dismantle()
        let (directory, id) = (directory, plan.spec.id)
        let log = log.finish()
        if let failure = log.failure { reason = .hostFailure(description: Untrusted(failure.description)) }
        let exit = JobExit(
            reason: reason, statusCode: status?.code, oomKills: oomKills, bootID: plan.bootID,
            startedBootNanoseconds: startedAt, endedBootNanoseconds: ended, endedWallNanoseconds: WallClock.now(),
            logBytes: log.bytes, logDigest: log.head, logDroppedBytes: log.droppedBytes, storageBytes: storage,
            outputBytes: output.bytes, outputDigest: output.digest, outputProblem: output.problem,
            egressBytes: traffic?.sent, ingressBytes: traffic?.received)
        do {
            try JSONFile.write(exit, to: directory.exit)
        } catch {
            // Without the record, the agent finds the lock free and reports a host failure, which this is.
            Self.complain("exit record not written: \(error.description)", of: id)
        }
    }

    /// From here on what this process does, and those that it starts, counts to the job. A supervisor that has only looked
    /// after its job so far is the machine's own cost.
    mutating func becomeHelper() throws(LinuxError) {
        if isHelper { return }
        isHelper = true
        try cgroup.adoptHelper()
    }

    static func complain(_ text: String, of id: String) {
        _ = unsafe "gcx-supervisor: \(id): \(text)\n".withCString { unsafe write(2, $0, strlen($0)) }
    }
}
