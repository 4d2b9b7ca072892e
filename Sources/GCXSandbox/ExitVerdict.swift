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

    /// The end of a job whose program the runtime could not start: 127 for a missing program and 126 for one that
    /// may not be run, as shells have it. Nil when the failure is not the program's.
    static func programFailure(_ words: String) -> ExitReason? {
        let text = words.lowercased()
        guard text.contains("executable file") || text.contains("exec:") || text.contains("exec failed") else {
            return text.contains("chdir") ? .exited(code: 126) : nil
        }
        if text.contains("no such file") || text.contains("not found") { return .exited(code: 127) }
        if text.contains("permission denied") || text.contains("exec format error") { return .exited(code: 126) }
        return nil
    }
}
