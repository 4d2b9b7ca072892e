import GCXJobLog
import GCXLedger
import GCXLinux
import GCXMetering
import GCXModel
import GCXPricing
import GCXSandbox
import GCXSigning
import GCXWire

extension LeaseKeeper {
    /// Writes the next receipt. It is on disk, with the meter it was made from, before anybody can read it.
    func issueReceipt(final next: LeasePhase? = nil) async throws(AgentError) {
        guard let receipt = try await writeReceipt(isFinal: next != nil, isEnd: next != nil) else { return }
        try adopt(try context.store.append(receipt, phase: next, at: context.now()))
    }

    /// The next receipt, not on disk yet; nil when nothing was ever metered.
    ///
    /// - Parameter isEnd: whether the job is over, so that what it left has to be said.
    func writeReceipt(isFinal: Bool, isEnd: Bool) async throws(AgentError) -> WrittenReceipt? {
        guard var meter else { return nil }
        // Of a job that was never started nothing was measured; its receipt is its own all the same.
        if isEnd, let row = try context.store.lease(id) { meter.meter.begin(row.jobs, at: nil) }
        let beginning = meter.meter.takeBeginning()
        let logHead = await logHead(isFirst: beginning != nil)
        let previous = lastReceipt.map { (receipt: $0.document.document, digest: $0.digest) }
        var events = pendingEvents
        if let beginning { events.insert(beginning.event, at: 0) }
        if isEnd { try events.append(contentsOf: unsaidOutput()) }
        let usage = ReceiptContext(
            lease: id, previous: previous, issuedAt: context.now(), logDigest: logHead,
            samplesDigest: meter.samplesDigest, isFinal: isFinal, events: events.map { Untrusted($0) })
        let document: Receipt
        do throws(PricingError) {
            document = try meter.meter.receipt(usage, rates: terms.rates, started: receiptAt)
        } catch {
            throw .badRequest(Untrusted(error.description))
        }
        let signed = try await context.identity.sign(document)
        return WrittenReceipt(signed: signed, digest: signed.digest(in: context.identity.domain), meter: meter)
    }

    /// Goes on from a receipt that is on disk.
    func adopt(_ receipt: consuming StoredReceipt) throws(AgentError) {
        meter = receipt.meter
        lastReceipt = (receipt.signed, receipt.digest)
        receiptAt = context.clock.boot()
        pendingEvents = []
        try context.store.save(graph, of: id)
    }

    /// What the job left, when an agent that ended between the job and this receipt was to say so. The buyer holds the output
    /// against nothing else.
    private func unsaidOutput() throws(AgentError) -> [String] {
        guard phase.mayHaveProcess, let exit = try context.store.facts(of: id)?.exit, let digest = exit.outputDigest,
            let bytes = exit.outputBytes, let statement = OutputStatement(digest: digest, bytes: bytes),
            !pendingEvents.contains(statement.event)
        else { return [] }
        return [statement.event]
    }

    /// The final receipt; with it, in one transaction, the phase in which its voucher is awaited.
    func finish(_ next: LeasePhase, note: String) async throws(AgentError) {
        let before = phase
        if meter == nil {
            let now = context.now()
            try context.store.update(id) { row in
                row.enter(next, at: now)
                row.endedAt = row.endedAt ?? now
            }
        } else {
            try await issueReceipt(final: next)
        }
        adopt(next)
        try context.store.update(id) { $0.note = note }
        if case .open = before { await happened(next.eventKind(after: before), note) }
        try LeaseUploads(id, context).remove()
    }

    /// The head of the log's chain by now; of a log that is gone or damaged, what the last receipt said.
    ///
    /// - Parameter isFirst: whether the receipt is the job's first, so that the last one's log is another's.
    private func logHead(isFirst: Bool) async -> Digest {
        let folder = JobLogFolder(path: directory.log)
        do {
            if let end = try await blocking({ () throws(LinuxError) in try folder.end() }) { return end.head }
        } catch {
            await say("the job's log cannot be read: \(error.description)")
        }
        return isFirst ? .zero : lastReceipt?.document.document.logDigest ?? .zero
    }

    /// Brings the lease to its end on the ledger: claim the best voucher, then close, each once it is due.
    func settle() async throws(AgentError) {
        // A group that does not go keeps no money back.
        await attempt("giving up the meter") { () async throws(AgentError) in try await releaseMeter() }
        guard case .settling(_, let since) = phase else { return }
        guard let row = try context.store.lease(id) else { throw .unknownLease(id) }
        let owed = lastReceipt?.document.document.amount ?? .zero
        let isPaid = vouched >= owed
        let isLate = context.now() >= since.saturatingSum(AgentLimits.finalVoucherSeconds)
        do { try await look() } catch {
            // It is posted when the ledger is back.
            try await claim(force: true)
            throw error
        }
        try await claim(force: true)
        guard isPaid || isLate || sight?.isClosing == true else { return }
        let target = try claimable(sight)?.document.cumulative ?? .zero
        let isRefused = try isClaimRefused()
        if row.claimed >= target || isRefused { try await close() }
        if let record = sight?.record, record.escrow.isClosed {
            try await take(.closedOnLedger, note: try book(record, note: row.note))
        }
    }

