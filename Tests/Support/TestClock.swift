import Synchronization

/// A clock of Unix seconds that only moves when a test says so.
package final class TestClock: Sendable {
    private let seconds: Mutex<UInt64>

    /// Starts on a day in 2027.
    package init(_ start: UInt64 = 1_800_000_000) { seconds = Mutex(start) }

    package var now: UInt64 { seconds.withLock { $0 } }

    package func advance(_ by: UInt64) { seconds.withLock { $0 += by } }

    package func set(_ to: UInt64) { seconds.withLock { $0 = to } }
}
