import GCXLedger
import GCXLinux
import GCXMetering
import GCXModel
import GCXPricing
import GCXSandbox
import GCXWire

extension LeaseKeeper {
    /// Looks at the lease once: samples, receipts, credit, time and the end of the job.
    ///
    /// Called every sample interval while the job may be alive, and every few while it is not.
    func tick() async {
        await attempt("\(phase.name)") { () async throws(AgentError) in
            try await exclusively { () async throws(AgentError) in try await step() }
        }
    }

    private func step() async throws(AgentError) {
        switch phase {
        case .proposed(let since): try await lookForOpening(since)
        case .open: try await lookForExpiry()
        case .starting: try await lookAtStart()
        case .running, .paused, .held: try await meterOnce()
        case .ending: if !isLaunching { try await meterOnce() }
        case .settling: try await settle()
        case .closed: await wipe()
        }
    }

    /// True when the job has ended and its end has not been taken yet; cheap enough to be asked between two samples.
    func hasEnded() async -> Bool {
        guard phase.mayHaveProcess, !isLaunching else { return false }
        let state = try? await sandbox { driver, job throws(SandboxError) in try driver.recover(job) }
        guard case .ended = state else { return false }
        return true
    }

    /// What the buyer did on the ledger, looked at now and then.
    func follow() async {
        guard phase.mayHaveProcess else { return }
        await attempt("ledger") { () async throws(AgentError) in
            try await exclusively { () async throws(AgentError) in try await followLedger() }
        }
    }

    /// Goes on with a job that was there before the agent came back.
    func resume() async {
        switch phase {
        case .starting: relaunch()
        case .running, .paused, .held, .ending:
            await happened(.agent, "the agent was away and found the job again", inReceipt: true)
            await attempt("resume") { () async throws(AgentError) in
                try await exclusively { () async throws(AgentError) in try await repeatOrder() }
            }
        default: break
        }
    }

    /// A phase is written down before its effect, so the effect may be missing; each does no harm twice.
    private func repeatOrder() async throws(AgentError) {
        isOrderOpen = true
        guard case .running = try await glance().state else { return isOrderOpen = false }
        try await giveOrder()
    }

    private func lookForOpening(_ since: UInt64) async throws(AgentError) {
        if let record = try await look()?.record {
            deposit = record.deposit
            guard record.escrow.isClosed else { return try await take(.openedOnLedger, note: "open on the ledger") }
            try await take(.closedOnLedger, note: try book(record, note: "closed on the ledger before any job"))
        } else if context.now() > since.saturatingSum(AgentLimits.proposalSeconds) {
            try await take(.proposalLapsed, note: "not opened within \(AgentLimits.proposalSeconds) s")
        }
    }

    private func lookForExpiry() async throws(AgentError) {
        if context.now() >= terms.endsAt {
            try await take(.expiredUnused(at: context.now()), note: "the lease ended while no job was there")
        } else if let note = try await idleNote() {
            try await take(.expiredUnused(at: context.now()), note: note)
        } else {
            try await followLedger()
        }
    }

    /// A start ends with its lease, and one that nobody works on any more is taken up again.
    private func lookAtStart() async throws(AgentError) {
        if context.now() >= terms.endsAt {
            try await take(.mustEnd(.timeLimit), note: "the lease ended before its job had started")
        } else if !isLaunching {
            relaunch()
        }
    }

    /// The lease as the ledger has it; nil when it is not there.
    func leaseOnLedger() async throws(AgentError) -> LeaseRecord? {
        do { return try await context.ledger.lease(id) } catch {
            if case .leaseUnknown = error { return nil }
            throw AgentError(error)
        }
    }

