import GCXModel
import GCXWire
import NIOCore
import Synchronization

// dictionaries: worked

/// How fast each peer is answered: what it has been sent is worked off at a fixed rate, and answers beyond a burst wait.
///
/// Nothing is refused, and a small answer goes out at once, for others may stand behind the same address. A peer has a
/// bounded number of requests on their way, so an answer waits for at most that many of the largest, and never longer than
/// `ServerLimits.answerWaitMax`. Time comes as a number.
final class AnswerPace: Sendable {
    /// How much goes out at once, and what goes out in a second, bytes.
    struct Size: Sendable {
        var burst: Int64
        var perSecond: Int64
    }

    private let size: Size
    /// When all that each peer was sent is worked off, as far as it is remembered.
    private let worked = Mutex<[Peer: NIODeadline]>([:])

    init(_ size: Size) { self.size = size }

    /// Notes an answer of so many bytes.
    ///
    /// - Returns: how long it has to wait; zero for the owner and for less than `WireLimits.chunkBytes`.
    func send(_ bytes: Int, to peer: Peer, at now: NIODeadline) -> TimeAmount {
        guard !peer.isOwner else { return .zero }
        // bounded here: moments of one clock, at most an hour ahead of now
        let burst = time(for: size.burst)
        let end = worked.withLock { worked in
            if worked.count > ServerLimits.pursesMax { worked = worked.filter { $0.value > now } }
            let end = min(
                max(worked[peer] ?? now, now) + time(for: Int64(clamping: bytes)),
                now + burst + TimeAmount(ServerLimits.answerWaitMax))
            worked[peer] = end
            return end
        }
        guard bytes >= WireLimits.chunkBytes else { return .zero }
        return max(end - now - burst, .zero)
    }

    private func time(for bytes: Int64) -> TimeAmount {
        // bounded here: 128 bits, and a rate of ours
        let span = Int128(bytes) * Int128(Nanoseconds.inSecond) / Int128(size.perSecond)
        return min(.nanoseconds(Int64(clamping: span)), .hours(1))
    }
}
