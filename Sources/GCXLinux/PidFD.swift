import CLinux
import Glibc

/// A process that cannot be mistaken for another that got its number later.
///
/// Source: pidfd_open(2).
package struct PidFD: ~Copyable, Sendable {
    private let file: FileDescriptor
    package let pid: pid_t

    /// Opens the process `pid`; nil when there is none.
    package static func open(_ pid: pid_t) throws(LinuxError) -> PidFD? {
        let number = gcx_pidfd_open(pid)
        if number == -ESRCH { return nil }
        guard number >= 0 else { throw .systemCall(operation: "pidfd_open", object: "process \(pid)", errno: -number) }
        return PidFD(file: FileDescriptor(owning: number), pid: pid)
    }

    /// Sends a signal; false when the process is gone.
    @discardableResult
    package func send(_ signal: Int32) throws(LinuxError) -> Bool {
        let answer = gcx_pidfd_send_signal(file.number, signal)
        if answer == -ESRCH { return false }
        guard answer >= 0 else {
            throw .systemCall(operation: "pidfd_send_signal", object: "process \(pid)", errno: -answer)
        }
        return true
    }

    /// Waits for the end of the process; false when it still runs after `timeout`.
    package func waitForExit(timeout: Duration) throws(LinuxError) -> Bool {
        let number = file.number
        let deadline = BootClock.now() + timeout.wholeNanoseconds
        while true {
            let now = BootClock.now()
            let left = Int32(clamping: now >= deadline ? 0 : (deadline - now) / 1_000_000 + 1)
            var item = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
            if try posix("poll", "process \(pid)", { poll(&item, 1, left) }) > 0 { return true }
            if now >= deadline { return false }
        }
    }
}

/// What the kernel says about a process in `/proc`.
package enum ProcessTable {
    /// Clock ticks from boot to the start of the process: with the pid, a name that is never used twice in a boot.
    ///
    /// Source: `/proc/PID/stat`, field 22; nil when there is no such process.
    package static func startTicks(of pid: pid_t) -> UInt64? {
        guard let text = try? Files.text("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return nil }
        // The name in field 2 may hold spaces and brackets, so fields are counted from its last bracket.
        let fields = text[text.index(after: end)...].split(separator: " ")
        return fields.count > 19 ? UInt64(fields[19]) : nil
    }

    /// True when the process has a handler of its own for `signal`.
    ///
    /// Source: `/proc/PID/status`, `SigCgt`.
    package static func catches(_ signal: Int32, _ pid: pid_t) -> Bool {
        guard let text = try? Files.text("/proc/\(pid)/status") else { return false }
        for line in text.split(separator: "\n") where line.hasPrefix("SigCgt:") {
            let mask = UInt64(line.dropFirst(7).drop { $0.isWhitespace }, radix: 16) ?? 0
            return mask & (1 << UInt64(signal - 1)) != 0
        }
        return false
    }
}
