import GCXLedger
import GCXLinux
import GCXModel
import GCXWire
import Logging

/// Keeps how the agent is doing, and tells the service manager when that changes.
package actor Standing {
    private(set) var current = AgentStanding()

    package init() {}

    /// What the last look at the ledger said of the machine's offer.
    private var offerProblem: String?

    func began(at now: UInt64, grantEndsAt: UInt64) {
        (current.startedAt, current.grantEndsAt) = (now, grantEndsAt)
        tell()
    }

    /// Runs a measurement, and says meanwhile that there is one.
    ///
    /// - Parameter seconds: how long it takes, as far as that is known.
    nonisolated func measuring<Value: Sendable>(
        since now: UInt64, seconds: UInt64?, _ body: () async throws(AgentError) -> Value
    ) async throws(AgentError) -> Value {
        await set(.init(since: now, seconds: seconds))
        let result: Result<Value, AgentError>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        await set(nil)
        return try result.get()
    }

    private func set(_ measuring: AgentStanding.Measuring?) {
        current.measuring = measuring
        tell()
    }

    /// - Returns: how long the ledger was away, seconds, when this is its first answer since; else nil.
    func ledgerAnswered(at now: UInt64) -> UInt64? {
        guard let outage = current.ledgerAway else { return nil }
        current.ledgerAway = nil
        tell()
        return now > outage.since ? now - outage.since : 0  // bounded: the smaller from the larger
    }

    /// - Returns: true when the ledger answered the time before.
    func ledgerFailed(_ error: LedgerError, at now: UInt64) -> Bool {
        let since = current.ledgerAway?.since
        current.ledgerAway = .init(since: since ?? now, reason: Untrusted(error.description))
        if since == nil { tell() }
        return since == nil
    }

    func grantSeen(revokedAt: UInt64?) { current.grantRevokedAt = revokedAt }

    func offerSeen(_ problem: String?) { offerProblem = problem }

    /// The whole of it, with the reason why nothing is for sale.
    ///
    /// - Parameters:
    ///   - hasOffer: whether the agent has one.
    ///   - problem: what went wrong when one was made.
    func look(hasOffer: Bool, problem: String?) -> AgentStanding {
        var found = current
        found.notForSale = reason(hasOffer, problem).map { Untrusted($0) }
        return found
    }

    private func reason(_ hasOffer: Bool, _ problem: String?) -> String? {
        if current.grantRevokedAt != nil { return "the owner has taken the machine's grant back" }
        if let problem { return problem }
        if !hasOffer { return current.measuring == nil ? "no offer is made yet" : "the machine is being measured" }
        return current.ledgerAway == nil ? offerProblem : "its ledger does not answer"
    }

    private func tell() { ServiceNotify.status(Self.line(current)) }

    /// One line for `systemctl status`.
    static func line(_ standing: AgentStanding) -> String {
        if let outage = standing.ledgerAway {
            return "The ledger has not answered since \(RFC3339.moment(outage.since)); jobs go on"
        }
        if standing.measuring != nil { return "Measuring the machine" }
        return "Serving"
    }
}
