import GCXModel
import Glibc

/// The limits of one job.
package struct CgroupLimits: Codable, Equatable, Sendable {
    /// CPU time per wall time, in whole cores.
    package var cores: UInt32
    /// Memory with page cache; there is no swap beyond it.
    package var memoryBytes: UInt64
    /// Processes and threads.
    package var pids: UInt64
    /// What may wait in UDP and TCP sockets, where the kernel counts that apart from memory (v1); nil sets no limit.
    package var socketBytes: UInt64?
    /// The only processing units the job may run on; nil leaves it all that the group above has.
    package var pus: PUSet?

    package init(cores: UInt32, memoryBytes: UInt64, pids: UInt64, socketBytes: UInt64? = nil, pus: PUSet? = nil) {
        self.cores = cores
        self.memoryBytes = memoryBytes
        self.pids = pids
        self.socketBytes = socketBytes
        self.pus = pus
    }

    /// Weight against other jobs where they meet: 100 a core, the kernel's default for one group.
    var weight: UInt64 { min(UInt64(cores) * 100, 10_000) }  // bounded: 32 bits in 64
    /// The same for v1, where the default is 1024.
    var shares: UInt64 { min(UInt64(cores) * 1_024, 262_144) }  // bounded: 32 bits in 64

    /// What readers may have: the job's memory, for it has none yet, and never less than helpers.
    var readerMemoryBytes: UInt64 { max(memoryBytes, LinuxLimits.helperMemoryBytes) }

    /// The quota per period of 100 ms, in microseconds.
    var quotaMicroseconds: UInt64 { UInt64(cores) * 100_000 }  // bounded: 32 bits in 64
}

/// The control group of one job: the agent makes it, limits it, reads its meter and removes it.
///
/// The OCI runtime works in the child `job` below it. What a removed child used stays in the counters here, so
/// nothing the runtime does can lose a reading. Whoever works for the job, its supervisor above all, is in the child
/// `helpers`: what that takes of processors counts to the job, within the same quota; of memory it has a little of its
/// own, so that a job which fills its memory does not end its supervisor. Who reads what was sent for the job, before it
/// runs, is in the child `readers`, within the same quota and with as much memory as the job.
package protocol JobCgroup: Sendable {
    /// What the OCI configuration names as `cgroupsPath`: the child below this group.
    var runtimePath: String { get }
    var exists: Bool { get }

    /// Makes the group and sets its limits, before any process of the job exists.
    func create(_ limits: CgroupLimits) throws(LinuxError)
    /// Limits reads and writes of block devices, where the kernel takes such limits for a whole subtree (v2); on v1 the
    /// runtime sets them on the job's own group, from the bundle.
    func limitIO(_ limits: [IOLimit]) throws(LinuxError)
    /// The counters now. Cost: about 10 µs per file, 6 files.
    func sample() throws(LinuxError) -> RawSample
    /// Processes of the job.
    func processes() throws(LinuxError) -> [pid_t]
    /// Processes that work for it: helpers and readers.
    func helpers() throws(LinuxError) -> [pid_t]
    /// Makes the calling process a helper, and those that it starts.
    func adoptHelper() throws(LinuxError)
    /// The files into which a process writes "0" to become a reader: one in each tree.
    var readerFiles: [String] { get }
    /// What readers have used and may use; nil for what cannot be read, of a group that is not there for instance.
    func readerUsage() -> ReaderUsage
    /// Stops every process of the job where it stands; returns when all stand. Its helpers go on.
    func freeze() throws(LinuxError)
    func thaw() throws(LinuxError)
    /// Ends every process of the job with SIGKILL, frozen or not.
    func killAll() throws(LinuxError)
    /// Processes of the child that the kernel ended for want of memory; on v1 it must be read before the runtime
    /// removes the child. Nil when it cannot be read.
    func oomKills() -> UInt64?
    /// Removes the group and all below it; a group that is not there is fine.
    func remove() throws(LinuxError)
}

