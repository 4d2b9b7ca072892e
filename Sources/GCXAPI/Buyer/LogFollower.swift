import GCXAgent
import GCXModel

/// Reads a job's log page by page, over restarts of the agent.
package struct LogFollower: Sendable {
    private let agent: any AgentOperations
    private let lease: LeaseID
    private let caller: Caller
    private let follow: Bool
    private let patience: Patience

    /// - Parameter follow: true waits for the end of the job; false stops at what is there now.
    package init(
        agent: any AgentOperations, lease: LeaseID, by caller: Caller, follow: Bool,
        patience: Duration = APILimits.buyerPatience
    ) {
        self.agent = agent
        self.lease = lease
        self.caller = caller
        self.follow = follow
        self.patience = Patience(limit: patience) { _, _ in }
    }

    /// Hands every line to `line`, in order and once.
    ///
    /// - Returns: the offset after the last line, to go on from.
    @discardableResult
    package func run(
        from offset: UInt64 = 0, line: @Sendable (LogLine) -> Void
    ) async throws(BuyerError) -> UInt64 {
        var offset = offset
        while true {
            let page = try await page(from: offset)
            page.lines.forEach(line)
            let isNew = page.next > offset
            offset = max(offset, page.next)
            if page.ended || (!isNew && !follow) { return offset }
            if !isNew { try await Patience.sleep(APILimits.emptyPagePause) }
        }
    }

    /// As ``run(from:line:)``, the bytes of each stream to its own callback.
    @discardableResult
    package func run(
        from offset: UInt64 = 0, stdout: @Sendable ([UInt8]) -> Void, stderr: @Sendable ([UInt8]) -> Void
    ) async throws(BuyerError) -> UInt64 {
        try await run(from: offset) { $0.stream == "stderr" ? stderr($0.bytes) : stdout($0.bytes) }
    }

    private func page(from offset: UInt64) async throws(BuyerError) -> LogPage {
        try await patience.call { () async throws(AgentError) -> LogPage in
            try await agent.log(
                lease, from: offset, bytesMax: AgentLimits.logPageBytesMax,
                waitSeconds: follow ? APILimits.buyerWaitSeconds : 0, by: caller)
        }
    }
}
