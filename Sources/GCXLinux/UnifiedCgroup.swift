import GCXModel
import Glibc

/// A job's group in the v2 tree.
///
/// Source: Documentation/admin-guide/cgroup-v2.rst.
package struct UnifiedCgroup: JobCgroup {
    package let root: String
    package let group: String

    package init(root: String, group: String) {
        self.root = root
        self.group = group
    }

    private var path: String { root + group }  // bounded: joins texts
    private var job: String { "\(path)/\(CgroupPlace.childName)" }
    private var helping: String { "\(path)/\(CgroupPlace.helpersName)" }
    private var reading: String { "\(path)/\(CgroupPlace.readersName)" }
    package var runtimePath: String { "\(group)/\(CgroupPlace.childName)" }
    package var exists: Bool { Files.exists(path) }

    package func create(_ limits: CgroupLimits) throws(LinuxError) {
        for folder in [path, job, helping, reading] { try Files.makeDirectory(folder, mode: 0o755) }
        // Both may use the processors of the lease; the helpers come first, or a job could keep its end away.
        try Files.control("\(path)/cgroup.subtree_control", "+cpu +memory +pids")
        try Files.control("\(path)/cpu.max", "\(limits.quotaMicroseconds) 100000")
        try Files.control("\(path)/cpu.weight", "\(limits.weight)")
        try Files.control("\(helping)/cpu.weight", "10000")
        if let pus = limits.pus { try Files.control("\(path)/cpuset.cpus", "\(pus)") }
        try limit(job, memory: limits.memoryBytes, tasks: limits.pids)
        try limit(helping, memory: LinuxLimits.helperMemoryBytes, tasks: LinuxLimits.helperTasks)
        try limit(reading, memory: limits.readerMemoryBytes, tasks: LinuxLimits.helperTasks)
        // All or nothing: a job that lost one process to the memory limit would go on half dead.
        try Files.control("\(job)/memory.oom.group", "1")
    }

    private func limit(_ folder: String, memory: UInt64, tasks: UInt64) throws(LinuxError) {
        try Files.control("\(folder)/memory.max", "\(memory)")
        // A kernel without swap has no such file, and needs none.
        if Files.exists("\(folder)/memory.swap.max") { try Files.control("\(folder)/memory.swap.max", "0") }
        try Files.control("\(folder)/pids.max", "\(tasks)")
    }

    package func limitIO(_ limits: [IOLimit]) throws(LinuxError) {
        for limit in limits { try Files.control("\(path)/io.max", limit.line) }
    }

    package func sample() throws(LinuxError) -> RawSample {
        let cpu = try Files.text("\(path)/cpu.stat")
        guard let microseconds = CgroupText.value("usage_usec", in: cpu) else {
            throw .malformed(object: "\(path)/cpu.stat", reason: "no usage_usec")
        }
        let io = Files.lineIfPresent("\(path)/io.stat")
        return RawSample(
            bootID: try BootID.read(), bootNanoseconds: BootClock.now(), cgroupInode: try CgroupTree.inode(of: path),
            cpuNanoseconds: microseconds.saturatingProduct(1_000),
            memoryCurrentBytes: Files.numberIfPresent("\(job)/memory.current"),
            memoryPeakBytes: Files.numberIfPresent("\(job)/memory.peak"),
            pids: Files.numberIfPresent("\(job)/pids.current"),
            ioReadBytes: io.flatMap { CgroupText.sum("rbytes", inIOStat: $0) },
            ioWriteBytes: io.flatMap { CgroupText.sum("wbytes", inIOStat: $0) },
            throttledNanoseconds: CgroupText.value("throttled_usec", in: cpu).map { $0.saturatingProduct(1_000) },
            oomKills: oomKills())
    }

    package func oomKills() -> UInt64? {
        Files.lineIfPresent("\(job)/memory.events").flatMap { CgroupText.value("oom_kill", in: $0) }
    }

    package func processes() throws(LinuxError) -> [pid_t] { try CgroupTree.processes(below: job) }

    package func helpers() throws(LinuxError) -> [pid_t] {
        // bounded: joins lists
        try CgroupTree.processes(below: helping) + CgroupTree.processes(below: reading)
    }

    package var readerFiles: [String] { ["\(reading)/cgroup.procs"] }

    package func readerUsage() -> ReaderUsage {
        ReaderUsage(
            cpuNanoseconds: Files.lineIfPresent("\(reading)/cpu.stat")
                .flatMap { CgroupText.value("usage_usec", in: $0) }
                .map { $0.multipliedReportingOverflow(by: 1000).partialValue },
            memoryBytesMax: Files.numberIfPresent("\(reading)/memory.max"),
            oomKills: Files.lineIfPresent("\(reading)/memory.events")
                .flatMap { CgroupText.value("oom_kill", in: $0) })
    }

    package func adoptHelper() throws(LinuxError) { try Files.control("\(helping)/cgroup.procs", "0") }

    package func freeze() throws(LinuxError) {
        try Files.control("\(job)/cgroup.freeze", "1")
        let deadline = BootClock.now().saturatingSum(LinuxLimits.freezeTimeout.wholeNanoseconds)
        while CgroupText.value("frozen", in: try Files.text("\(job)/cgroup.events")) != 1 {
            if BootClock.now() >= deadline {
                throw .timedOut(operation: "freeze", object: job, after: LinuxLimits.freezeTimeout)
            }
            pause(for: LinuxLimits.pollInterval)
        }
    }

    package func thaw() throws(LinuxError) { try Files.control("\(job)/cgroup.freeze", "0") }

    package func killAll() throws(LinuxError) {
        do {
            try Files.control("\(job)/cgroup.kill", "1")
        } catch  where error.isNotFound {
            return
        }
    }

    package func remove() throws(LinuxError) { try CgroupTree.remove(path) }
}

