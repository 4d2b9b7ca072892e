package import GCXLedger
import GCXLinux
import GCXModel
package import GCXWire
package import Logging
import ServiceLifecycle
import Synchronization

/// Waits until a ledger that the agent has never met answers, for as long as it takes: who the agent is depends on whose it is.
package final class LedgerWait: Service {
    private let ledger: any Ledger
    private let logger: Logger
    private let clock: AgentClock
    private let pause: Duration
    private let state: Mutex<State>

    private struct State {
        var found: LedgerIdentity?
        var outage: AgentStanding.Outage?
    }

    package init(
        _ ledger: any Ledger, logger: Logger, clock: AgentClock = .system,
        pause: Duration = AgentLimits.ledgerWaitInterval
    ) {
        (self.ledger, self.logger, self.clock, self.pause) = (ledger, logger, clock, pause)
        state = Mutex(State())
    }

    /// What the ledger answered; nil until it has.
    package var found: LedgerIdentity? { state.withLock { $0.found } }

    /// Since when it is waited for, and what came in place of an answer; nil before the first question.
    package var outage: AgentStanding.Outage? { state.withLock { $0.outage } }

    /// Asks until there is an answer or a stop, which ends a wait at once.
    package func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                if await ask() { return }
                await clock.pause(pause)
            }
        }
    }

    /// One question; true when it was answered.
    package func ask() async -> Bool {
        do throws(LedgerError) {
            let identity = try await ledger.identity()
            let since = state.withLock { state in
                state.found = identity
                return state.outage?.since
            }
            if let since {
                let now = clock.now()
                let seconds = now > since ? now - since : 0  // bounded: the smaller from the larger
                logger.notice("ledger is there", metadata: ["seconds.waited": "\(seconds)"])
            }
            return true
        } catch {
            failed(error)
            return false
        }
    }

    private func failed(_ error: LedgerError) {
        let reason = Untrusted(error.description)
        let isNew = state.withLock { state in
            let isNew = state.outage?.reason != reason
            state.outage = .init(since: state.outage?.since ?? clock.now(), reason: reason)
            return isNew
        }
        guard isNew else { return }
        logger.warning("waiting for the ledger", metadata: ["error": "\(error.description)"])
        ServiceNotify.status("Waiting for the ledger: \(error.description)")
    }
}
