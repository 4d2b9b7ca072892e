package import GCXLedger
package import GCXModel
package import GCXSigning

/// Everything the agent does when asked: what the HTTP routes call and the command line reaches through them.
///
/// Calls are safe from any task. Each names who asks; the agent decides what they may see.
package protocol AgentOperations: Sendable {
    /// The agent's machine, offer and leases in brief.
    func status() async throws(AgentError) -> AgentStatus

    /// What anybody may know: without jobs, problems and what the ledger has not yet accepted. Reads nothing from the disk.
    func publicStatus() async throws(AgentError) -> AgentStatus

    /// Throws what is wrong with the agent's own store.
    func checkHealth() async throws(AgentError)

    /// Checks terms that the payer has signed, reserves the capacity, and signs them for the machine.
    ///
    /// The reservation lapses when the lease is not on the ledger within `Limits.proposalSeconds`.
    func propose(_ proposal: LeaseProposal) async throws(AgentError) -> CountersignedTerms

    /// Starts a job. The lease must be open and funded on the ledger, without a job on its way, and what its jobs before cost
    /// must be vouched for within the credit. What the job before left is gone then, but for its log.
    func submit(_ request: JobRequest, lease: LeaseID, by caller: Caller) async throws(AgentError) -> JobStatus

    /// A page of the jobs the caller may see, newest first: the first one, with all that are not closed, or the one that a
    /// page before named as `next`.
    func jobs(from place: UInt64?, by caller: Caller) async throws(AgentError) -> Page<JobStatus>

    /// One job.
    func job(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> JobStatus

    /// Asks a job to end; the reason names who asked. A lease without one is settled and closed.
    func cancel(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> JobStatus

    /// Receipts with a sequence above `after`, in order; waits up to `waitSeconds` for the first one.
    func receipts(
        _ lease: LeaseID, after: UInt64, waitSeconds: UInt64, by caller: Caller
    ) async throws(AgentError) -> [Signed<Receipt>]

    /// Takes a voucher. It is on disk before this returns; the same voucher again changes nothing.
    ///
    /// Nobody says who he is here, so the answer tells only what whoever has the voucher knows already.
    func accept(_ voucher: Signed<Voucher>) async throws(AgentError) -> VoucherReceipt

    /// A stretch of the job's log; waits up to the query's seconds for something new.
    func log(_ lease: LeaseID, _ query: LogQuery, by caller: Caller) async throws(AgentError) -> LogPage

    /// Everything about one lease, from the signing to the wipe.
    func report(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> JobReport

    /// Events after a sequence, in order, of one lease or of all that the caller may see; waits up to `waitSeconds`.
    func events(
        of lease: LeaseID?, after sequence: UInt64, waitSeconds: UInt64, by caller: Caller
    ) async throws(AgentError) -> [JobEvent]

    /// The OCI configuration of the job as the runtime got it; nil before the start and after the wipe.
    func bundle(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> String?

    /// Lets a running job stand still, and go on. Its lease runs on meanwhile.
    func hold(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> JobStatus
    func release(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> JobStatus

    /// A page of the sessions that are not over, newest first: the caller's account's, or for the machine's owner everybody's.
    func sessions(from place: UInt64?, by caller: Caller) async throws(AgentError) -> Page<SessionUse>

    /// Refuses sessions from now on, and ends what their holders wait for. It is on disk before this returns; the same
    /// revocation again changes nothing.
    func revoke(_ revocation: Signed<SessionRevocation>) async throws(AgentError) -> RevokedSessions
}

extension AgentOperations {
    /// The newest jobs the caller may see, and all that are not closed.
    package func jobs(by caller: Caller) async throws(AgentError) -> [JobStatus] {
        try await jobs(from: nil, by: caller).items
    }

    /// All jobs the caller may see, newest first, a page at a time. One that closes meanwhile, and so comes twice, is in it once.
    ///
    /// - Throws: ``AgentError/answerImpossible(_:)`` beyond `most` of them or for a list that does not go on, or what a call throws.
    package func allJobs(
        by caller: Caller, most: Int = WireLimits.jobsMax
    ) async throws(AgentError) -> [JobStatus] {
        try await all("job", most, \.lease) { (place) async throws(AgentError) in
            try await jobs(from: place, by: caller)
        }
    }

    /// All sessions the caller may see, newest first, in the same way.
    package func allSessions(
        by caller: Caller, most: Int = WireLimits.sessionsMax
    ) async throws(AgentError) -> [SessionUse] {
        try await all("session", most, \.id) { (place) async throws(AgentError) in
            try await sessions(from: place, by: caller)
        }
    }

    private func all<Item: Sendable>(
        _ what: String, _ most: Int, _ id: (Item) -> Digest,
        _ ask: (UInt64?) async throws(AgentError) -> Page<Item>
    ) async throws(AgentError) -> [Item] {
        var (page, pages) = (try await ask(nil), 1)
        var items = page.items
        var seen = Set(items.map(id))
        while let next = page.next {
            page = try await ask(next)
            // bounded here: joins lists, and counts pages
            items += page.items.filter { seen.insert(id($0)).inserted }
            pages += 1
            guard page.next ?? 0 < next, items.count <= most, pages <= most else {
                throw .answerImpossible("its list has no end, or more than \(NumberText.count(most, what))")
            }
        }
        return items
    }
}

/// Who asks.
package enum Caller: Sendable, Equatable {
    /// Root, or the user that the agent runs as, over the agent's unix socket: the kernel says so.
    case owner
    /// The holder of a session key that an account let in. Checked against audience, expiry and signature by the agent.
    case session(Signed<ApiSession>)

    /// The side that the caller is on, as events and exit reasons name it.
    package var side: ExitReason.Canceller { self == .owner ? .owner : .buyer }
}

/// Terms that the payer has signed and the machine has not.
package struct LeaseProposal: Codable, Equatable, Sendable {
    package var terms: LeaseTerms
    package var payerSignature: Signature

    package init(terms: LeaseTerms, payerSignature: Signature) {
        self.terms = terms
        self.payerSignature = payerSignature
    }
}

/// What is uploaded before a job starts, always as one tar.
package enum UploadKind: String, Codable, Sendable, CaseIterable {
    /// The image: a tar of an OCI layout or of a root filesystem; an OCI archive is already one.
    case image
    /// The input directory.
    case input
}

/// The answer to a voucher.
package struct VoucherReceipt: Codable, Equatable, Sendable {
    package var lease: LeaseID
    /// What the voucher covers, in all; it, or a higher one, is kept.
    package var cumulative: Amount

    package init(lease: LeaseID, cumulative: Amount) {
        self.lease = lease
        self.cumulative = cumulative
    }
}
