import GCXJobLog
package import GCXModel
package import GCXWire
import Synchronization

/// Goes over a log while it is shown, and knows whether it was the one that the machine signed.
///
/// The final receipt carries the head of the log's chain at its end. Whoever attends a job learns of it while the log is
/// still being read, from another task.
package final class LogWitness: Sendable {
    private struct State: Sendable {
        var verifier = JobLogVerifier([])
        /// Where the next page has to begin for the chain to go on.
        var next: UInt64 = 0
        var fault: JobLogFault?
        var final: Receipt?
        /// Since when the job is over and nothing new has come.
        var quietSince: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    package init() {}

    /// The job is over, and this is the machine's last word about it; nil when it gave none.
    package func end(with receipt: Receipt?) {
        state.withLock { state in
            state.final = receipt
            state.quietSince = .now
        }
    }

    /// Takes the next page.
    ///
    /// - Returns: false when the log is over: it has reached the final receipt's head, or nothing new comes any more.
    package func take(_ page: LogPage) -> Bool {
        state.withLock { state in
            // What was dropped before it could be read is no fault; the log is proven from the next segment on.
            if page.start != state.next { state.verifier = JobLogVerifier([]) }
            state.next = page.next
            if state.fault == nil {
                do throws(JobLogFault) {
                    try state.verifier.add(page.bytes, start: page.start)
                } catch {
                    state.fault = error
                }
            }
            guard let quiet = state.quietSince else { return true }
            if !page.bytes.isEmpty { state.quietSince = .now }
            if let final = state.final, state.fault == nil, state.verifier.head == final.logDigest { return false }
            return quiet.duration(to: .now) < BuyerLimits.logEndPatience
        }
    }

    /// Why what was shown is not what the machine signed; nil when it is, or when there is no final receipt.
    package func verdict() -> String? {
        state.withLock { state in
            guard let final = state.final else { return nil }
            if let fault = state.fault { return fault.description }
            guard state.verifier.head != final.logDigest else { return nil }
            return "its end is not the one that the final receipt \(final.sequence) names"
        }
    }
}