/// The part of the v2 tree that belongs to the agent.
package struct DelegatedSubtree: Sendable {
    package let root: String
    /// The agent's delegated group; "" is the root of the tree.
    package let base: String

    package init(root: String, base: String) {
        self.root = root
        self.base = base == "/" ? "" : base
    }

    /// The parent of all jobs.
    package var jobs: String { "\(base)/gcx" }

    /// Where supervisors live: apart from the agent, whose service may be stopped and restarted around them.
    package var supervisors: String { "\(base)/supervisors" }

    /// Moves the calling process there.
    package func holdSupervisor() throws(LinuxError) {
        try Files.control("\(root)\(supervisors)/cgroup.procs", "0")
    }

    /// Makes room for jobs: moves every process of the base into its leaf `agent`, because a group may hold
    /// processes or controlled children but not both, then hands the controllers down.
    ///
    /// - Throws: ``LinuxError/unsupported(what:reason:)`` when a needed controller is not delegated.
    package func prepare() throws(LinuxError) {
        let path = root + base  // bounded: joins texts
        guard Files.exists(path) else {
            throw .unsupported(
                what: "the delegated cgroup \(path)",
                reason:
                    "it is not there; start the unit that holds it (`systemctl start gcx-jobs`), or change job.cgroup_base"
            )
        }
        let offered = Set(try Files.text("\(path)/cgroup.controllers").split { $0.isWhitespace }.map(String.init))
        for needed in CgroupLayout.neededControllers where !offered.contains(needed) {
            throw .unsupported(
                what: "cgroup controller `\(needed)` in \(path)", reason: "set `Delegate=yes` for the unit")
        }
        if !base.isEmpty { try vacate(path) }
        let wanted = (CgroupLayout.neededControllers + ["io", "cpuset"]).filter(offered.contains)
        for group in [jobs, supervisors] { try Files.makeDirectory(root + group, mode: 0o755) }  // bounded: joins texts
        let line = wanted.map { "+\($0)" }.joined(separator: " ")
        try Files.control("\(path)/cgroup.subtree_control", line)
        // bounded: joins texts
        try Files.control("\(root + jobs)/cgroup.subtree_control", line)
    }

    private func vacate(_ path: String) throws(LinuxError) {
        try Files.makeDirectory("\(path)/agent", mode: 0o755)
        for _ in 0..<LinuxLimits.movedProcessesMax {
            let here = try Files.text("\(path)/cgroup.procs").split(separator: "\n")
            guard let pid = here.first else { return }
            do {
                try Files.control("\(path)/agent/cgroup.procs", String(pid))
            } catch .systemCall(_, _, ESRCH) {
                continue
            }
        }
    }
}
