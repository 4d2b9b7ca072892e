import GCXJobLog
import GCXLinux
package import GCXModel
import Glibc

extension OCIRuntimeDriver {
    /// All jobs that have a directory.
    package func jobs() throws(SandboxError) -> [JobDirectory] {
        let names = try sandboxed { () throws(LinuxError) in try Files.names(in: jobsPath) }
        return names.map { JobDirectory(jobs: jobsPath, id: $0) }.filter { Files.exists($0.plan) }
    }

    package func checkDevices(_ names: [String]) throws(SandboxError) { _ = try devices.edits(for: names) }

    package func recover(_ job: JobDirectory) throws(SandboxError) -> JobState {
        let plan = try job.readPlan()
        let record = try job.read(SupervisorRecord.self, job.supervisor)
        if let record { collect(record) }
        // The lock is looked at before the exit record: once it is free, the record will not change any more.
        if try sandboxed({ () throws(LinuxError) in try FileLock.isHeld(job.lock) }) {
            return .running(RunningJob(directory: job, plan: plan, supervisor: record))
        }
        if let exit = try job.readExit() { return .ended(exit) }
        return .ended(try declareLost(job, plan, record))
    }

    package func wait(_ job: JobDirectory, timeout: Duration) throws(SandboxError) -> JobState {
        let deadline = BootClock.now().saturatingSum(timeout.wholeNanoseconds)
        while true {
            let state = try recover(job)
            let now = BootClock.now()
            guard case .running(let running) = state, now < deadline else { return state }
            guard let pid = alive(running.supervisor) else {
                GCXLinux.pause(for: LinuxLimits.pollInterval)
                continue
            }
            // bounded: the deadline is ahead, asked first
            let left = Duration.nanoseconds(Int64(clamping: deadline - now))
            try sandboxed { () throws(LinuxError) in
                if let handle = try PidFD.open(pid) { _ = try handle.waitForExit(timeout: left) }
            }
        }
    }

    package func stop(_ job: JobDirectory, _ request: StopRequest) throws(SandboxError) {
        guard case .running(let running) = try recover(job) else { return }
        try sandboxed { () throws(LinuxError) in
            try JSONFile.write(request, to: job.stop)
            // Before the supervisor has said who it is, the file alone is enough: it is looked for at every tick.
            guard let pid = alive(running.supervisor), let handle = try PidFD.open(pid) else { return }
            try handle.send(SIGTERM)
        }
    }

    package func pause(_ job: JobDirectory) throws(SandboxError) {
        let cgroup = try job.readPlan().place.cgroup
        try sandboxed { () throws(LinuxError) in try cgroup.freeze() }
    }

    package func resume(_ job: JobDirectory) throws(SandboxError) {
        let cgroup = try job.readPlan().place.cgroup
        try sandboxed { () throws(LinuxError) in try cgroup.thaw() }
    }

    package func sample(_ job: JobDirectory) throws(SandboxError) -> RawSample {
        let plan = try job.readPlan()
        let cgroup = plan.place.cgroup
        var sample = try sandboxed { () throws(LinuxError) in try cgroup.sample() }
        if let network = plan.network { try addTraffic(of: job, network, to: &sample) }
        sample.storageBytes = Disk.bytesTaken(by: job.scratch)
        // The writable layer and the v1 counter of kills go with the job; their last values are in its exit record.
        if sample.storageBytes == nil, let exit = try job.readExit() {
            sample.storageBytes = exit.storageBytes
            sample.oomKills = sample.oomKills ?? exit.oomKills
        }
        return sample
    }

    package func release(_ job: JobDirectory) throws(SandboxError) {
        let cgroup = try job.readPlan().place.cgroup
        try sandboxed { () throws(LinuxError) in try cgroup.remove() }
    }

    package func hasProcesses(_ job: JobDirectory) throws(SandboxError) -> Bool {
        try sandboxed { () throws(LinuxError) in try !place(of: job.id).cgroup.processes().isEmpty }
    }

    package func force(_ job: JobDirectory) throws(SandboxError) {
        let record = try? job.read(SupervisorRecord.self, job.supervisor)
        try sandboxed { () throws(LinuxError) in
            if let pid = alive(record), let handle = try PidFD.open(pid) {
                try handle.send(SIGKILL)
                _ = try handle.waitForExit(timeout: SandboxLimits.killTimeout)
            }
            _ = try endAll(of: job, place(of: job.id).cgroup)
        }
    }

