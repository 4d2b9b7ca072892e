import GCXLinux
import GCXMetering
package import GCXModel
package import GCXSigning
package import GCXWire

/// The buyer's side of a lease while it is attached: every good receipt is answered with a voucher.
///
/// A receipt and the voucher that answers it are in the journal before the voucher leaves, so a buyer that comes back
/// after a crash neither forgets what it promised nor promises for a receipt that does not follow on the last one. The
/// first bad receipt ends the session, and no voucher leaves after it.
///
/// ```swift
/// let session = BuyerSession(
///     agent: client, caller: .owner, terms: lease.terms, domain: domain, openedAt: lease.openedAt,
///     deposit: lease.deposit, key: custody, journal: FileBuyerJournal(path)) { event in print(event) }
/// let status = try await session.run()
/// ```
package struct BuyerSession: Sendable {
    private let agent: any AgentOperations
    private let caller: Caller
    private let lease: LeaseID
    private let terms: LeaseTerms
    private let key: any KeyCustody
    private let domain: EIP712Domain
    private let inspector: ReceiptInspector
    private let journal: any BuyerJournal
    private let currentDeposit: @Sendable () async -> Amount?
    private let patience: Patience
    private let report: @Sendable (BuyerEvent) -> Void

    /// - Parameters:
    ///   - openedAt: when the lease opened on the ledger, Unix seconds: no more time can have been used since.
    ///   - deposit: what the ledger holds in escrow; a receipt beyond it is refused.
    ///   - sendsNothing: true when the job has no network, and so can owe no egress.
    ///   - currentDeposit: asked before a receipt beyond `deposit` is refused, for the lease may have been topped up;
    ///     nil when it cannot be had.
    ///   - key: the session key of the terms.
    ///   - now: Unix seconds by the buyer's clock.
    ///   - patience: how long an agent may stay away before ``run()`` gives up.
    ///   - report: called in order, from the task that runs.
    package init(
        agent: any AgentOperations, caller: Caller, terms: LeaseTerms, domain: EIP712Domain, openedAt: UInt64,
        deposit: Amount, sendsNothing: Bool = false,
        currentDeposit: @escaping @Sendable () async -> Amount? = { nil }, key: any KeyCustody,
        journal: any BuyerJournal,
        now: @escaping @Sendable () -> UInt64 = WallClock.seconds,
        patience: Duration = BuyerLimits.buyerPatience, report: @escaping @Sendable (BuyerEvent) -> Void
    ) {
        self.agent = agent
        self.caller = caller
        self.terms = terms
        lease = terms.digest(in: domain)
        self.key = key
        self.domain = domain
        inspector = ReceiptInspector(
            machine: terms.machine, domain: domain,
            check: ReceiptCheck(
                lease: lease, terms: terms, deposit: deposit, sendsNothing: sendsNothing, openedAt: openedAt),
            openedAt: openedAt, now: now)
        self.currentDeposit = currentDeposit
        self.journal = journal
        self.patience = Patience(limit: patience) { report(.agentSilent($0, pause: $1)) }
        self.report = report
    }

    /// Answers receipts until the job is over and paid for: until the final one, or the last one of a job that left its lease
    /// open, or until the agent has closed the lease.
    ///
    /// The journal goes on over the jobs of a lease: the next one's session begins where this one ended.
    ///
    /// - Returns: where the lease stands then.
    package func run() async throws(BuyerError) -> JobStatus {
        var record = try journal.load() ?? BuyerRecord(lease: lease)
        guard record.lease == lease else { throw .journalOfAnotherLease(journal.name, found: record.lease) }
        // Its voucher would stay in the journal, and be refused whenever somebody attaches again.
        guard key.address == terms.session else { throw .notTheSessionKey(key.address, named: terms.session) }
        if let fault = record.fault(of: terms, in: domain) { throw .journalDamaged(journal.name, reason: fault) }
        // The process may have ended between saving a voucher and sending it.
        if let voucher = record.voucher, let end = try await send(voucher, in: record) { return end }
        while true {
            let page = try await receipts(after: record.receipt?.document.sequence ?? 0)
            if page.isEmpty {
                if let end = try await endedStatus(record) { return finish(end) }
                try await Patience.sleep(BuyerLimits.emptyPagePause)
            } else if let end = try await answer(page, in: &record) {
                return end
            }
        }
    }

    /// One voucher for a page of receipts, because amounts are cumulative; what came before a bad receipt is answered.
    private func answer(
        _ page: [Signed<Receipt>], in record: inout BuyerRecord
    ) async throws(BuyerError) -> JobStatus? {
        let (last, refusal) = inspect(page, after: record.receipt, by: await inspector(for: page))
        if let last { record.receipt = last }
        // An old refusal stays as evidence until a newer one takes its place.
        if let refusal { record.refused = refusal }
        if let last { record.voucher = try await sign(last) }
        try journal.save(record)
        var end: JobStatus?
        if last != nil, let voucher = record.voucher { end = try await send(voucher, in: record) }
        if let refusal { throw stop(refusal) }
        return end
    }

    /// The inspector, with the deposit of now when the page needs it.
    private func inspector(for page: [Signed<Receipt>]) async -> ReceiptInspector {
        var inspector = inspector
        guard page.contains(where: { $0.document.amount > inspector.check.deposit }) else { return inspector }
        if let deposit = await currentDeposit() { inspector.check.deposit = max(deposit, inspector.check.deposit) }
        return inspector
    }

    /// The last good receipt of a page, and the first bad one.
    private func inspect(
        _ page: [Signed<Receipt>], after previous: Signed<Receipt>?, by inspector: ReceiptInspector
    ) -> (last: Signed<Receipt>?, refusal: BuyerRecord.Refusal?) {
        var last: Signed<Receipt>?
        for receipt in page {
            if let reason = inspector.refusal(of: receipt, after: last ?? previous) {
                return (last, BuyerRecord.Refusal(receipt: receipt, reason: reason))
            }
            last = receipt
            report(.receiptAccepted(receipt.document))
        }
        return (last, nil)
    }

    private func sign(_ receipt: Signed<Receipt>) async throws(BuyerError) -> Signed<Voucher> {
        let voucher = Voucher(
            channel: lease, cumulative: receipt.document.amount, receipt: receipt.digest(in: domain))
        do {
            return try await Signed(voucher, by: key, in: domain)
        } catch {
            throw .signing(error)
        }
    }

    /// Sends a voucher that is in the journal. Not nil when it answered the final receipt.
    private func send(_ voucher: Signed<Voucher>, in record: BuyerRecord) async throws(BuyerError) -> JobStatus? {
        do {
            _ = try await patience.call { () async throws(AgentError) -> VoucherReceipt in
                try await agent.accept(voucher)
            }
            report(.voucherSent(voucher.document))
            return record.receipt?.document.isFinal == true ? finish(try await status()) : nil
        } catch .agent(let error) {
            // A lease that closed while we were away takes no voucher any more, and needs none.
            if case .wrongPhase = error, let status = try await closedStatus() { return finish(status) }
            throw .agent(error)
        }
    }

    private func receipts(after sequence: UInt64) async throws(BuyerError) -> [Signed<Receipt>] {
        try await patience.call { () async throws(AgentError) -> [Signed<Receipt>] in
            try await agent.receipts(lease, after: sequence, waitSeconds: BuyerLimits.buyerWaitSeconds, by: caller)
        }
    }

    /// The status of a lease of which no receipt is to come: it is closed, or open again and every receipt is answered. The
    /// agent's word; one that says so too early gets no further voucher.
    private func endedStatus(_ record: BuyerRecord) async throws(BuyerError) -> JobStatus? {
        let status = try await status()
        if status.phase == .closed { return status }
        let isAnswered = status.receipts <= record.receipt?.document.sequence ?? 0
        return status.isOpenAgain && isAnswered ? status : nil
    }

    private func closedStatus() async throws(BuyerError) -> JobStatus? {
        let status = try await status()
        return status.phase == .closed ? status : nil
    }

    private func status() async throws(BuyerError) -> JobStatus {
        try await patience.call { () async throws(AgentError) -> JobStatus in try await agent.job(lease, by: caller) }
    }

    private func finish(_ status: JobStatus) -> JobStatus {
        report(.finished(status))
        return status
    }

    private func stop(_ refusal: BuyerRecord.Refusal) -> BuyerError {
        report(.receiptRefused(refusal.receipt.document, reason: refusal.reason))
        return .receiptRefused(lease, sequence: refusal.receipt.document.sequence, reason: refusal.reason)
    }
}
