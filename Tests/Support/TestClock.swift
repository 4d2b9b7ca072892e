import Synchronization

/// A clock of Unix seconds that only moves when a test says so, and the boot clock beside it.
package final class TestClock: Sendable {
    private struct Hands {
        var seconds: UInt64
        var boot: UInt64 = 1_000_000_000_000
    }

    private let hands: Mutex<Hands>

    /// Starts on a day in 2027.
    package init(_ start: UInt64 = 1_800_000_000) { hands = Mutex(Hands(seconds: start)) }

    package var now: UInt64 { hands.withLock { $0.seconds } }

    /// Nanoseconds; never goes back.
    package var boot: UInt64 { hands.withLock { $0.boot } }

    package func advance(_ by: UInt64) { set(now + by) }

    /// Time passes until then. A clock that is set back is only set: no time passes.
    package func set(_ to: UInt64) {
        hands.withLock { hands in
            if to > hands.seconds { hands.boot += (to - hands.seconds) * 1_000_000_000 }
            hands.seconds = to
        }
    }

    /// The clock is set, and no time passes.
    package func jump(to seconds: UInt64) { hands.withLock { $0.seconds = seconds } }
}
