import GCXMetering
import GCXModel
import GCXPricing
import GCXSandbox
import GCXWire

// One job after the other: a lease is time on a machine.
extension LeaseKeeper {
    /// Writes a job down and lets it be started. What the job before left goes first, so that whatever lies there afterwards is
    /// this one's; an end of the agent in between leaves the lease open, and the next try does the rest.
    func begin(_ request: JobRequest) async throws(AgentError) {
        guard let row = try context.store.lease(id) else { throw .unknownLease(id) }
        if row.jobs > 0 { try await makeWay(row) }
        try context.store.forgetFacts(of: id)
        let job = row.jobs.saturatingSum(1)
        let words = JobBeginning(job: job).map { "\($0.event): " } ?? ""
        try await take(.submitted, note: "\(words)the image is being unpacked") { $0.begin(request) }
    }

    /// Keeps the log of the job before, and removes the rest of it.
    func makeWay(_ row: LeaseRow) async throws(AgentError) {
        try await releaseFormer()
        let isThere = try await sandbox { driver, job throws(SandboxError) in try driver.names().contains(job) }
        guard isThere else { return }
        let (number, bytesMax) = (row.jobs, context.settings.logBytesMax)
        let report = try await sandbox { driver, job throws(SandboxError) in
            try driver.keepLog(of: job, as: number, bytesMax: bytesMax)
            return try driver.clear(job)
        }
        await happened(.agent, "job \(row.jobs) made way for the next: \(report)")
    }

    /// Gives up the meter of the job before, whose last receipt is on disk. Nothing is read for the next one until then: it
    /// would be counted to the group that is about to go.
    func releaseFormer() async throws(AgentError) {
        guard !isReleased else { return }
        try await sandbox { driver, job throws(SandboxError) in
            if try driver.names().contains(job) { try driver.release(job) }
        }
        isReleased = true
    }

    /// A next job waits until the ones before are paid for, within the credit that a running one has.
    func checkCredit() throws(AgentError) {
        guard let meter else { return }
        let owed: Amount
        do { owed = try Pricing.amountOwed(meter.meter.usage, rates: terms.rates) } catch {
            throw .badRequest(Untrusted(error.description))
        }
        let policy = try creditPolicy()
        guard policy.decide(metered: owed, vouched: vouched) == .pause else { return }
        guard !policy.isSpent(metered: owed) else {
            throw .escrowMissing(
                id,
                "the jobs before have used up the deposit of \(NumberText.amount(deposit)): \(NumberText.amount(owed))")
        }
        throw .unpaid(id, owed: owed, vouched: vouched, creditLimit: terms.creditLimit)
    }

    /// What a failed start is, when its lease can go on: nothing of the job may be there.
    func endOfStart(_ failure: AgentError) async throws(AgentError) -> JobEnd? {
        let end = try jobEnd(failure.endOfStart, hasRun: false)
        guard let end, end.leavesOpen else { return nil }
        let isThere = try? await sandbox { driver, job throws(SandboxError) in try driver.names().contains(job) }
        return isThere == false ? end : nil
    }

    /// The job is over: the lease goes on without it, or ends with it.
    func over(_ reason: ExitReason, note: String) async throws(AgentError) {
        if let end = try jobEnd(reason, hasRun: true), end.leavesOpen {
            try await take(.leftOpen(end), note: note)
        } else {
            try await take(.exited(reason, at: context.now()), note: note)
        }
    }

    /// The end of the job; nil where the lease ends in any case: its time is over, somebody ends it, or it has had its share of
    /// jobs.
    private func jobEnd(_ reason: ExitReason, hasRun: Bool) throws(AgentError) -> JobEnd? {
        guard let row = try context.store.lease(id), context.now() < terms.endsAt, sight?.isClosing != true else {
            return nil
        }
        if case .ending = phase { return nil }
        guard row.jobs < AgentLimits.jobsPerLeaseMax, row.failedStarts < AgentLimits.failedStartsMax else {
            return nil
        }
        return JobEnd(reason: reason, hasRun: hasRun, keepsLease: row.request?.keepsLease ?? false)
    }

    /// Writes the receipt up to the job's end and opens the lease for another job, in one transaction.
    func reopen(after end: JobEnd, note: String) async throws(AgentError) {
        // While nothing can be uploaded yet: what is sent from then on is for the next job.
        try LeaseUploads(id, context).remove()
        let receipt = try await writeReceipt(isFinal: false, isEnd: true)
        let now = context.now()
        let note = "open for another job; the last one: \(note)"
        let change = { (row: inout LeaseRow) in
            row.open(at: now, note: note)
            (row.lastExit, row.endedAt) = (end.reason, now)
            if !end.hasRun { row.failedStarts = row.failedStarts.saturatingSum(1) }
        }
        var stored: StoredReceipt?
        if let receipt {
            stored = try context.store.reopen(id, receipt, change)
        } else {
            try context.store.reopen(id, change)
        }
        adopt(.open)
        (isReleased, isEndSaid, isOrderOpen) = (false, false, false)
        live = nil
        if let stored { try adopt(stored) }
        await happened(.opened, note)
        await attempt("making way") { () async throws(AgentError) in try await releaseFormer() }
    }
}