    /// Ends what a supervisor that died in the middle of its work has left at work: a runtime that makes the container
    /// would bring it to life in a group that was removed, and a tar would hold the writable layer.
    ///
    /// - Returns: whom it ended.
    @discardableResult
    func endRemains(of job: JobDirectory) throws(LinuxError) -> Set<pid_t> {
        let deadline = BootClock.now().saturatingSum(SandboxLimits.killTimeout.wholeNanoseconds)
        // A supervisor that has written its end has left nobody, and its namespace may be another's by now.
        let isOver = Files.exists(job.exit)
        let record = isOver ? nil : try? job.read(SupervisorRecord.self, job.supervisor)
        var ended: Set<pid_t> = []
        while true {
            let remains = ProcessTable.confined(
                naming: job.path, namespace: record?.mountNamespace, owner: Supervisor.programName)
            if remains.isEmpty {
                ended.forEach(collect)
                return ended
            }
            for pid in remains { kill(pid, SIGKILL) }
            ended.formUnion(remains)
            guard BootClock.now() < deadline else {
                throw .timedOut(
                    operation: "kill", object: "supervisor of \(job.path)", after: SandboxLimits.killTimeout)
            }
            GCXLinux.pause(for: .milliseconds(1))
        }
    }

    /// Ends the job's processes and its helpers, by what its control group says, and whoever works in its mounts.
    ///
    /// - Returns: how many there were.
    func endAll(of job: JobDirectory, _ cgroup: any JobCgroup) throws(LinuxError) -> Int {
        // bounded: joins lists
        var there: Set<pid_t> = cgroup.exists ? Set(try cgroup.processes() + cgroup.helpers()) : []
        there.formUnion(try endRemains(of: job))
        guard cgroup.exists else { return there.count }
        let deadline = BootClock.now().saturatingSum(SandboxLimits.killTimeout.wholeNanoseconds)
        while case let helpers = try cgroup.helpers(), !helpers.isEmpty {
            for pid in helpers {
                kill(pid, SIGKILL)
                collect(pid)
            }
            guard BootClock.now() < deadline else {
                throw .timedOut(operation: "kill", object: "helpers of \(job.path)", after: SandboxLimits.killTimeout)
            }
            GCXLinux.pause(for: .milliseconds(1))
        }
        try cgroup.killAll()
        if try !cgroup.waitUntilEmpty(timeout: SandboxLimits.killTimeout) {
            throw .timedOut(operation: "kill", object: cgroup.runtimePath, after: SandboxLimits.killTimeout)
        }
        return there.count
    }

    /// A supervisor that is gone without a word: the job is ended, and the reason recorded once and for all.
    ///
    /// The mounts went with the processes of their namespace, and the loop device with the mounts.
    private func declareLost(
        _ job: JobDirectory, _ plan: JobPlan, _ record: SupervisorRecord?
    ) throws(SandboxError) -> JobExit {
        let boot = try sandboxed { () throws(LinuxError) in try BootID.read() }
        let oomKills = plan.place.cgroup.oomKills()
        // The counters go with the interface, and that with the job's last process.
        let traffic = record?.interface == nil ? nil : plan.network.flatMap { HostNetwork.bytes($0) }
        try sandboxed { () throws(LinuxError) in
            _ = try endAll(of: job, plan.place.cgroup)
            if let interface = record?.interface { try HostNetwork().disconnect(interface) }
            try Files.remove(job.scratch)
        }
        let why =
            boot != plan.bootID
            ? "the machine was restarted while the job ran"
            : record == nil ? "the job was never started" : "the supervisor of the job died"
        // What cannot be read is not mended here: whoever checks the log is told where.
        let log = JobLogFolder(path: job.log)
        _ = try? log.cut()
        let end = (try? log.end()) ?? JobLogEnd()
        let exit = JobExit(
            reason: .hostFailure(description: Untrusted(why)), statusCode: nil, oomKills: oomKills, bootID: plan.bootID,
            startedBootNanoseconds: record?.startedBootNanoseconds, endedBootNanoseconds: BootClock.now(),
            endedWallNanoseconds: WallClock.now(), logBytes: end.offset, logDigest: end.head, logDroppedBytes: 0,
            storageBytes: nil, outputBytes: nil, egressBytes: traffic?.sent, ingressBytes: traffic?.received)
        try sandboxed { () throws(LinuxError) in try JSONFile.write(exit, to: job.exit) }
        return exit
    }

    /// The supervisor's pid while it is that very process.
    func alive(_ record: SupervisorRecord?) -> pid_t? {
        guard let record, ProcessTable.startTicks(of: record.pid) == record.startTicks else { return nil }
        return record.pid
    }

    /// Collects a process that was killed, when it is a child of this one.
    private func collect(_ pid: pid_t) {
        var status: Int32 = 0
        let deadline = BootClock.now().saturatingSum(SandboxLimits.killTimeout.wholeNanoseconds)
        while unsafe waitpid(pid, &status, WNOHANG) == 0, BootClock.now() < deadline {
            GCXLinux.pause(for: .milliseconds(1))
        }
    }

    /// Collects the supervisor when it has ended and is a child of this very process, so that no zombie stays.
    private func collect(_ record: SupervisorRecord) {
        guard alive(record) != nil else { return }
        var status: Int32 = 0
        _ = unsafe waitpid(record.pid, &status, WNOHANG)
    }
}