    /// Queues a claim of the best voucher that is payable when enough is unclaimed, or at once when forced.
    ///
    /// A voucher stays payable until the buyer's close window is over, so what is at risk is that the machine does not come
    /// back within it: some minutes of use, or a part of the deposit where that is less.
    func claim(force: Bool) async throws(AgentError) {
        guard let row = try context.store.lease(id), let voucher = try claimable(sight) else { return }
        let unclaimed = voucher.document.cumulative.subtracting(row.claimed) ?? .zero
        guard unclaimed > .zero else { return }
        let share = Pricing.share(deposit, parts: AgentLimits.claimsPerDeposit)
        let some = terms.receiptSeconds.saturatingProduct(AgentLimits.claimReceipts)
        let receipts = try? Pricing.ceiling(terms.resources, rates: terms.rates, seconds: some)
        guard force || unclaimed >= min(share, receipts ?? share) else { return }
        let entry = Entry.claim(voucher)
        try context.store.enqueue(entry, key: entry.key(in: context.identity.domain).description, lease: id)
    }

    /// The best voucher, or, when the ledger pays more for it, the best that it was known to pay: of one that is too large it
    /// pays nothing, or a part once the buyer asked to close.
    private func claimable(_ sight: LedgerSight?) throws(AgentError) -> Signed<Voucher>? {
        let best = try context.store.voucher(id)
        guard let best, let sight, best.document.cumulative > sight.record.payable(at: sight.time) else { return best }
        let sure = try context.store.sureVoucher(id)
        let part = sight.record.payment(of: best.document.cumulative, at: sight.time)
        return part > max(sure?.document.cumulative ?? .zero, sight.record.settled) ? best : sure
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

    /// The cgroup goes only after the final receipt is on disk: until then it can be read again.
    private func releaseMeter() async throws(AgentError) {
        try await sandbox { driver, job throws(SandboxError) in
            guard try driver.names().contains(job) else { return }
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
        let isSure = try await checkPayable(document)
        try context.store.keep(voucher, isSure: isSure)
        vouched = document.cumulative
        await happened(.voucher, "the buyer vouched for \(NumberText.amount(document.cumulative)) in all")
        // The voucher is kept; what the ledger says to it is no affair of the buyer's, and is tried again.
        if case .settling = phase {
            return await attempt("settling") { () async throws(AgentError) in try await settle() }
        }
        // While the window runs, what waits for the next look may come too late.
        try await claim(force: sight?.isClosing == true)
        if case .paused = phase {
            // It is kept, whatever the sandbox says when the job is woken.
            await attempt("waking") { () async throws(AgentError) in try await decide() }
        }
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
            throw .voucherRefused(
                id,
                "it says \(NumberText.amount(document.cumulative)), and its receipt says \(NumberText.amount(amount))")
        }
    }

    /// A voucher that the ledger would not pay at this moment is no voucher: by its clock, the lease's cap, the deposit, and a
    /// request to close.
    ///
    /// - Returns: whether the ledger said so just now. Where it does not answer, what it said last is taken on with the time
    ///   since, so that its silence ends no honest job; such a voucher counts, and the best sure one is kept beside it.
    private func checkPayable(_ document: Voucher) async throws(AgentError) -> Bool {
        var isSure = true
        do {
            _ = try await look()
        } catch {
            guard case .ledger = error else { throw error }
            isSure = false
        }
        guard let sight else { throw .escrowMissing(id, "the ledger has not shown the lease yet") }
        let time = isSure ? sight.time : sight.time(at: context.clock.boot())
        let allowed = sight.record.payable(at: time)
        guard document.cumulative <= allowed else {
            throw .voucherRefused(
                id,
                "it says \(document.cumulative), and of this lease the ledger pays \(allowed) by now: its deposit, its rate cap "
                    + "and a request to close bound it")
        }
        return isSure
    }
}

extension LeaseKeeper {
    /// Asks the ledger for its clock and then for the lease, so that what is payable by the one is payable by the other.
    ///
    /// - Returns: nil when the lease is not there.
    @discardableResult
    func look() async throws(AgentError) -> LedgerSight? {
        let identity: LedgerIdentity
        do { identity = try await context.ledger.identity() } catch {
            throw AgentError(error)
        }
        guard identity.domain == context.identity.domain else { throw .anotherLedger }
        guard let record = try await leaseOnLedger() else { return nil }
        let seen = LedgerSight(
            record: record, time: identity.ledgerTime, seenAt: context.clock.boot(), bootID: context.clock.bootID())
        sight = seen
        deposit = max(deposit, record.deposit)
        await keep(seen)
        return seen
    }

    /// Writes down what is news, so that the next life of the agent knows it without the ledger.
    private func keep(_ seen: LedgerSight) async {
        guard keptSight?.foretells(seen) != true else { return }
        await attempt("sight") { () async throws(AgentError) in
            try context.store.keep(seen, of: id)
            keptSight = seen
        }
    }
}
