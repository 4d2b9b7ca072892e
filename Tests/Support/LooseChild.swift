package import GCXLinux
package import Glibc

extension ChildProcess {
    /// Starts the tool as a child that a test ends by its number.
    package func spawnDetached(logPath: String? = nil) throws(LinuxError) -> pid_t {
        let child = try startDetached(logPath: logPath)
        let pid = child.pid
        child.leave()
        return pid
    }

    /// Waits for a child and collects it; one that is not there counts as killed.
    package static func wait(_ pid: pid_t) -> WaitStatus {
        var raw: Int32 = 0
        while waitpid(pid, &raw, 0) < 0 { if errno != EINTR { return .signalled(SIGKILL) } }
        return WaitStatus(raw: raw)
    }
}
