import GCXModel
import NIOCore

/// What somebody may use up at once and what comes back every second. Time comes as a number.
struct TokenBucket: Sendable {
    /// How much there is at first and at most, and what comes back in a second.
    struct Size: Sendable {
        var burst: Int64
        var perSecond: Int64
    }

    let size: Size
    /// In billionths, so that nothing is lost between two looks that are close to each other.
    private var billionths: Int128
    private var filledAt: NIODeadline
    /// The parts of one: as many as a second has nanoseconds, so that time times a rate is a number of them.
    private static let billion = Int128(Nanoseconds.inSecond)

    init(_ size: Size, at now: NIODeadline) {
        self.size = size
        // bounded: 64 bits and 30 in 128
        billionths = Int128(size.burst) * Self.billion
        filledAt = now
    }

    /// - Returns: 0 when there was enough, and it is taken; else the whole seconds until there will be.
    mutating func take(_ amount: Int64, at now: NIODeadline) -> Int64 {
        // bounded here: 64 bits and 30 in 128; what comes back in a second is above 0 (`APILimits`)
        fill(at: now)
        // What is larger than the whole is let through when the bucket is full, or it never would be.
        let wanted = Int128(min(amount, size.burst)) * Self.billion
        guard billionths < wanted else {
            billionths -= wanted
            return 0
        }
        let second = Int128(size.perSecond) * Self.billion
        return Int64(clamping: (wanted - billionths + second - 1) / second)
    }

    /// Gives back what was taken.
    mutating func put(_ amount: Int64) {
        // bounded here: 64 bits and 30 in 128
        billionths = min(billionths + Int128(amount) * Self.billion, Int128(size.burst) * Self.billion)
    }

    /// Whether nothing of it is used.
    func isFull(at now: NIODeadline) -> Bool {
        var copy = self
        copy.fill(at: now)
        return copy.billionths == Int128(size.burst) * Self.billion  // bounded: 64 bits and 30 in 128
    }

    private mutating func fill(at now: NIODeadline) {
        // bounded here: of 64 bits each, in 128
        let passed = Int128(max((now - filledAt).nanoseconds, 0)) * Int128(size.perSecond)
        billionths = min(billionths + passed, Int128(size.burst) * Self.billion)
        filledAt = max(filledAt, now)
    }
}
