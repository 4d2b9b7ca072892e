import GCXModel
import Glibc

/// A lock that lasts as long as its open file, in this process or in a child that was given it.
///
/// The kernel lets go of it when the last descriptor closes, so the lock of a dead process is free: whoever holds
/// it is alive, whatever a process id says. Source: flock(2).
package struct FileLock: ~Copyable, Sendable {
    private let file: FileDescriptor

    /// The descriptor, to hand the lock on to a child.
    package var number: Int32 { file.number }

    /// Takes the lock on `path`, which is made when missing; nil when somebody else holds it.
    ///
    /// - Parameter shared: true lets others hold it too, as long as they all share.
    package static func take(_ path: String, shared: Bool = false) throws(LinuxError) -> FileLock? {
        let file = try FileDescriptor.open(path, O_RDWR | O_CREAT)
        let number = file.number
        if flock(number, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 { return FileLock(file: file) }
        if errno == EWOULDBLOCK { return nil }
        throw .systemCall(operation: "flock", object: path, errno: errno)
    }

    /// The same for a lock that nobody else may as much as try to hold: whoever can open the file can, so its mode goes to
    /// its owner alone.
    package static func takePrivate(_ path: String) throws(LinuxError) -> FileLock? {
        guard let lock = try take(path) else { return nil }
        try Files.keepPrivate(path)
        return lock
    }

    /// Takes the lock on `path`, waiting for whoever holds it.
    package static func wait(
        _ path: String, shared: Bool = false, timeout: Duration
    ) throws(LinuxError) -> FileLock {
        let deadline = BootClock.now().saturatingSum(timeout.wholeNanoseconds)
        while true {
            if let lock = try take(path, shared: shared) { return lock }
            if BootClock.now() >= deadline { throw .timedOut(operation: "flock", object: path, after: timeout) }
            pause(for: LinuxLimits.pollInterval)
        }
    }

    /// Takes over a lock whose descriptor came from the parent process; it does not survive an exec from here on.
    package static func adopt(_ number: Int32) throws(LinuxError) -> FileLock {
        FileLock(file: try FileDescriptor.adopt(number))
    }

    /// True when some process holds the lock on `path`; a file that does not exist is not locked.
    package static func isHeld(_ path: String) throws(LinuxError) -> Bool {
        guard Files.exists(path) else { return false }
        let lock = try take(path)
        switch consume lock {
        case .none: return true
        case .some: return false
        }
    }
}
