import GCXBenchmark
import Glibc

/// Why one axis could not be measured. It becomes a line under `problems`; the other axes go on.
enum BenchFailure: Error, CustomStringConvertible {
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
    /// A file of the kernel that the measurement rests on is missing or reads otherwise.
    case unreadable(String)

    var description: String {
        switch self {
        case .system(let operation, let object, let code): "\(operation) \(object): \(String(cString: strerror(code)))"
        case .noRoom(let directory, let room, let needed):
            "write to \(directory): \(room) bytes are free, \(needed) are needed"
        case .noMemory(let available, let needed):
            "allocate the arrays: \(available) bytes of memory are available, \(needed) are needed"
        case .late: "touch the arrays: the time of the run is over; the machine is busy, or the time too short"
        case .noKernel(let name): "measure \(name): this probe has no kernel for it"
        case .unreadable(let path): "read \(path): not there, or in a form that is not known"
        }
    }
}
