import GCXModel
import NIOCore

/// How far a connection is in its request and its answer, and which deadline it has missed.
///
/// Both handlers of the connection share it, and it stays on their event loop. It knows no clock: time comes as a number.
final class ConnectionProgress {
    /// What a deadline asks for.
    enum Verdict: Equatable {
        case fine
        /// Nothing was asked, so nothing is said.
        case close
        /// A request that does not get on is answered.
        case tooSlow(String)
    }

    private let limits: ConnectionLimits
    private let onStage: (ConnectionStage) -> Void
    private(set) var stage = ConnectionStage.silent
    /// Requests begun whose answer is not complete.
    private(set) var requestsOpen = 0
    /// Whether the last of them still sends its body.
    private(set) var isBodyOpen = false
    private var headBytes = 0
    /// When the connection was opened, when its last answer was done, or when the first byte of a head came.
    private var quietSince: NIODeadline
    private var incoming = Flow()
    private var outgoing = Flow()

    init(_ limits: ConnectionLimits, at now: NIODeadline, onStage: @escaping (ConnectionStage) -> Void) {
        self.limits = limits
        self.onStage = onStage
        quietSince = now
    }

    /// Bytes that came.
    func took(_ count: Int, at now: NIODeadline) {
        guard !isBodyOpen else { return incoming.moved(count, isWaiting: false, at: now) }
        if headBytes == 0, requestsOpen == 0 { quietSince = now }
        // bounded: a head that is larger than `undecodedBytesMax` ends the connection, after a few reads
        headBytes += count
    }

    /// Whether what came makes up no head, once all that was read is decoded.
    var isHeadTooLarge: Bool { !isBodyOpen && headBytes > ServerLimits.undecodedBytesMax }

    /// The server would read more of a body.
    func asked(at now: NIODeadline) {
        if isBodyOpen { incoming.wait(at: now) }
    }

    func tookHead(at now: NIODeadline) {
        requestsOpen += 1  // bounded: requests that were read one by one
        (isBodyOpen, headBytes, incoming) = (true, 0, Flow())
        // The rest of the body is most likely awaited already.
        incoming.wait(at: now)
        show()
    }

    func tookEnd() {
        (isBodyOpen, headBytes) = (false, 0)
        show()
    }

    func answered(at now: NIODeadline) {
        requestsOpen = max(requestsOpen - 1, 0)  // bounded: of what is 0 or more
        quietSince = now
        show()
    }

    func wrote(_ count: Int, at now: NIODeadline) {
        if outgoing.pending == 0 { outgoing = Flow() }
        // bounded: bytes in memory
        outgoing.pending += count
        outgoing.wait(at: now)
        show()
    }

    func delivered(_ count: Int, at now: NIODeadline) {
        outgoing.pending -= count  // bounded: what was written is delivered once
        outgoing.moved(count, isWaiting: outgoing.pending > 0, at: now)
        show()
    }

    /// Bytes that the other side has not taken yet.
    var pendingBytes: Int { outgoing.pending }

    func verdict(at now: NIODeadline) -> Verdict {
        if outgoing.pending > 0 { return isSlow(outgoing, at: now) ? .close : .fine }
        if isBodyOpen { return isSlow(incoming, at: now) ? .tooSlow("the body of the request") : .fine }
        guard requestsOpen == 0 else { return .fine }
        let quiet = now - quietSince  // bounded: two moments of one clock
        if headBytes > 0 { return quiet > TimeAmount(limits.head) ? .tooSlow("the head of the request") : .fine }
        return quiet > TimeAmount(stage == .silent ? limits.firstByte : limits.idle) ? .close : .fine
    }

    private func isSlow(_ flow: Flow, at now: NIODeadline) -> Bool {
        guard let since = flow.waitsSince else { return false }
        // bounded here: moments of one clock: seconds since it began, times a limit of ours
        if now - since > TimeAmount(limits.silence) { return true }
        let waited = flow.waited + (now - since)
        guard waited > TimeAmount(limits.rateGrace) else { return false }
        return flow.bytes < Int(waited.nanoseconds / Int64(Nanoseconds.inSecond)) * limits.bytesPerSecondMin
    }

    private func show() {
        let next: ConnectionStage =
            if outgoing.pending > 0 {
                .sending
            } else if requestsOpen > 0 {
                isBodyOpen ? .receiving : .serving
            } else {
                stage == .silent ? .silent : .idle
            }
        guard next != stage else { return }
        stage = next
        onStage(next)
    }

    /// Bytes in one direction, and how long we waited for the other side; our own slowness does not count.
    private struct Flow {
        var bytes = 0
        var pending = 0
        var waited: TimeAmount = .zero
        var waitsSince: NIODeadline?

        mutating func wait(at now: NIODeadline) {
            if waitsSince == nil { waitsSince = now }
        }

        mutating func moved(_ count: Int, isWaiting: Bool, at now: NIODeadline) {
            bytes &+= count
            // bounded: moments of one clock
            if let since = waitsSince { waited = waited + (now - since) }
            waitsSince = isWaiting ? now : nil
        }
    }
}