    /// Notices what the buyer did on the ledger: a top-up, or the wish to close.
    func followLedger() async throws(AgentError) {
        guard let record = try await look()?.record else { return }
        switch record.escrow {
        case .open: break
        case .closing:
            // The window runs; what the job does until it has ended is beyond what can be claimed.
            try await claim(force: true)
            try await take(.mustEnd(.cancelled(by: .buyer)), note: "the buyer asked to close the lease")
            if case .open = phase {
                try await take(.expiredUnused(at: context.now()), note: "the buyer closes the lease")
            }
        case .closed: try await take(.closedOnLedger, note: try book(record, note: "closed on the ledger"))
        }
    }

    private func meterOnce() async throws(AgentError) {
        let (sample, state) = try await glance()
        switch state {
        case .running:
            if let sample { await record(sample) }
            try await decide()
            if isOrderOpen { await attempt("order") { () async throws(AgentError) in try await giveOrder() } }
            try await forceIfLate()
        case .ended(let exit): try await ended(exit, lastSample: sample)
        case nil: try await vanished()
        }
    }

    private func vanished() async throws(AgentError) {
        // Before its cores are given back: the job may run on without a directory.
        let report = try await sandbox { driver, job throws(SandboxError) in try driver.wipe(job) }
        let jobs = try context.store.lease(id)?.jobs ?? 0
        if case .ending(let reason) = phase, (meter?.meter.job ?? 0) < jobs {
            return try await take(.exited(reason, at: context.now()), note: "the job never ran")
        }
        let why = "nothing is left of the job's directory \(directory.path); \(report)"
        await happened(.ended, why, inReceipt: true)
        try await take(.exited(.hostFailure(description: Untrusted(why)), at: context.now()), note: why)
    }

    /// Where the job stands, nil when its directory is gone or unreadable, and its meter then.
    private func glance() async throws(AgentError) -> (sample: RawSample?, state: JobCondition?) {
        try await sandbox { driver, job throws(SandboxError) in
            // The state is looked at first: what is sampled after the end is the whole of it.
            do throws(SandboxError) {
                let state = try driver.recover(job)
                return (try? driver.sample(job), state)
            } catch {
                switch error {
                case .noJob, .corrupt: return (nil, nil)
                default: throw error
                }
            }
        }
    }

    /// The job is over: its last sample, cut at the moment it ended, goes into the final receipt.
    private func ended(_ exit: JobExit, lastSample: RawSample?) async throws(AgentError) {
        if !isEndSaid { await sayEnd(exit, lastSample: lastSample) }
        isEndSaid = true
        try await over(exit.reason, note: "\(exit.reason)")
    }

    /// The last sample and what the end was, once, however often the receipt of it has to be tried.
    private func sayEnd(_ exit: JobExit, lastSample: RawSample?) async {
        (isOrderOpen, isStopgap) = (false, false)
        if var sample = lastSample {
            if let last = meter?.meter.last, last.bootID == sample.bootID {
                sample.bootNanoseconds = max(
                    last.bootNanoseconds, min(sample.bootNanoseconds, exit.endedBootNanoseconds))
            }
            await record(sample)
        } else {
            await happened(
                .meter, "the meter vanished before the last sample; nothing is billed since the one before",
                inReceipt: true)
        }
        live = nil
        await keepFacts(exit: exit)
        if let digest = exit.outputDigest, let bytes = exit.outputBytes,
            let statement = OutputStatement(digest: digest, bytes: bytes)
        {
            await happened(.data, statement.event, inReceipt: true)
        }
        if let problem = exit.outputProblem { await happened(.data, problem, inReceipt: true) }
        await happened(.ended, "ended: \(exit.reason)", inReceipt: true)
    }

    func decide() async throws(AgentError) {
        guard let meter else { return }
        let metered: Amount
        do { metered = try Pricing.amountOwed(meter.meter.usage, rates: terms.rates) } catch {
            throw .badRequest(Untrusted(error.description))
        }
        let policy = try creditPolicy()
        let decision = policy.decide(metered: metered, vouched: vouched)
        if decision == .pause, phase.name == .running || phase.name == .held {
            try await pauseForCredit(pauseNote(policy, metered))
        } else if decision == .run {
            try await take(.creditRestored, note: "a voucher restored the credit")
            if isStopgap, phase == .running { isOrderOpen = true }
            isStopgap = false
        }
        try await endIfOverdue(policy, metered)
        if isReceiptDue { try await issueReceipt() }
    }

