/// Less moved in ``WireLimits/paceWindow`` than ``WireLimits/paceBytesMin``.
package struct TooSlow: Error {}

/// Sees to it that a transfer moves: somebody who sends a byte now and then would hold the other side for ever.
package struct Pace: Sendable {
    let window: Duration
    let bytesMin: UInt64
    private var begin = ContinuousClock.now
    private var moved: UInt64 = 0

    package init(window: Duration = WireLimits.paceWindow, bytesMin: UInt64 = WireLimits.paceBytesMin) {
        (self.window, self.bytesMin) = (window, bytesMin)
    }

    /// - Parameter done: bytes so far, of the whole transfer.
    /// - Throws: ``TooSlow`` when less than `WireLimits.paceBytesMin` moved in `WireLimits.paceWindow`.
    package mutating func move(to done: UInt64) throws(TooSlow) {
        let now = ContinuousClock.now
        guard begin.duration(to: now) >= window else { return }
        // bounded: no less is done than was, asked first
        guard done >= moved, done - moved >= bytesMin else { throw TooSlow() }
        (begin, moved) = (now, done)
    }
}
