import GCXModel
package import GCXWire
import Synchronization

/// Calls an agent that may be restarting, or that nobody reaches for a while: the same call again, with growing pauses, until
/// patience is over.
package struct Patience: Sendable {
    private let limit: Duration
    private let report: @Sendable (AgentError, _ pause: Duration) -> Void

    /// - Parameters:
    ///   - limit: how long there may be nothing but failures.
    ///   - report: told of each failure that is followed by another try.
    package init(
        limit: Duration = BuyerLimits.buyerPatience,
        report: @escaping @Sendable (AgentError, _ pause: Duration) -> Void = { _, _ in }
    ) {
        (self.limit, self.report) = (limit, report)
    }

    /// Told by a call that takes long that it moves: what fails after that begins a new silence.
    package final class Movement: Sendable {
        private let hasMoved = Atomic(false)

        package init() {}

        package func note() { hasMoved.store(true, ordering: .relaxed) }
        fileprivate func take() -> Bool { hasMoved.exchange(false, ordering: .relaxed) }
    }

    /// - Throws: ``BuyerError/agent(_:)`` at once for an error that trying again does not mend,
    ///   ``BuyerError/agentSilent(for:last:)`` when the agent stays away, ``BuyerError/cancelled``.
    package func call<Value: Sendable>(
        moving movement: Movement = Movement(), _ operation: @Sendable () async throws(AgentError) -> Value
    ) async throws(BuyerError) -> Value {
        // A clock that stands still while the machine sleeps: nobody was silent then. A call may also have been waiting for long
        // when the connection broke, so silence begins with the first failure.
        var silentSince: SuspendingClock.Instant?
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
            if movement.take() { (silentSince, pause) = (nil, BuyerLimits.buyerBackoff.lowerBound) }
            let since = silentSince ?? .now
            silentSince = since
            let silence = since.duration(to: .now)
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
