package import GCXModel
package import GCXWire

/// Reads what happens to one job, or to all that the caller may see.
package struct JobEventFollower: Sendable {
    private let agent: any AgentOperations
    private let caller: Caller
    private let lease: LeaseID?
    private let follow: Bool
    private let patience: Patience

    /// - Parameters:
    ///   - lease: nil takes all that the caller may see, and has no end while it follows.
    ///   - follow: true waits for what is to come; false stops at what is there now.
    package init(agent: any AgentOperations, caller: Caller, lease: LeaseID?, follow: Bool) {
        self.agent = agent
        self.caller = caller
        self.lease = lease
        self.follow = follow
        patience = Patience(limit: follow ? BuyerLimits.buyerPatience : .zero) { _, _ in }
    }

    /// Hands every event after a sequence to `body`, in order and once, until the job is over and nothing more is said of it.
    ///
    /// The wipe of a finished job may come hours later, when its output is no longer kept: it is not waited for.
    package func run(after sequence: UInt64 = 0, _ body: (JobEvent) throws -> Void) async throws {
        var after = sequence
        while true {
            // Asked before the events are read, so that nothing said in between is missed.
            let isOver = try await isOver()
            let wait = follow && !isOver ? BuyerLimits.buyerWaitSeconds : 0
            let from = after
            let events = try await patience.call { () async throws(AgentError) -> [JobEvent] in
                try await agent.events(of: lease, after: from, waitSeconds: wait, by: caller)
            }
            for event in events { try body(event) }
            // The agent's word: one that does not go on would be asked for ever.
            let last = events.last?.sequence ?? after
            let isNew = last > after
            after = max(after, last)
            if !isNew, isOver || !follow { return }
            if !isNew { try await Patience.sleep(BuyerLimits.emptyPagePause) }
        }
    }

    private func isOver() async throws -> Bool {
        guard let lease, follow else { return false }
        return try await patience.call { () async throws(AgentError) -> JobStatus in
            try await agent.job(lease, by: caller)
        }.isOver
    }
}
