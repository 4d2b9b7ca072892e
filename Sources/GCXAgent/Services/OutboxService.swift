import GCXLedger
import GCXModel
import GCXSigning
import GCXWire
import Logging
import ServiceLifecycle

// dictionaries: current

/// Posts what the store's outbox holds, in order, until the ledger has it.
///
/// An entry is written before it is sent and marked after it is accepted; a crash between the two sends it again, and
/// the ledger recognises it by its digest. A refused entry is kept with its reason and does not stop the others.
package struct OutboxService: Service {
    let store: AgentStore
    let ledger: any Ledger
    /// Whose entries they are. Another ledger would refuse for good what the agent's own is to take when it is back.
    let domain: EIP712Domain
    let problems: Problems
    let logger: Logger
    let pause: @Sendable (Duration) async -> Void
    /// Told after every pass that posted something.
    let posted: @Sendable () async -> Void

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var pause = Duration.milliseconds(100)
            while !Task.isCancelled {
                let isClear = await pass()
                // bounded: a pause is at most the longest there is
                pause = isClear ? .milliseconds(200) : min(pause * 2, .seconds(AgentLimits.outboxBackoffSecondsMax))
                await self.pause(pause)
            }
        }
        // What was decided before the stop is sent before it, if the ledger is there.
        _ = await pass()
    }

    /// One try for every queued entry; false when one has to be tried again.
    func pass() async -> Bool {
        do {
            var outcomes: Set<Outcome> = []
            let items = try store.queued()
            if !items.isEmpty, await !isOwnLedger() { return false }
            for item in items {
                let outcome = try await post(item)
                outcomes.insert(outcome)
                if outcome == .silent { break }
            }
            if outcomes.contains(.done) { await posted() }
            guard outcomes.isDisjoint(with: [.later, .silent]) else { return false }
            let unread = try store.queuedCount()
            if unread > 0, items.isEmpty {
                await problems.note(
                    "outbox",
                    "in the agent's database \(NumberText.count(unread, "entry", one: "is", many: "are")) damaged and cannot be posted"
                )
                return true
            }
            await problems.clear("outbox")
            return true
        } catch {
            await problems.note("outbox", error.description)
            return false
        }
    }

    /// Whether the agent's own ledger is there; what is in its place is a problem.
    private func isOwnLedger() async -> Bool {
        do throws(LedgerError) {
            if try await ledger.identity().domain == domain { return true }
            await problems.note("outbox", AgentError.anotherLedger.description)
        } catch {
            await problems.note("outbox", error.description)
        }
        return false
    }

    private enum Outcome {
        /// Posted, or refused for good.
        case done
        /// This entry's time has not come; the next may be posted.
        case later
        /// The ledger does not answer, or cannot.
        case silent
    }

    private func post(_ item: OutboxItem) async throws(AgentError) -> Outcome {
        let receipt: PostReceipt
        do { receipt = try await ledger.post(item.entry) } catch { return try await failed(item, error) }
        try store.record(item, .posted, detail: "index \(receipt.index)")
        logger.info(
            "entry posted", metadata: ["entry.kind": "\(item.entry.kind)", "entry.index": "\(receipt.index)"])
        return .done
    }

    private func failed(_ item: OutboxItem, _ error: LedgerError) async throws(AgentError) -> Outcome {
        await problems.note("outbox", error.description)
        if error.isOfLedger {
            try store.record(item, .queued, detail: error.description)
            return .silent
        }
        guard case .retry = error.remedy else {
            logger.error(
                "entry refused", metadata: ["entry.kind": "\(item.entry.kind)", "reason": "\(error.description)"])
            try store.record(item, .refused, detail: error.description)
            return .done
        }
        try store.record(item, .queued, detail: error.description)
        return .later
    }
}

/// The last error of each part of the agent, for `gcx agent status`.
package actor Problems {
    private var current: [String: String] = [:]

    package init() {}

    func note(_ part: String, _ text: String) { current[part] = text }
    func clear(_ part: String) { current[part] = nil }
    func text(of part: String) -> String? { current[part] }
    package var lines: [String] { current.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" } }
}
