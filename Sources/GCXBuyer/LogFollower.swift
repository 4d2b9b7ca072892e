package import GCXModel
package import GCXWire

/// Reads a job's log page by page, over restarts of the agent.
///
/// Memory: one page, whatever the log's size.
package struct LogFollower: Sendable {
    private let agent: any AgentOperations
    private let lease: LeaseID
    private let caller: Caller
    private let follow: Bool
    private let job: UInt64?
    private let patience: Patience

    /// - Parameters:
    ///   - follow: true waits for the end of the job; false stops at what is there now.
    ///   - job: which of the lease's jobs, from 1; nil takes the latest, and stays with it.
    package init(
        agent: any AgentOperations, lease: LeaseID, by caller: Caller, follow: Bool, job: UInt64? = nil,
        patience: Duration = BuyerLimits.buyerPatience
    ) {
        self.agent = agent
        self.lease = lease
        self.caller = caller
        self.follow = follow
        self.job = job
        self.patience = Patience(limit: patience) { _, _ in }
    }

    /// Hands every line to `line`, in order and once, and says where some were lost.
    ///
    /// - Parameter witness: goes over the log on the way, and says when it is over.
    /// - Returns: the offset after the last line, to go on from.
    @discardableResult
    package func run(
        from offset: UInt64 = 0, witness: LogWitness? = nil, line: (LogLine) -> Void
    ) async throws(BuyerError) -> UInt64 {
        var reading = LogReading(from: offset, isWhole: true, stream: nil)
        return try await pages(LogQuery(from: offset)) { (page) throws(AgentError) in
            try reading.lines(page).forEach(line)
            return witness?.take(page) ?? true
        }
    }

    /// Hands every page to `body`, in order and once, until it answers false or there is none left.
    ///
    /// - Parameter query: where to begin and what to leave out; how long to wait is this type's own affair.
    /// - Returns: the offset after the last page.
    @discardableResult
    package func pages(
        _ query: LogQuery, _ body: (LogPage) throws(AgentError) -> Bool
    ) async throws(BuyerError) -> UInt64 {
        var query = query
        query.waitSeconds = follow ? BuyerLimits.buyerWaitSeconds : 0
        query.job = job
        while true {
            let page = try await self.page(query)
            let goesOn: Bool
            do { goesOn = try body(page) } catch { throw .agent(error) }
            // Only the first page is looked for by time or line; a page without records may be the place it was.
            let isNew = page.next > query.from
            query = LogQuery(
                from: max(query.from, page.next), stream: query.stream, bytesMax: query.bytesMax,
                waitSeconds: query.waitSeconds, job: query.job ?? page.job)
            if !goesOn || page.ended || (!isNew && !follow) { return query.from }
            // Also of a page that moves the offset and holds nothing: an agent may answer so for ever.
            if page.bytes.isEmpty || !isNew { try await Patience.sleep(BuyerLimits.emptyPagePause) }
        }
    }

    private func page(_ query: LogQuery) async throws(BuyerError) -> LogPage {
        try await patience.call { () async throws(AgentError) -> LogPage in
            let page = try await agent.log(lease, query, by: caller)
            try page.require(from: query)
            return page
        }
    }
}
