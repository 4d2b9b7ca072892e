import Glibc

/// The signals by which the kernel ends a process at a limit: the limit is what has to be told, not the signal.
package enum LimitSignal {
    /// What stopped the process, and what to do about it; nil for a signal that means something else.
    ///
    /// Source: getrlimit(2); seccomp(2).
    package static func words(for signal: Int32) -> (limit: String, remedy: String)? {
        switch signal {
        case SIGXFSZ:
            (
                "it reached the limit on the size of a file",
                "Raise that limit (`ulimit -f`, `LimitFSIZE=`), or let less be written."
            )
        case SIGXCPU:
            (
                "it reached the limit on processor time",
                "Raise that limit (`ulimit -t`, `LimitCPU=`), or take less time."
            )
        case SIGSYS:
            (
                "it made a system call that a sandbox forbids",
                "Allow it what the sandbox forbids; the kernel's log names the call."
            )
        case SIGKILL:
            (
                "it was killed, as the kernel does when memory runs out",
                "See the kernel's log; give it more memory, or find out who killed it."
            )
        default: nil
        }
    }
}
