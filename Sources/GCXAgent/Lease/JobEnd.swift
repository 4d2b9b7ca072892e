package import GCXModel

/// How a job of a lease ended, and whether the lease goes on without it. A pure rule: the keeper brings the facts.
package struct JobEnd: Equatable, Sendable {
    package var reason: ExitReason
    /// False for one of which nothing ever ran: nothing of it is billed.
    package var hasRun: Bool
    /// The buyer wants the lease for further jobs.
    package var keepsLease: Bool

    package init(reason: ExitReason, hasRun: Bool, keepsLease: Bool) {
        self.reason = reason
        self.hasRun = hasRun
        self.keepsLease = keepsLease
    }

    /// Whether another job may follow. A job that could not be run costs no lease; one that ran ends it, unless its buyer said
    /// otherwise. What somebody or some limit put an end to ends the lease in any case: so the buyer's wish, the money and the
    /// time mean what they say.
    package var leavesOpen: Bool {
        switch reason {
        case .exited(let code): keepsLease || Self.couldNotRun.contains(code)
        // The job's own doing, and nobody had asked for it.
        case .signalled, .outOfMemory: keepsLease
        case .hostFailure, .refused: !hasRun
        case .timeLimit, .budget, .cancelled: false
        }
    }

    /// What shells and runtimes say of a program that cannot be run, or is not there.
    private static let couldNotRun: Set<Int32> = [126, 127]
}
