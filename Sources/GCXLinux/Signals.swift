import CLinux
import GCXModel
import Glibc

/// Signals read like data: they are blocked in the calling thread and wait in the kernel until they are read.
package struct Signals: ~Copyable {
    private let file: FileDescriptor

    /// The descriptor, readable when a signal waits.
    package var number: Int32 { file.number }

    /// Blocks `signals` in the calling thread and collects them from now on.
    ///
    /// Source: signalfd(2).
    package init(_ signals: [Int32]) throws(LinuxError) {
        // bounded: a signal from 1 to 64, as the code says
        let mask = signals.reduce(UInt64(0)) { $0 | 1 << UInt64($1) }
        file = FileDescriptor(owning: try linux("signalfd", "signals \(signals)") { gcx_signalfd(mask) })
    }

    /// The next signal that waits, or nil.
    package func next() -> Int32? {
        let signal = gcx_signalfd_read(file.number)
        return signal > 0 ? signal : nil
    }
}

/// How a child process ended.
package enum WaitStatus: Equatable, Sendable {
    case exited(Int32)
    case signalled(Int32)

    /// From the status word of waitpid(2).
    package init(raw: Int32) {
        let signal = raw & 0x7f
        self = signal == 0 ? .exited((raw >> 8) & 0xff) : .signalled(signal)
    }

    /// The status as a shell says it: 128 and the signal's number for a signal.
    package var code: Int32 {
        switch self {
        case .exited(let code): code
        case .signalled(let signal): 128 + signal  // bounded: a signal has seven bits
        }
    }
}

/// Children of this process, and orphans that came to it.
package enum Children {
    /// Makes this process the parent of every orphan below it.
    ///
    /// Source: prctl(2), PR_SET_CHILD_SUBREAPER.
    package static func adoptOrphans() throws(LinuxError) {
        try linux("prctl", "PR_SET_CHILD_SUBREAPER") { gcx_set_child_subreaper() }
    }

    /// One child that has ended, without waiting; nil when none has.
    package static func reap() -> (pid: pid_t, status: WaitStatus)? {
        var raw: Int32 = 0
        let pid = unsafe waitpid(-1, &raw, WNOHANG)
        return pid > 0 ? (pid, WaitStatus(raw: raw)) : nil
    }

    /// Kills and collects every child of this process, and those that come to it when their parents die; false when
    /// some are left after `timeout`. Cost: a system call when there are none.
    package static func endAll(timeout: Duration) -> Bool {
        let deadline = BootClock.now().saturatingSum(timeout.wholeNanoseconds)
        while true {
            var raw: Int32 = 0
            let pid = unsafe waitpid(-1, &raw, WNOHANG)
            if pid < 0 && errno == ECHILD { return true }
            if pid > 0 { continue }
            if BootClock.now() >= deadline { return false }
            for child in ProcessTable.children(of: getpid()) { kill(child, SIGKILL) }
            pause(for: .milliseconds(1))
        }
    }
}
