import Synchronization

/// A wall clock that only moves when a test says so, and the boot clock beside it.
package final class TestClock: Sendable {
    private struct Hands {
        var seconds: UInt64
        /// Of a second that has begun.
        var nanoseconds: UInt64 = 0
        var boot: UInt64 = 1_000_000_000_000
        var bootID = "boot-1"
    }

    private let hands: Mutex<Hands>

    /// Starts on a day in 2027.
    package init(_ start: UInt64 = 1_800_000_000) { hands = Mutex(Hands(seconds: start)) }

    /// Unix seconds.
    package var now: UInt64 { hands.withLock { $0.seconds } }

    /// Nanoseconds since 1970, as far as 64 bits go.
    package var wall: UInt64 {
        hands.withLock { hands in
            let (whole, isOver) = hands.seconds.multipliedReportingOverflow(by: 1_000_000_000)
            return isOver ? .max : whole + min(hands.nanoseconds, .max - whole)
        }
    }

    /// Nanoseconds; never goes back.
    package var boot: UInt64 { hands.withLock { $0.boot } }

    /// The boot that it counts from, named as the scripted driver names it.
    package var bootID: String { hands.withLock { $0.bootID } }

    /// So many seconds pass.
    package func advance(_ by: UInt64) { advance(nanoseconds: by * 1_000_000_000) }

    package func advance(nanoseconds: UInt64) {
        hands.withLock { hands in
            hands.boot += nanoseconds
            let passed = hands.nanoseconds + nanoseconds
            hands.seconds += passed / 1_000_000_000
            hands.nanoseconds = passed % 1_000_000_000
        }
    }

    /// Time passes until then. A clock that is set back is only set: no time passes.
    package func set(_ to: UInt64) {
        hands.withLock { hands in
            if to > hands.seconds { hands.boot += (to - hands.seconds) * 1_000_000_000 - hands.nanoseconds }
            (hands.seconds, hands.nanoseconds) = (to, 0)
        }
    }

    /// The clock is set, and no time passes.
    package func jump(to seconds: UInt64) { hands.withLock { $0.seconds = seconds } }

    /// The machine was started again: its boot clock begins anew, and so much later by the wall.
    package func restart(after seconds: UInt64) {
        hands.withLock { hands in
            hands.seconds += seconds
            hands.boot = 5_000_000_000
            hands.bootID += "+"
        }
    }
}
