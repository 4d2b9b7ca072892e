import GCXModel
import Glibc

/// A job's groups in the v1 trees, one per controller, all of the same name.
///
/// Every v1 tree gets the group, also those without a limit: the runtime makes its child in all of them, and
/// whoever makes the parent can remove it. Source: Documentation/admin-guide/cgroup-v1.
package struct LegacyCgroup: JobCgroup {
    let controllers: [String: String]
    let unifiedRoot: String?
    package let group: String

    package var runtimePath: String { "\(group)/\(CgroupPlace.childName)" }
    package var exists: Bool { Files.exists(path("cpuacct")) }

    /// The group's directory in the tree of `controller`, which ``CgroupLayout/parse(mountInfo:)`` found mounted.
    // bounded: a dictionary; joins texts
    private func path(_ controller: String) -> String { (controllers[controller] ?? "/sys/fs/cgroup/missing") + group }

    /// Every tree once, although `cpu` and `cpuacct` are often one.
    private var roots: [String] { Set(controllers.values).sorted() }

    package func create(_ limits: CgroupLimits) throws(LinuxError) {
        for root in roots { try Files.makeDirectories(root + group, mode: 0o755) }  // bounded: joins texts
        if let cpuset = controllers["cpuset"] {
            try inheritCPUs(cpuset)
            if let pus = limits.pus { try Files.control("\(cpuset)\(group)/cpuset.cpus", "\(pus)") }
        }
        try Files.control("\(path("cpu"))/cpu.shares", "\(limits.shares)")
        try Files.control("\(path("cpu"))/cpu.cfs_period_us", "100000")
        try Files.control("\(path("cpu"))/cpu.cfs_quota_us", "\(limits.quotaMicroseconds)")
        for (name, memory, tasks) in [
            (CgroupPlace.childName, limits.memoryBytes, limits.pids),
            (CgroupPlace.helpersName, LinuxLimits.helperMemoryBytes, LinuxLimits.helperTasks),
            (CgroupPlace.readersName, limits.readerMemoryBytes, LinuxLimits.helperTasks),
        ] {
            try limitMemory("\(path("memory"))/\(name)", memory)
            try Files.makeDirectories("\(path("pids"))/\(name)", mode: 0o755)
            try Files.control("\(path("pids"))/\(name)/pids.max", "\(tasks)")
        }
        for name in [CgroupPlace.helpersName, CgroupPlace.readersName] { try makeRoom(for: name) }
        if let bytes = limits.socketBytes { try limitSockets(bytes) }
    }

    private func limitMemory(_ folder: String, _ bytes: UInt64) throws(LinuxError) {
        try Files.makeDirectories(folder, mode: 0o755)
        try Files.control("\(folder)/memory.limit_in_bytes", "\(bytes)")
        let swap = "\(folder)/memory.memsw.limit_in_bytes"
        // The kernel has this file only when it accounts for swap; without it, swap is kept away by swappiness.
        if Files.exists(swap) {
            try Files.control(swap, "\(bytes)")
        } else if Files.exists("\(folder)/memory.swappiness") {
            try Files.control("\(folder)/memory.swappiness", "0")
        }
    }

    /// The groups of helpers or readers in the trees that they are in: all that bound or measure, not those that stop a job
    /// or keep devices from it.
    private func folders(of name: String) -> [String] {
        let names = ["cpu", "cpuacct", "cpuset", "memory", "pids", "blkio"]
        // bounded: a dictionary
        return Set(names.compactMap { controllers[$0] }).sorted().map { "\($0)\(group)/\(name)" }
    }

    private func makeRoom(for name: String) throws(LinuxError) {
        for folder in folders(of: name) { try Files.makeDirectories(folder, mode: 0o755) }
        // They come first, or a job could keep its end away.
        try Files.control("\(path("cpu"))/\(name)/cpu.shares", "262144")
        guard let cpuset = controllers["cpuset"] else { return }
        for file in ["cpuset.cpus", "cpuset.mems"] {
            let above = Files.lineIfPresent("\(cpuset)\(group)/\(file)") ?? ""
            try Files.control("\(cpuset)\(group)/\(name)/\(file)", above)
        }
    }

    /// What waits in sockets is counted for the very group of whoever made the socket, and only once there is a limit; it
    /// binds UDP as well as TCP.
    ///
    /// Source: mm/memcontrol.c, `mem_cgroup_sk_alloc`; mm/memcontrol-v1.c, `memcg_update_tcp_max`.
    private func limitSockets(_ bytes: UInt64) throws(LinuxError) {
        let child = "\(path("memory"))/\(CgroupPlace.childName)"
        let file = "\(child)/memory.kmem.tcp.limit_in_bytes"
        guard Files.exists(file) else {
            throw .unsupported(
                what: "control groups v1 without \(file)",
                reason: "sockets would take memory that nobody counts; start the machine with control groups v2")
        }
        try Files.control(file, "\(bytes)")
    }

    /// A cpuset without CPUs takes no process, and a new one has none: it copies those above it.
    private func inheritCPUs(_ root: String) throws(LinuxError) {
        var above = root
        for name in group.split(separator: "/") {
            let here = "\(above)/\(name)"
            for file in ["cpuset.cpus", "cpuset.mems"] where Files.lineIfPresent("\(here)/\(file)") == "" {
                try Files.control("\(here)/\(file)", Files.lineIfPresent("\(above)/\(file)") ?? "")
            }
            above = here
        }
    }

    /// Limits of v1 bind no child of a group, so the runtime sets them on the child itself.
    package func limitIO(_ limits: [IOLimit]) {}

    package func sample() throws(LinuxError) -> RawSample {
        let usage = "\(path("cpuacct"))/cpuacct.usage"
        let text = try Files.text(usage)
        guard let cpu = UInt64(text.filter { !$0.isWhitespace }) else {
            throw .malformed(object: usage, reason: "not a number")
        }
        let memory = "\(path("memory"))/\(CgroupPlace.childName)"
        let io = controllers["blkio"].flatMap {
            Files.lineIfPresent("\($0)\(group)/blkio.throttle.io_service_bytes_recursive")
        }
        return RawSample(
            bootID: try BootID.read(), bootNanoseconds: BootClock.now(),
            cgroupInode: try CgroupTree.inode(of: path("cpuacct")), cpuNanoseconds: cpu,
            memoryCurrentBytes: Files.numberIfPresent("\(memory)/memory.usage_in_bytes"),
            memoryPeakBytes: Files.numberIfPresent("\(memory)/memory.max_usage_in_bytes"),
            pids: Files.numberIfPresent("\(path("pids"))/\(CgroupPlace.childName)/pids.current"),
            ioReadBytes: io.flatMap { CgroupText.sum("Read", inServiceBytes: $0) },
            ioWriteBytes: io.flatMap { CgroupText.sum("Write", inServiceBytes: $0) },
            throttledNanoseconds: Files.lineIfPresent("\(path("cpu"))/cpu.stat")
                .flatMap { CgroupText.value("throttled_time", in: $0) },
            oomKills: oomKills())
    }

    /// The counter of a v1 group counts only its own processes and goes away with it.
    package func oomKills() -> UInt64? {
        Files.lineIfPresent("\(path("memory"))/\(CgroupPlace.childName)/memory.oom_control")
            .flatMap { CgroupText.value("oom_kill", in: $0) }
    }

    package func processes() throws(LinuxError) -> [pid_t] { try CgroupTree.processes(below: path("freezer")) }

    package func helpers() throws(LinuxError) -> [pid_t] {
        // bounded here: joins lists
        try CgroupTree.processes(below: "\(path("cpuacct"))/\(CgroupPlace.helpersName)")
            + CgroupTree.processes(below: "\(path("cpuacct"))/\(CgroupPlace.readersName)")
    }

    package var readerFiles: [String] { folders(of: CgroupPlace.readersName).map { "\($0)/cgroup.procs" } }

    package func readerUsage() -> ReaderUsage {
        let memory = "\(path("memory"))/\(CgroupPlace.readersName)"
        return ReaderUsage(
            cpuNanoseconds: Files.numberIfPresent("\(path("cpuacct"))/\(CgroupPlace.readersName)/cpuacct.usage"),
            memoryBytesMax: Files.numberIfPresent("\(memory)/memory.limit_in_bytes"),
            oomKills: Files.lineIfPresent("\(memory)/memory.oom_control")
                .flatMap { CgroupText.value("oom_kill", in: $0) })
    }

    package func adoptHelper() throws(LinuxError) {
        for folder in folders(of: CgroupPlace.helpersName) { try Files.control("\(folder)/cgroup.procs", "0") }
    }

    package func freeze() throws(LinuxError) {
        let state = "\(path("freezer"))/freezer.state"
        let deadline = BootClock.now().saturatingSum(LinuxLimits.freezeTimeout.wholeNanoseconds)
        while true {
            // Writing again is how v1 catches a process that was born while the others froze.
            try Files.control(state, "FROZEN")
            if Files.lineIfPresent(state) == "FROZEN" { return }
            if BootClock.now() >= deadline {
                throw .timedOut(operation: "freeze", object: state, after: LinuxLimits.freezeTimeout)
            }
            pause(for: LinuxLimits.pollInterval)
        }
    }

    package func thaw() throws(LinuxError) { try Files.control("\(path("freezer"))/freezer.state", "THAWED") }

    /// v1 has no call that ends a whole group, so it is frozen, signalled and thawed until nobody is left.
    package func killAll() throws(LinuxError) {
        for _ in 0..<LinuxLimits.killRoundsMax {
            let alive = try processes()
            if alive.isEmpty { return }
            try? freeze()
            for pid in try processes() { kill(pid, SIGKILL) }
            try thaw()
            _ = try waitUntilEmpty(timeout: LinuxLimits.pollInterval * 4)
        }
        throw .systemCall(operation: "kill", object: path("freezer"), errno: EBUSY)
    }

    package func remove() throws(LinuxError) {
        for root in roots { try CgroupTree.remove(root + group) }  // bounded: joins texts
        // runc makes a child in the v2 tree of a hybrid machine too.
        if let unifiedRoot { try CgroupTree.remove(unifiedRoot + group) }  // bounded: joins texts
    }
}
