/// Sees to it that a transfer moves: somebody who sends a byte now and then would hold the other side for ever.
struct Pace: Sendable {
    let window: Duration
    let bytesMin: UInt64
    private var begin = ContinuousClock.now
    private var moved: UInt64 = 0

    init(window: Duration = APILimits.paceWindow, bytesMin: UInt64 = APILimits.paceBytesMin) {
        (self.window, self.bytesMin) = (window, bytesMin)
    }

    /// - Parameter done: bytes so far, of the whole transfer.
    /// - Throws: ``TransportError/tooSlow`` when less than `APILimits.paceBytesMin` moved in `APILimits.paceWindow`.
    mutating func move(to done: UInt64) throws(TransportError) {
        let now = ContinuousClock.now
        guard begin.duration(to: now) >= window else { return }
        // bounded: no less is done than was, asked first
        guard done >= moved, done - moved >= bytesMin else { throw .tooSlow }
        (begin, moved) = (now, done)
    }
}
