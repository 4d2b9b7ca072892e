import GCXModel
import GCXWire

/// Calls an agent that may be restarting: the same call again, with growing pauses, until patience is over.
struct Patience: Sendable {
    let limit: Duration
    let report: @Sendable (AgentError, _ pause: Duration) -> Void

    /// - Throws: ``BuyerError/agent(_:)`` at once for an error that trying again does not mend,
    ///   ``BuyerError/agentSilent(for:last:)`` when the agent stays away, ``BuyerError/cancelled``.
    func call<Value: Sendable>(
        _ operation: @Sendable () async throws(AgentError) -> Value
    ) async throws(BuyerError) -> Value {
        let start = ContinuousClock.now
        var pause = BuyerLimits.buyerBackoff.lowerBound
        while true {
            let failure: AgentError
            do {
                return try await operation()
            } catch {
                failure = error
            }
            if Task.isCancelled { throw .cancelled }
            guard Self.mayMend(failure) else { throw .agent(failure) }
            let silence = start.duration(to: .now)
            guard silence < limit else { throw .agentSilent(for: silence, last: failure) }
            report(failure, pause)
            try await Self.sleep(pause)
            // bounded: a pause is at most the longest there is
            pause = min(pause * 2, BuyerLimits.buyerBackoff.upperBound)
        }
    }

    static func sleep(_ pause: Duration) async throws(BuyerError) {
        do {
            try await Task.sleep(for: pause)
        } catch {
            throw .cancelled
        }
    }

    private static func mayMend(_ error: AgentError) -> Bool {
        if case .unreachable = error { return true }
        if case .retry = error.remedy { return true }
        return false
    }
}
