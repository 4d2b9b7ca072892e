import GCXLinux
package import GCXModel
import GCXSandbox
import GCXSigning
package import GCXWire
import Logging

extension AgentCore {
    package func report(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> JobReport {
        let row = try visible(lease, to: caller)
        let last = try context.store.lastReceipt(lease)?.document.sequence ?? 0
        let most = UInt64(WireLimits.receiptPageMax)  // bounded: a constant
        let graph = if let live = await graph(of: lease) { live } else { try context.store.graph(of: lease) }
        return JobReport(
            status: try await summary(row), terms: row.terms, placement: row.placement, request: row.request,
            facts: try context.store.facts(of: lease),
            events: try context.store.events(of: lease, after: 0, most: WireLimits.eventsPerLeaseMax),
            usage: graph,
            receipts: try context.store.receipts(
                // bounded: above it
                lease, after: last > most ? last - most : 0, most: WireLimits.receiptPageMax),
            isWiped: row.wiped)
    }

    package func events(
        of lease: LeaseID?, after sequence: UInt64, waitSeconds: UInt64, by caller: Caller
    ) async throws(AgentError) -> [JobEvent] {
        if let lease { _ = try visible(lease, to: caller) }
        let deadline = Deadline(seconds: waitSeconds, by: context.clock)
        var after = sequence
        while true {
            try requireStanding(of: caller)
            let found = try context.store.events(of: lease, after: after, most: AgentLimits.eventPageMax)
            let mine = found.filter { (try? visible($0.lease, to: caller)) != nil }
            if !mine.isEmpty || (deadline.isOver && found.isEmpty) { return mine }
            // A page of others' events is passed over.
            if let last = found.last { after = last.sequence } else { await deadline.pause() }
        }
    }

    /// The OCI configuration as it was given to the runtime; nil before the start and after the wipe.
    package func bundle(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> String? {
        _ = try visible(lease, to: caller)
        return Files.lineIfPresent(directory(lease).bundle)
    }

    package func hold(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> JobStatus {
        _ = try visible(lease, to: caller)
        try await keeper(lease).hold(by: caller.side)
        return try await job(lease, by: caller)
    }

    package func release(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> JobStatus {
        _ = try visible(lease, to: caller)
        try await keeper(lease).release()
        return try await job(lease, by: caller)
    }

    private func forgetLogs(of lease: LeaseID) async throws(AgentError) {
        let (driver, name) = (context.driver, JobName(of: lease))
        do {
            try await blocking { () throws(SandboxError) in try driver.forgetLogs(of: name) }
        } catch { throw AgentError(error) }
    }

    /// Removes logs and events that retention does not keep any longer.
    func forgetOldHistory() async {
        let keep = context.settings.jobs.historySeconds
        let now = context.now()
        do {
            for lease in try context.store.leasesToForget(endedBy: now > keep ? now - keep : 0) {  // bounded: above it
                try await forgetLogs(of: lease)
                try context.store.forgetHistory(of: lease)
                context.logger.info("history removed", metadata: ["lease.id": "\(lease.short)"])
            }
            await context.problems.clear("history")
        } catch {
            await context.problems.note("history", error.description)
        }
    }
}
