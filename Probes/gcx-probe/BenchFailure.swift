import GCXBenchmark
import GCXModel
import Glibc

/// Why one axis could not be measured. It becomes a line under `problems`; the other axes go on.
enum BenchFailure: WordedError {
    /// A system call failed on something.
    case system(operation: String, object: String, errno: Int32)
    /// The file system has too little room.
    case noRoom(directory: String, room: UInt64, needed: UInt64)
    /// Memory is too short for arrays beyond the caches.
    case noMemory(available: UInt64, needed: UInt64)
    /// The time of the run was over before the arrays were touched: the machine is too busy or the time too short.
    case late
    /// The registry has a benchmark that this probe has no kernel for.
    case noKernel(String)
    /// The machine lacks what the benchmark is about; no failure.
    case absent(String)
    /// More cores are asked for than may be used.
    case tooManyThreads(wanted: Int, allowed: Int)
    /// Nobody serves at the other end.
    case noPeer(String, reason: String)
    /// The other end says what no `gcx bench` says.
    case peerTalksOtherwise(String)
    /// A driver refused, or a device computed wrongly.
    case device(String, reason: String)
    /// A file of the kernel that the measurement rests on is missing or reads otherwise.
    case unreadable(String)

    /// Whether the run was asked for what it cannot do, which is the asker's to change.
    var isRefusal: Bool { if case .tooManyThreads = self { true } else { false } }

    /// Why the machine has nothing to measure here; nil for a true failure.
    var absence: String? {
        switch self {
        case .absent(let reason): reason
        case .system("make a file in", _, EROFS), .system("make a file in", _, EACCES),
            .system("make a file in", _, EPERM):
            "\(self); --path names another place"
        default: nil
        }
    }

    var description: String {
        switch self {
        case .system(let operation, let object, let code):
            unsafe "\(operation) \(object): \(String(cString: strerror(code)))\(Self.limit(operation, code))"
        case .noRoom(let directory, let room, let needed):
            "write to \(directory): \(NumberText.size(room)) are free, \(NumberText.size(needed)) are needed"
        case .noMemory(let available, let needed):
            "allocate the arrays: \(NumberText.size(available)) of memory are available, \(NumberText.size(needed)) are needed"
        case .late: "touch the arrays: the time of the run is over; the machine is busy, or the time too short"
        case .noKernel(let name): "measure \(name): this probe has no kernel for it"
        case .absent(let reason): reason
        case .tooManyThreads(let wanted, let allowed):
            "measure with \(NumberText.count(wanted, "thread")): affinity, cpuset and quota leave "
                + NumberText.count(allowed, "core")
        case .noPeer(let endpoint, let reason): "connect to \(endpoint): \(reason)"
        case .peerTalksOtherwise(let name): "talk to \(name): it is no gcx bench of this release"
        case .device(let name, let reason): "\(name): \(reason)"
        case .unreadable(let path): "read \(path): not there, or in a form that is not known"
        }
    }

    /// The limit behind an error number, where a number alone says little.
    private static func limit(_ operation: String, _ code: Int32) -> String {
        switch (operation, code) {
        case (_, EFBIG): "; the limit on the size of a file (`ulimit -f`, `LimitFSIZE=`) allows no more"
        case (_, EMFILE), (_, ENFILE): "; the limit on open files (`ulimit -n`, `LimitNOFILE=`) allows no more"
        case ("start threads on", EAGAIN):
            "; the limit on processes (`ulimit -u`, `pids.max`, `TasksMax=`) allows no more"
        case ("start threads on", EPERM):
            "; a sandbox forbids sched_setaffinity, without which no figure is of known processors"
        default: ""
        }
    }
}