/// The meter of those who read what was sent for a job.
package struct ReaderUsage: Equatable, Sendable {
    /// CPU time, ns; part of the job's own figure.
    package var cpuNanoseconds: UInt64?
    package var memoryBytesMax: UInt64?
    /// Readers that the kernel ended for want of memory.
    package var oomKills: UInt64?
}

/// Where the control group of a job is: a value that the agent writes down and the supervisor reads.
package struct CgroupPlace: Codable, Equatable, Sendable {
    package var layout: CgroupLayout
    /// From the root of the tree, for example `/system.slice/gcx.service/gcx/7f3a`.
    package var group: String

    package init(layout: CgroupLayout, group: String) {
        self.layout = layout
        self.group = group
    }

    /// The group itself, with the verbs.
    package var cgroup: any JobCgroup {
        switch layout {
        case .unified(let root): UnifiedCgroup(root: root, group: group)
        case .legacy(let controllers, let unified):
            LegacyCgroup(controllers: controllers, unifiedRoot: unified, group: group)
        }
    }

    /// Whether jobs below this group can be kept to processing units of their own.
    package var canPin: Bool {
        switch layout {
        case .unified(let root):
            let names = Files.lineIfPresent("\(root)\(group)/cgroup.controllers") ?? ""
            return names.split(separator: " ").contains("cpuset")
        case .legacy(let controllers, _): return controllers["cpuset"] != nil
        }
    }

    /// The names of the runtime's child, of the helpers' and of the readers'.
    static let childName = "job"
    static let helpersName = "helpers"
    static let readersName = "readers"
}

extension JobCgroup {
    /// Waits until no process is left; false after `timeout`.
    package func waitUntilEmpty(timeout: Duration) throws(LinuxError) -> Bool {
        let deadline = BootClock.now().saturatingSum(timeout.wholeNanoseconds)
        while try !processes().isEmpty {
            if BootClock.now() >= deadline { return false }
            pause(for: LinuxLimits.pollInterval)
        }
        return true
    }
}

/// Directories of the cgroup filesystem.
enum CgroupTree {
    /// Sub-groups of `path`, names only; none when it is gone.
    static func children(of path: String) -> [String] {
        let names = (try? Files.names(in: path)) ?? []
        return names.filter { name in
            var status = stat()
            return unsafe lstat("\(path)/\(name)", &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        }
    }

    /// Processes in `path` and below; a group that vanishes meanwhile has none.
    static func processes(below path: String) throws(LinuxError) -> [pid_t] {
        var found: [pid_t] = []
        do {
            found = try Files.text("\(path)/cgroup.procs").split(separator: "\n").compactMap { pid_t($0, radix: 10) }
        } catch  where error.isNotFound {
            return []
        }
        for child in children(of: path) { found += try processes(below: "\(path)/\(child)") }  // bounded: joins lists
        return found
    }

    /// Removes `path` and all groups below it.
    ///
    /// The kernel answers EBUSY while tasks are still exiting (cgroup-v2, "cgroup.kill"), so it is tried
    /// ``LinuxLimits/cgroupRemoveTriesMax`` times.
    static func remove(_ path: String) throws(LinuxError) {
        for child in children(of: path) { try remove("\(path)/\(child)") }
        for _ in 0..<LinuxLimits.cgroupRemoveTriesMax {
            if unsafe rmdir(path) == 0 || errno == ENOENT { return }
            guard errno == EBUSY else { throw .systemCall(operation: "rmdir", object: path, errno: errno) }
            pause(for: LinuxLimits.pollInterval)
        }
        throw .systemCall(operation: "rmdir", object: path, errno: EBUSY)
    }

    static func inode(of path: String) throws(LinuxError) -> UInt64 {
        var status = stat()
        try posix("stat", path) { unsafe stat(path, &status) }
        return UInt64(status.st_ino)  // bounded: of 64 bits already
    }
}
