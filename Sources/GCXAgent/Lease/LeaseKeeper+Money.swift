import GCXLedger
import GCXLinux
import GCXMetering
import GCXModel
import GCXPricing
import GCXSandbox
import GCXSigning

extension LeaseKeeper {
    /// Writes the next receipt. It is on disk, with the meter it was made from, before anybody can read it.
    func issueReceipt(final next: LeasePhase? = nil) async throws(AgentError) {
        guard let meter else { return }
        let logHead = await logHead()
        let previous = lastReceipt.map { (receipt: $0.document.document, digest: $0.digest) }
        let usage = ReceiptContext(
            lease: id, previous: previous, issuedAt: context.now(), logDigest: logHead,
            samplesDigest: meter.samplesDigest, isFinal: next != nil,
            // bounded: joins lists
            events: try (pendingEvents + (next == nil ? [] : unsaidOutput())).map { Untrusted($0) })
        let document: Receipt
        do throws(PricingError) {
            document = try meter.meter.receipt(usage, rates: terms.rates, started: receiptAt)
        } catch {
            throw .badRequest(Untrusted(error.description))
        }
        let signed = try await context.identity.sign(document)
        let digest = signed.digest(in: context.identity.domain)
        try context.store.append(signed, digest: digest, meter: meter, phase: next, at: context.now())
        try context.store.save(graph, of: id)
        lastReceipt = (signed, digest)
        receiptAt = BootClock.now()
        pendingEvents = []
    }

    /// What the job left, when an agent that ended between the job and this receipt was to say so. The buyer holds the output
    /// against nothing else.
    private func unsaidOutput() throws(AgentError) -> [String] {
        guard let exit = try context.store.facts(of: id)?.exit, let digest = exit.outputDigest,
            let bytes = exit.outputBytes, let statement = OutputStatement(digest: digest, bytes: bytes),
            !pendingEvents.contains(statement.event)
        else { return [] }
        return [statement.event]
    }

    /// The final receipt; with it, in one transaction, the phase in which its voucher is awaited.
    func finish(_ next: LeasePhase, note: String) async throws(AgentError) {
        if meter == nil {
            try context.store.update(id) { row in
                row.phase = next
                row.endedAt = context.now()
            }
        } else {
            try await issueReceipt(final: next)
        }
        adopt(next)
        try context.store.update(id) { $0.note = note }
        try LeaseUploads(id, context).remove()
    }

    /// The head of the log's chain by now; of a log that is gone or damaged, what the last receipt said.
    private func logHead() async -> Digest {
        let folder = JobLogFolder(path: job.log)
        do {
            if let end = try await blocking({ () throws(LinuxError) in try folder.end() }) { return end.head }
        } catch {
            pendingEvents.append("the job's log cannot be read: \(error)")
        }
        return lastReceipt?.document.document.logDigest ?? .zero
    }

    /// Brings the lease to its end on the ledger: claim the best voucher, then close, each once it is due.
    func settle() async throws(AgentError) {
        try await releaseMeter()
        guard case .settling(_, let since) = phase else { return }
        guard let row = try context.store.lease(id) else { throw .unknownLease(id) }
        let owed = lastReceipt?.document.document.amount ?? .zero
        let isPaid = vouched >= owed
        let isLate = context.now() >= since.saturatingSum(AgentLimits.finalVoucherSeconds)
        try await claim(force: true)
        let isClosing = try await isClosing()
        guard isPaid || isLate || isClosing else { return }
        let isRefused = try isClaimRefused()
        if row.claimed >= vouched || isRefused { try await close() }
        if let record = try await leaseOnLedger(), record.escrow.isClosed {
            try await take(.closedOnLedger, note: row.note)
        }
    }

    /// Queues a claim of the best voucher when enough is unclaimed, or at once when forced.
    func claim(force: Bool) async throws(AgentError) {
        guard let voucher = try context.store.voucher(id), let row = try context.store.lease(id) else { return }
        let unclaimed = voucher.document.cumulative.subtracting(row.claimed) ?? .zero
        guard unclaimed > .zero else { return }
        let threshold = Pricing.share(deposit, parts: AgentLimits.claimsPerDeposit)
        guard force || unclaimed >= threshold else { return }
        let entry = Entry.claim(voucher)
        try context.store.enqueue(entry, key: entry.key(in: context.identity.domain).description, lease: id)
    }

    /// True when the ledger refused the best voucher for good; waiting brings nothing then.
    private func isClaimRefused() throws(AgentError) -> Bool {
        try context.store.outbox(of: id).last { $0.entry.kind == .claim }?.state == .refused
    }

    private func close() async throws(AgentError) {
        let queued = try context.store.outbox(of: id).contains { $0.entry.kind == .closeRequest }
        guard !queued else { return }
        let request = CloseRequest(
            channel: id, requester: context.identity.machine.address, requestedAt: context.now())
        let entry = Entry.closeRequest(try await context.identity.sign(request))
        try context.store.enqueue(entry, key: entry.key(in: context.identity.domain).description, lease: id)
    }

    private func isClosing() async throws(AgentError) -> Bool {
        guard case .closing = try await leaseOnLedger()?.escrow else { return false }
        return true
    }

    /// The cgroup goes only after the final receipt is on disk: until then it can be read again.
    private func releaseMeter() async throws(AgentError) {
        try await sandbox { driver, job throws(SandboxError) in
            guard try driver.jobs().contains(job) else { return }
            try driver.release(job)
        }
    }

    /// Takes a voucher that answers one of this lease's receipts.
    func accept(_ voucher: Signed<Voucher>) async throws(AgentError) {
        try await exclusively { () async throws(AgentError) in try await take(voucher) }
    }

    private func take(_ voucher: Signed<Voucher>) async throws(AgentError) {
        let document = voucher.document
        try check(voucher)
        guard document.cumulative > vouched else { return }
        try checkCap(document)
        try context.store.keep(voucher)
        vouched = document.cumulative
        await happened(.voucher, "the buyer vouched for \(document.cumulative) in all")
        // The voucher is kept; what the ledger says to it is no affair of the buyer's, and is tried again.
        if case .settling = phase {
            return await attempt("settling") { () async throws(AgentError) in try await settle() }
        }
        try await claim(force: false)
        if case .paused = phase { try await decide() }
    }

    private func check(_ voucher: Signed<Voucher>) throws(AgentError) {
        let document = voucher.document
        do { try voucher.verify(signer: terms.session, in: context.identity.domain) } catch {
            throw .voucherRefused(id, Untrusted(error.description))
        }
        guard let amount = try context.store.amount(ofReceipt: document.receipt, lease: id) else {
            throw .voucherRefused(id, "it answers no receipt of this lease: \(document.receipt.short)")
        }
        guard document.cumulative == amount else {
            throw .voucherRefused(id, "it says \(document.cumulative), and its receipt says \(amount)")
        }
    }

    /// A voucher that the ledger would not pay is no voucher: the deposit and the rate cap bound it there.
    private func checkCap(_ document: Voucher) throws(AgentError) {
        guard document.cumulative <= deposit else {
            throw .voucherRefused(id, "it says \(document.cumulative), and the deposit is \(deposit)")
        }
        let now = context.now()
        let elapsed = now > terms.startsAt ? now - terms.startsAt : 0  // bounded: the smaller from the larger
        guard let accrued = try? Pricing.accrued(hourly: terms.hourlyCap, seconds: elapsed),
            let allowed = accrued.adding(terms.burst), document.cumulative <= allowed
        else { throw .voucherRefused(id, "it is beyond the lease's rate cap") }
    }
}
