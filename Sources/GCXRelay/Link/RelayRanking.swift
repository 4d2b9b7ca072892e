import GCXModel

// dictionaries: states

/// Which relay a machine dials next: the nearest that is not in use and has had its rest.
struct RelayRanking: Sendable {
    private struct State {
        /// Nanoseconds of one round trip; nil while nothing is known.
        var latency: UInt64?
        /// Failures since it last was good.
        var failures = 0
        var notBefore: UInt64 = 0
        var isInUse = false
    }

    let relays: [RelayAddress]
    private let limits: LinkLimits
    private var states: [RelayAddress: State]

    init(_ relays: [RelayAddress], _ limits: LinkLimits) {
        let first = Array(relays.prefix(LinkLimits.relaysMax))
        self.relays = first
        self.limits = limits
        states = Dictionary(first.map { ($0, State()) }) { first, _ in first }
    }

    /// Takes the nearest relay that may be dialled now; of those of equal nearness the one that is listed first.
    mutating func take(at now: UInt64) -> RelayAddress? {
        let free = relays.filter { states[$0].map { !$0.isInUse && $0.notBefore <= now } ?? false }
        let nearest = free.min { latency(of: $0) < latency(of: $1) }
        if let nearest { states[nearest]?.isInUse = true }
        return nearest
    }

    /// When the next of those that are free may be dialled; nil when all are in use.
    var nextAttempt: UInt64? { states.values.filter { !$0.isInUse }.map(\.notBefore).min() }

    mutating func measured(_ relay: RelayAddress, latency: UInt64?) {
        // Who did not answer goes behind those who did.
        states[relay]?.latency = latency ?? .max
    }

    /// A connection ended, or never came about.
    ///
    /// - Parameter chance: from 0 to 1, drawn by the caller.
    mutating func leave(_ relay: RelayAddress, wasGood: Bool, at now: UInt64, chance: Double) {
        guard var state = states[relay] else { return }
        state.isInUse = false
        state.failures = wasGood ? 0 : min(state.failures + 1, Self.failuresMax)  // bounded: `failuresMax` and one
        let wait = Self.backoff(after: state.failures, limits.backoff, chance: chance)
        state.notBefore = now.saturatingSum(wait)
        states[relay] = state
    }

    /// - Returns: nanoseconds, half to all of a wait that doubles with each failure.
    static func backoff(after failures: Int, _ range: ClosedRange<Duration>, chance: Double) -> UInt64 {
        let (first, last) = (range.lowerBound.nanoseconds, range.upperBound.nanoseconds)
        let doublings = UInt64(1) << UInt64(clamping: min(max(failures, 1), failuresMax) - 1)  // bounded: `failuresMax`
        let whole = min(first.saturatingProduct(doublings), last)
        // bounded: half of a number of 64 bits, times 0...1
        return whole / 2 + UInt64(Double(whole / 2) * min(max(chance, 0), 1))
    }

    private func latency(of relay: RelayAddress) -> UInt64 { states[relay]?.latency ?? .max }

    /// Doublings beyond this are longer than any wait.
    private static let failuresMax = 20
}

extension Duration {
    /// Nanoseconds, or the largest number there is; nothing for what is negative.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return UInt64(clamping: seconds).saturatingProduct(1_000_000_000)
            .saturatingSum(UInt64(clamping: attoseconds / 1_000_000_000))
    }
}
