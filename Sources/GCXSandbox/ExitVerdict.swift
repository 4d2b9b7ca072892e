import GCXLinux
import GCXModel

/// Why a job ended, from what was seen: a pure function.
enum ExitVerdict {
    /// - Parameters:
    ///   - status: how the job's first process ended.
    ///   - ending: what the supervisor had begun to end the job for, before that process was gone.
    ///   - oomKills: processes that the kernel ended for want of memory.
    static func reason(status: WaitStatus, ending: ExitReason?, oomKills: UInt64?) -> ExitReason {
        if let ending { return ending }
        // A job that ends well although one of its processes was killed for memory has coped with it.
        if let oomKills, oomKills > 0, status != .exited(0) { return .outOfMemory }
        switch status {
        case .exited(let code): return .exited(code: code)
        case .signalled(let signal): return .signalled(signal: signal)
        }
    }
}
