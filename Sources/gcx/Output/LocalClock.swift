import Glibc

/// This machine's zone, by TZ or /etc/localtime.
enum LocalClock {
    /// Seconds that it is ahead of UTC at a moment, Unix seconds; 0 where the system does not know.
    static func secondsEast(at moment: UInt64) -> Int64 {
        guard var time = time_t(exactly: moment) else { return 0 }
        var parts = unsafe tm()
        guard unsafe localtime_r(&time, &parts) != nil else { return 0 }
        return unsafe Int64(clamping: parts.tm_gmtoff)
    }
}