    private func pauseForCredit(_ note: String) async throws(AgentError) {
        // The buyer can only vouch for what a receipt says.
        await attempt("receipt") { () async throws(AgentError) in try await issueReceipt() }
        do { try await take(.creditReached(at: context.clock.boot()), note: note) } catch {
            // A disk that is full lets nobody work unpaid.
            if phase == .running {
                try await sandbox { driver, job throws(SandboxError) in try driver.pause(job) }
                (isOrderOpen, isStopgap) = (false, true)
            }
            throw error
        }
        isStopgap = false
    }

    private func pauseNote(_ policy: CreditPolicy, _ metered: Amount) -> String {
        policy.isSpent(metered: metered)
            ? "paused: the deposit of \(NumberText.amount(policy.deposit)) is used up"
            : "paused: \(NumberText.count(metered)) metered, \(NumberText.count(vouched)) vouched for, and the credit is "
                + NumberText.amount(terms.creditLimit)
    }

    private func endIfOverdue(_ policy: CreditPolicy, _ metered: Amount) async throws(AgentError) {
        let grace = Nanoseconds.of(seconds: terms.graceSeconds)
        if case .paused(let since) = phase, context.clock.boot() > since.saturatingSum(grace) {
            try await take(
                .mustEnd(.budget),
                note: "no voucher within the grace of \(NumberText.span(seconds: terms.graceSeconds))")
        }
        if context.now() >= terms.endsAt {
            try await take(.mustEnd(.timeLimit), note: "the lease has ended")
        }
    }

    /// A supervisor that was told to end its job and does not, because it is stopped for instance, is ended with it.
    private func forceIfLate() async throws(AgentError) {
        guard case .ending = phase, !isLaunching else { return endingSince = nil }
        let now = context.clock.boot()
        let since = endingSince ?? now
        endingSince = since
        let isAlive = try await sandbox { driver, job throws(SandboxError) in try driver.hasProcesses(job) }
        // After the job's end its supervisor packs the output, which takes its time.
        // bounded: of two constants
        let patience = isAlive ? AgentLimits.forceAfter : AgentLimits.forceAfter + SandboxLimits.packTimeout
        let grace = Duration.milliseconds(Int64(clamping: context.settings.stopGraceMilliseconds))
        // bounded: of two spans, of which one has 64 bits of milliseconds
        guard now - min(since, now) > (grace + patience).wholeNanoseconds else { return }
        await happened(.ended, "the supervisor did not end the job in time; both were ended", inReceipt: true)
        try await sandbox { driver, job throws(SandboxError) in try driver.force(job) }
    }

    func creditPolicy() throws(AgentError) -> CreditPolicy {
        // bounded: a setting from 1 to 60 seconds
        let ahead = UInt64(context.settings.sampleInterval.components.seconds) + 1
        do {
            var reserve = try Pricing.ceiling(terms.resources, rates: terms.rates, seconds: ahead)
            if let network = context.settings.network, meter?.meter.last.egressBytes != nil {
                let sent = try Pricing.egressCeiling(
                    bytesPerSecond: network.bytesPerSecond, rates: terms.rates, seconds: ahead)
                reserve = reserve.adding(sent) ?? reserve
            }
            return CreditPolicy(creditLimit: terms.creditLimit, deposit: deposit, reserve: reserve)
        } catch {
            throw .badRequest(Untrusted(error.description))
        }
    }

    private var isReceiptDue: Bool {
        context.clock.boot() >= receiptAt.saturatingSum(Nanoseconds.of(seconds: terms.receiptSeconds))
    }
}
