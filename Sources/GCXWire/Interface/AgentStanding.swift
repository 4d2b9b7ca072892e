package import GCXModel

/// How an agent itself is doing, for its owner. What is nil is well, or not known.
package struct AgentStanding: Codable, Equatable, Sendable {
    /// The machine is being measured: since when, Unix seconds, and how long that takes, seconds.
    package struct Measuring: Codable, Equatable, Sendable {
        package var since: UInt64
        package var seconds: UInt64?

        package init(since: UInt64, seconds: UInt64?) {
            self.since = since
            self.seconds = seconds
        }
    }

    /// The ledger does not answer: since when, Unix seconds, and what came in place of an answer.
    package struct Outage: Codable, Equatable, Sendable {
        package var since: UInt64
        package var reason: Untrusted

        package init(since: UInt64, reason: Untrusted) {
            self.since = since
            self.reason = reason
        }
    }

    /// When the agent began, Unix seconds.
    package var startedAt: UInt64?
    /// True until the agent has heard from its ledger for the first time ever; until then it looks after no lease.
    package var isWaiting: Bool?
    package var measuring: Measuring?
    package var ledgerAway: Outage?
    /// The owner's word for this machine ends then, Unix seconds.
    package var grantEndsAt: UInt64?
    /// The owner took it back then, Unix seconds.
    package var grantRevokedAt: UInt64?
    /// Why no buyer is sent to this machine.
    package var notForSale: Untrusted?

    package init() {}
}
