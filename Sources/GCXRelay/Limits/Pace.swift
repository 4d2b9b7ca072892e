/// How much of something may pass: so much at once, and so much a second after that.
///
/// What passes may run into debt once, because bytes are counted when they are there; the next has to wait for it.
package struct Pace: Sendable {
    package struct Size: Equatable, Sendable {
        package var burst: Int
        /// Zero is without a bound.
        package var perSecond: Int

        package init(burst: Int, perSecond: Int) {
            self.burst = burst
            self.perSecond = perSecond
        }
    }

    private let size: Size
    /// What may pass now; below zero it is a debt.
    private var left: Double
    private var seen: UInt64

    /// - Parameter now: nanoseconds of a clock that only goes forward.
    package init(_ size: Size, at now: UInt64) {
        self.size = size
        left = Double(size.burst)
        seen = now
    }

    /// Counts what passed.
    package mutating func spend(_ count: Int, at now: UInt64) {
        refill(at: now)
        left -= Double(count)  // bounded: floating point
    }

    /// Counts one, unless nothing may pass now.
    package mutating func take(at now: UInt64) -> Bool {
        guard wait(at: now) == 0 else { return false }
        spend(1, at: now)
        return true
    }

    /// Nanoseconds until something may pass; 0 when it may now.
    package mutating func wait(at now: UInt64) -> UInt64 {
        refill(at: now)
        guard size.perSecond > 0, left <= 0 else { return 0 }
        // bounded here: floating point, and a rate that is not zero
        let seconds = (1 - left) / Double(size.perSecond)
        return UInt64(min(seconds, Self.secondsMax) * Self.nanoseconds)
    }

    /// Whether all of it may pass again.
    package mutating func isFull(at now: UInt64) -> Bool {
        refill(at: now)
        return left >= Double(size.burst)
    }

    private mutating func refill(at now: UInt64) {
        guard now > seen else { return }
        // bounded here: floating point, and a later moment less an earlier one
        left = min(Double(size.burst), left + Double(now - seen) / Self.nanoseconds * Double(size.perSecond))
        seen = now
    }

    private static let nanoseconds = 1e9
    /// The longest wait, an hour.
    private static let secondsMax = 3_600.0
}
