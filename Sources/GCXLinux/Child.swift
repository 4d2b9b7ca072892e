import GCXModel
import Glibc

/// A child of this process that was started and not collected yet.
///
/// As long as it is not collected its number is its own, so whatever is signalled is this child and no other. Collecting it, or
/// leaving it to somebody else, uses this value up; one that goes otherwise is killed and collected.
package struct Child: ~Copyable, Sendable {
    package let pid: pid_t
    /// Whether what it started ends with it.
    private let leadsGroup: Bool

    /// - Parameter leadsGroup: whether it is the first of a process group.
    init(owning pid: pid_t, leadsGroup: Bool) { (self.pid, self.leadsGroup) = (pid, leadsGroup) }

    deinit {
        kill(leadsGroup ? -pid : pid, SIGKILL)
        _ = Self.wait(for: pid)
    }

    package func signal(_ number: Int32) { kill(pid, number) }

    /// Whether it has ended; it stays to be collected.
    ///
    /// Source: waitid(2), WNOWAIT.
    package var hasEnded: Bool {
        var found = unsafe siginfo_t()
        // bounded here: constants of the C library, and the number of a process
        let answer = unsafe waitid(P_PID, id_t(pid), &found, WEXITED | WNOHANG | WNOWAIT)
        return unsafe answer == 0 && found.si_signo == SIGCHLD
    }

    /// Waits for its end and collects it. The calling thread waits.
    @discardableResult
    package consuming func wait() -> WaitStatus {
        let pid = pid
        discard self
        return Self.wait(for: pid)
    }

    /// Kills it, with what it started where it leads a group, and collects it.
    @discardableResult
    package consuming func end() -> WaitStatus {
        kill(leadsGroup ? -pid : pid, SIGKILL)
        return wait()
    }

    /// Lets it run on. Whoever finds it again collects it.
    package consuming func leave() { discard self }

    /// A child that is not there counts as killed.
    private static func wait(for pid: pid_t) -> WaitStatus {
        var raw: Int32 = 0
        while unsafe waitpid(pid, &raw, 0) < 0 { if errno != EINTR { return .signalled(SIGKILL) } }
        return WaitStatus(raw: raw)
    }
}
