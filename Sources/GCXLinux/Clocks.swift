import CLinux
import GCXModel
import Glibc

/// The clock all durations come from: it runs on while the machine sleeps and never jumps.
package enum BootClock {
    /// CLOCK_BOOTTIME now, in nanoseconds since this boot. Cost: about 30 ns.
    package static func now() -> UInt64 { gcx_clock_boottime() }
}

/// The wall clock: a label for people, never a duration.
package enum WallClock {
    /// CLOCK_REALTIME now, in nanoseconds since 1970.
    package static func now() -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Nanoseconds.of(seconds: UInt64(clamping: time.tv_sec)).saturatingSum(
            UInt64(clamping: time.tv_nsec))
    }

    /// The same in whole seconds, as documents are dated.
    package static func seconds() -> UInt64 { Nanoseconds.wholeSeconds(in: now()) }
}

/// The kernel's name for this boot.
package enum BootID {
    /// The boot id, 36 characters.
    ///
    /// Source: `/proc/sys/kernel/random/boot_id`.
    package static func read() throws(LinuxError) -> String {
        let path = "/proc/sys/kernel/random/boot_id"
        let text = try Files.text(path).filter { !$0.isWhitespace }
        guard text.utf8.count == 36 else { throw .malformed(object: path, reason: "not a UUID") }
        return text
    }
}

/// A pause of the calling thread.
package func pause(for duration: Duration) {
    let (seconds, attoseconds) = duration.components
    var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))  // bounded: of 64 bits already
    unsafe nanosleep(&time, nil)
}

extension Duration {
    /// Whole nanoseconds, never below zero.
    package var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        let rest = UInt64(clamping: attoseconds / 1_000_000_000)
        return Nanoseconds.of(seconds: UInt64(clamping: seconds)).saturatingSum(rest)
    }
}
