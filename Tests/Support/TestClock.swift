import Synchronization

/// A wall clock that only moves when a test says so, and the boot clock beside it.
package final class TestClock: Sendable {
    private struct Hands {
        var wall: UInt64
        var boot: UInt64 = 1_000_000_000_000
    }

    private let hands: Mutex<Hands>

    /// Starts on a day in 2027.
    package init(_ start: UInt64 = 1_800_000_000) { hands = Mutex(Hands(wall: start * 1_000_000_000)) }

    /// Unix seconds.
    package var now: UInt64 { wall / 1_000_000_000 }

    /// Nanoseconds since 1970.
    package var wall: UInt64 { hands.withLock { $0.wall } }

    /// Nanoseconds; never goes back.
    package var boot: UInt64 { hands.withLock { $0.boot } }

    /// So many seconds pass.
    package func advance(_ by: UInt64) { advance(nanoseconds: by * 1_000_000_000) }

    package func advance(nanoseconds: UInt64) {
        hands.withLock { hands in
            hands.boot += nanoseconds
            hands.wall += nanoseconds
        }
    }

    /// Time passes until then. A clock that is set back is only set: no time passes.
    package func set(_ to: UInt64) {
        let wall = to * 1_000_000_000
        hands.withLock { hands in
            if wall > hands.wall { hands.boot += wall - hands.wall }
            hands.wall = wall
        }
    }

    /// The clock is set, and no time passes.
    package func jump(to seconds: UInt64) { hands.withLock { $0.wall = seconds * 1_000_000_000 } }

    /// The machine was started again: its boot clock begins anew, and so much later by the wall.
    package func restart(after seconds: UInt64) {
        hands.withLock { hands in
            hands.wall += seconds * 1_000_000_000
            hands.boot = 5_000_000_000
        }
    }
}
