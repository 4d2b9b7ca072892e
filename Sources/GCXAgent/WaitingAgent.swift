package import GCXLedger
package import GCXModel
package import GCXSigning
package import GCXWire

/// What answers in the agent's place while it waits for a ledger that it has never met: it knows its own state, and nothing else.
///
/// Leases and receipts are documents of one ledger, so nothing can be said or signed before that one has answered. An agent that
/// has met its ledger remembers whose it is, and waits for nothing.
package struct WaitingAgent: AgentHost {
    private let machine: Address
    private let owner: Address
    private let startedAt: UInt64
    private let wait: LedgerWait

    package init(machine: Address, grant: MachineGrant, startedAt: UInt64, wait: LedgerWait) {
        (self.machine, owner, self.startedAt, self.wait) = (machine, grant.owner, startedAt, wait)
    }

    package func status() async throws(AgentError) -> AgentStatus {
        var (status, standing) = (publicStatus(), AgentStanding())
        (standing.startedAt, standing.isWaiting, standing.ledgerAway) = (startedAt, true, wait.outage)
        standing.notForSale = "the agent waits for its ledger"
        status.standing = standing
        return status
    }

    package func publicStatus() -> AgentStatus {
        AgentStatus(
            version: Untrusted(AgentCore.version), machine: machine, owner: owner, offer: nil, runtime: "-",
            cgroupLayout: "-", jobs: [], outboxPending: 0, problems: [])
    }

    /// It is well, as far as it can be.
    package func checkHealth() throws(AgentError) {}

    private var notYet: AgentError { .waitingForLedger(wait.outage?.reason ?? "no answer yet") }

    package func propose(_ proposal: LeaseProposal) throws(AgentError) -> CountersignedTerms { throw notYet }
    package func beginUpload(
        _ kind: UploadKind, _ part: UploadPart?, lease: LeaseID, by caller: Caller
    ) throws(AgentError) -> UploadTicket { throw notYet }
    package func uploaded(
        _ kind: UploadKind, digest: String, lease: LeaseID, by caller: Caller
    ) throws(AgentError) -> UInt64 { throw notYet }
    package func endUpload(_ ticket: consuming UploadTicket) throws(AgentError) { throw notYet }
    package func submit(_ request: JobRequest, lease: LeaseID, by caller: Caller) throws(AgentError) -> JobStatus {
        throw notYet
    }
    package func jobs(from place: UInt64?, by caller: Caller) throws(AgentError) -> Page<JobStatus> {
        throw notYet
    }
    package func job(_ lease: LeaseID, by caller: Caller) throws(AgentError) -> JobStatus { throw notYet }
    package func cancel(_ lease: LeaseID, by caller: Caller) throws(AgentError) -> JobStatus { throw notYet }
    package func receipts(
        _ lease: LeaseID, after: UInt64, waitSeconds: UInt64, by caller: Caller
    ) throws(AgentError) -> [Signed<Receipt>] { throw notYet }
    package func accept(_ voucher: Signed<Voucher>) throws(AgentError) -> VoucherReceipt { throw notYet }
    package func log(_ lease: LeaseID, _ query: LogQuery, by caller: Caller) throws(AgentError) -> LogPage {
        throw notYet
    }
    package func report(_ lease: LeaseID, by caller: Caller) throws(AgentError) -> JobReport { throw notYet }
    package func events(
        of lease: LeaseID?, after sequence: UInt64, waitSeconds: UInt64, by caller: Caller
    ) throws(AgentError) -> [JobEvent] { throw notYet }
    package func bundle(_ lease: LeaseID, by caller: Caller) throws(AgentError) -> String? { throw notYet }
    package func hold(_ lease: LeaseID, by caller: Caller) throws(AgentError) -> JobStatus { throw notYet }
    package func release(_ lease: LeaseID, by caller: Caller) throws(AgentError) -> JobStatus { throw notYet }
    /// Whose sessions hold, only its ledger's domain tells; whatever is asked with one is answered `notYet`.
    package func admit(_ session: Signed<ApiSession>, from place: Untrusted) throws(AgentError) {}
    package func requireStanding(of caller: Caller) throws(AgentError) {}
    package func sessions(from place: UInt64?, by caller: Caller) throws(AgentError) -> Page<SessionUse> {
        throw notYet
    }
    package func revoke(_ revocation: Signed<SessionRevocation>) throws(AgentError) -> RevokedSessions { throw notYet }
    package func outputArchive(_ lease: LeaseID, by caller: Caller) throws(AgentError) -> OutputArchive? {
        throw notYet
    }
}
