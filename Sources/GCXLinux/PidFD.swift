import CLinux
import GCXModel
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
        let deadline = BootClock.now().saturatingSum(timeout.wholeNanoseconds)
        while true {
            let now = BootClock.now()
            // bounded: the deadline is ahead, asked first
            let left = Int32(clamping: now >= deadline ? 0 : (deadline - now) / 1_000_000 + 1)
            var item = pollfd(fd: number, events: Int16(POLLIN), revents: 0)  // bounded: a constant of the kernel
            if try posix("poll", "process \(pid)", { unsafe poll(&item, 1, left) }) > 0 { return true }
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
        field(22, of: pid)
    }

    /// A number in `/proc/PID/stat`, by its number in proc(5); nil when there is no such process.
    private static func field(_ number: Int, of pid: pid_t) -> UInt64? {
        guard let text = try? Files.text("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return nil }
        // The name in field 2 may hold spaces and brackets, so fields are counted from its last bracket.
        // bounded: behind a place that was found in the text
        let fields = text[text.index(after: end)...].split(separator: " ")
        // bounded: a field from 4 to 52, as the code says
        return fields.dropFirst(number - 3).first.flatMap { UInt64($0) }
    }

    private static var all: [pid_t] {
        ((try? Files.names(in: "/proc")) ?? []).compactMap { pid_t($0, radix: 10) }
    }

    /// Whether this process has CAP_SYS_RESOURCE. runc sets the limits of its container from outside, which takes it where
    /// the user namespace is somebody else's; the root of a container often lacks it.
    ///
    /// Source: `/proc/self/status`, `CapEff`; capability 24.
    package static var mayExceedLimits: Bool {
        guard let text = Files.lineIfPresent("/proc/self/status") else { return false }
        for line in text.split(separator: "\n") where line.hasPrefix("CapEff:") {
            return (UInt64(line.dropFirst(7).drop { $0.isWhitespace }, radix: 16) ?? 0) & (1 << 24) != 0
        }
        return false
    }

    /// The users who have a process, but for those that have ended and only wait for their parents.
    ///
    /// Cost: a system call for every process, and a file for each of a user above the machine's own.
    package static func owners() throws(LinuxError) -> Set<UInt32> {
        var found: Set<UInt32> = []
        for name in try Files.names(in: "/proc") where name.allSatisfy(\.isNumber) {
            var status = stat()
            guard unsafe stat("/proc/\(name)", &status) == 0, !found.contains(status.st_uid) else { continue }
            if status.st_uid != 0, Files.lineIfPresent("/proc/\(name)/status")?.contains("State:\tZ") ?? true {
                continue
            }
            found.insert(status.st_uid)
        }
        return found
    }

    /// Children of the process, also those that have ended and wait to be collected. Cost: a file for every process.
    package static func children(of parent: pid_t) -> [pid_t] {
        all.filter { field(4, of: $0) == UInt64(exactly: parent) }
    }

    /// Processes with a view of the mounts that is not this one's: the one of `namespace`, or started with a path at or
    /// below `path` among their arguments. Cost: two files for every process.
    ///
    /// A process that is becoming another program has no arguments for a moment, but always a namespace. The kernel gives
    /// numbers of namespaces again at once: one in which an `owner` is at work for somebody else is not the one meant.
    ///
    /// - Parameter owner: the name of the program that makes such namespaces.
    package static func confined(naming path: String, namespace: UInt64?, owner: String) -> [pid_t] {
        let here = mountNamespace(of: "self")
        let elsewhere = all.compactMap { pid -> (pid: pid_t, namespace: UInt64)? in
            guard let its = mountNamespace(of: "\(pid)"), its != here else { return nil }
            return (pid, its)
        }
        let named = Set(elsewhere.map(\.pid).filter { names(path, $0) })
        let within = elsewhere.filter { $0.namespace == namespace }.map(\.pid)
        let isOthers = within.contains { !named.contains($0) && Files.lineIfPresent("/proc/\($0)/comm") == owner }
        return isOthers ? named.sorted() : named.union(within).sorted()
    }

    /// Whether a process was started with the path, or one below it, among its arguments.
    private static func names(_ path: String, _ pid: pid_t) -> Bool {
        guard let bytes = try? Files.bytes("/proc/\(pid)/cmdline") else { return false }
        let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        return words.contains { $0 == path || $0.contains("\(path)/") }
    }

    /// The inode of a process's mount namespace; nil when there is no such process.
    package static func mountNamespace(of process: String) -> UInt64? {
        var status = stat()
        // bounded: of 64 bits already
        return unsafe stat("/proc/\(process)/ns/mnt", &status) == 0 ? UInt64(status.st_ino) : nil
    }

    /// True when the process has a handler of its own for `signal`.
    ///
    /// Source: `/proc/PID/status`, `SigCgt`.
    package static func catches(_ signal: Int32, _ pid: pid_t) -> Bool {
        guard let text = try? Files.text("/proc/\(pid)/status") else { return false }
        for line in text.split(separator: "\n") where line.hasPrefix("SigCgt:") {
            let mask = UInt64(line.dropFirst(7).drop { $0.isWhitespace }, radix: 16) ?? 0
            return mask & (1 << UInt64(signal - 1)) != 0  // bounded: a signal from 1 to 64, as the code says
        }
        return false
    }
}
