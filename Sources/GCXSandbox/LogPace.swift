import GCXLinux
import GCXModel

/// How fast a job may make its supervisor write: a job that only writes its log takes no more of the disk than that.
struct LogPace {
    private let bytesPerSecond: UInt64
    private let burst: Int64
    /// Bytes that may be taken at once; below zero what was taken too much, for a read takes what is there.
    private(set) var room: Int64
    private var filledAt: UInt64

    /// - Parameter now: the boot clock.
    init(bytesPerSecond: UInt64, burst: UInt64, now: UInt64) {
        self.bytesPerSecond = max(1, bytesPerSecond)
        self.burst = Int64(clamping: burst)
        (room, filledAt) = (self.burst, now)
    }

    /// Whether more may be taken now.
    mutating func mayTake(at now: UInt64) -> Bool {
        // bounded: the smaller from the larger
        let gained = (now - min(now, filledAt)).multipliedFullWidth(by: bytesPerSecond)
        // The quotient would not fit only after centuries.
        let second = Nanoseconds.inSecond
        let bytes = gained.high >= second ? UInt64.max : second.dividingFullWidth(gained).quotient
        // What is less than a byte is left on the clock.
        if bytes > 0 {
            let sum = room.addingReportingOverflow(Int64(clamping: bytes))
            room = sum.overflow ? burst : min(burst, sum.partialValue)
            filledAt = now
        }
        return room > 0
    }

    mutating func take(_ bytes: Int) {
        let left = room.subtractingReportingOverflow(Int64(clamping: max(0, bytes)))
        room = left.overflow ? .min : left.partialValue
    }
}
