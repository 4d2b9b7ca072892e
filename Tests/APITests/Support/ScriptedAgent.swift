import GCXJobLog
import GCXLedger
import GCXModel
import GCXSigning
import Synchronization

@testable import GCXAgent
@testable import GCXWire

/// An agent that holds one lease in memory and answers from it. A test changes `state` as it goes.
final class ScriptedAgent: AgentHost {
    struct State: Sendable {
        var receipts: [Signed<Receipt>] = []
        var vouchers: [Signed<Voucher>] = []
        var callers: [Caller] = []
        /// Uploads that were begun, and those that came whole.
        var uploads: (begun: Int, whole: [UploadKind]) = (0, [])
        var log: [JobLog.Record] = []
        var firstKept: UInt64 = 0
        var skipLines: UInt64 = 0
        var queries: [LogQuery] = []
        var phase = LeasePhaseName.running
        /// Thrown by every call.
        var failure: AgentError?
        var uploadPath = ""
        var uploadBytesMax: UInt64 = 1 << 20
        var output: String?
        var outputDigest: String?
        var submitted: JobRequest?
        var events: [JobEvent] = []
        var bundle: String?
        /// Jobs that were begun; nil as of an agent that does not count them.
        var jobs: UInt64?
        /// Pages of jobs, by the place that is asked for; nil has one with the lease.
        var jobPages: [UInt64?: Page<JobStatus>]?
        /// Receipts that it says it has written; nil says those it hands out.
        var receiptsSaid: UInt64?
        /// Who was let in, from where.
        var admitted: [Untrusted] = []
        /// Unix seconds since when all sessions are refused.
        var revokedAt: UInt64?
        var revocations: [Signed<SessionRevocation>] = []
        /// Pages of sessions, by the place that is asked for.
        var sessions: [UInt64?: Page<SessionUse>] = [:]
        /// Pages of receipts that it hands out one by one, whatever was asked for.
        var pages: [[Signed<Receipt>]]?
    }

    let lease: SampleLease
    let state: Mutex<State>
    /// Uploads that broke off.
    let shelf = UploadShelf()
    /// Called with each voucher before it is taken.
    let onVoucher: @Sendable (Signed<Voucher>) -> Void

    init(
        _ lease: SampleLease, _ state: State = State(),
        onVoucher: @escaping @Sendable (Signed<Voucher>) -> Void = { _ in }
    ) {
        self.lease = lease
        self.onVoucher = onVoucher
        self.state = Mutex(state)
    }

    private func answer<Value: Sendable>(
        by caller: Caller? = nil, _ body: (inout State) throws(AgentError) -> Value
    ) throws(AgentError) -> Value {
        let result: Result<Value, AgentError> = state.withLock { state in
            if let caller { state.callers.append(caller) }
            if let failure = state.failure { return .failure(failure) }
            do throws(AgentError) {
                return .success(try body(&state))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    func status() async throws(AgentError) -> AgentStatus {
        try answer { state throws(AgentError) in
            AgentStatus(
                version: "test", machine: lease.machine.address, owner: lease.terms.payee, offer: nil, runtime: "none",
                cgroupLayout: "v2", jobs: [lease.status(state.phase)], outboxPending: 3, problems: ["a problem"])
        }
    }

    func publicStatus() async throws(AgentError) -> AgentStatus {
        var status = try await status()
        (status.jobs, status.problems, status.outboxPending) = ([], [], 0)
        return status
    }

    func checkHealth() async throws(AgentError) { try answer { _ throws(AgentError) in } }

    func propose(_ proposal: LeaseProposal) async throws(AgentError) -> CountersignedTerms {
        try answer { _ throws(AgentError) in
            let digest = proposal.terms.digest(in: lease.domain)
            return CountersignedTerms(
                terms: proposal.terms, payerSignature: proposal.payerSignature,
                machineSignature: lease.machine.sign(digest))
        }
    }

    func beginUpload(
        _ kind: UploadKind, _ part: UploadPart?, lease: LeaseID, by caller: Caller
    ) async throws(AgentError) -> UploadTicket {
        let (path, bytesMax) = try answer(by: caller) { state throws(AgentError) in
            state.uploads.begun += 1
            return (state.uploadPath, state.uploadBytesMax)
        }
        let folder = path.split(separator: "/").dropLast().joined(separator: "/")
        func file() throws(AgentError) -> UploadFile {
            try UploadFile(in: "/\(folder)", name: kind.rawValue, bytesMax: bytesMax)
        }
        guard let part else { return try UploadTicket(lease: lease, kind: kind, file: try file()) }
        let found = part.from > 0 ? shelf.find(part.digest, kind, lease) : nil
        let draft = if let found { found } else { UploadDraft(try file(), digest: part.digest) }
        shelf.put(draft, kind, lease)
        return try UploadTicket(lease: lease, kind: kind, draft: draft, from: part.from)
    }

    func uploaded(
        _ kind: UploadKind, digest: String, lease: LeaseID, by caller: Caller
    ) async throws(AgentError) -> UInt64 {
        try answer(by: caller) { _ throws(AgentError) in shelf.find(digest, kind, lease)?.bytes ?? 0 }
    }

    func endUpload(_ ticket: consuming UploadTicket) async throws(AgentError) {
        let kind = ticket.kind
        let file = try ticket.seal()
        let path = state.withLock { state in
            state.uploads.whole.append(kind)
            return state.uploadPath
        }
        try file.link(as: path)
    }

    func submit(_ request: JobRequest, lease: LeaseID, by caller: Caller) async throws(AgentError) -> JobStatus {
        try answer(by: caller) { state throws(AgentError) in
            state.submitted = request
            return self.lease.status(.starting)
        }
    }

    func jobs(from place: UInt64?, by caller: Caller) async throws(AgentError) -> Page<JobStatus> {
        try answer(by: caller) { state throws(AgentError) in
            guard let pages = state.jobPages else { return Page(items: [lease.status(state.phase)], next: nil) }
            return pages[place] ?? Page(items: [], next: nil)
        }
    }

    func job(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> JobStatus {
        try answer(by: caller) { state throws(AgentError) in
            guard lease == self.lease.id else { throw .unknownLease(lease) }
            var status = self.lease.status(state.phase)
            if let jobs = state.jobs {
                (status.jobs, status.receipts) = (jobs, state.receiptsSaid ?? UInt64(state.receipts.count))
            }
            return status
        }
    }

    func cancel(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> JobStatus {
        try answer(by: caller) { _ throws(AgentError) in self.lease.status(.ending) }
    }

    func receipts(
        _ lease: LeaseID, after: UInt64, waitSeconds: UInt64, by caller: Caller
    ) async throws(AgentError) -> [Signed<Receipt>] {
        let end = ContinuousClock.now + .seconds(Int64(waitSeconds))
        while true {
            let page = try answer(by: caller) { state throws(AgentError) in
                if let pages = state.pages, let page = pages.first {
                    state.pages = Array(pages.dropFirst())
                    return page
                }
                return state.pages == nil ? state.receipts.filter { $0.document.sequence > after } : []
            }
            let isClosed = state.withLock { $0.phase == .closed || ($0.phase == .open && $0.jobs ?? 0 > 0) }
            if !page.isEmpty || isClosed || ContinuousClock.now >= end || Task.isCancelled { return page }
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    func accept(_ voucher: Signed<Voucher>) async throws(AgentError) -> VoucherReceipt {
        onVoucher(voucher)
        return try answer { state throws(AgentError) in
            state.vouchers.append(voucher)
            return VoucherReceipt(lease: lease.id, cumulative: voucher.document.cumulative)
        }
    }

    func log(_ lease: LeaseID, _ query: LogQuery, by caller: Caller) async throws(AgentError) -> LogPage {
        // Never more than two records in a page.
        try answer(by: caller) { state throws(AgentError) in
            state.queries.append(query)
            var chain = JobLogChain()
            var (place, bytes, count) = (UInt64(0), [UInt8](), 0)
            let start = max(query.from, state.firstKept)
            for record in state.log {
                let encoded = record.encoded(after: &chain)
                defer { place += UInt64(encoded.count) }
                guard place >= start, count < 2 else { continue }
                bytes += encoded
                count += 1
            }
            let next = start + UInt64(bytes.count)
            return LogPage(
                start: start, next: next, firstKept: state.firstKept, skipLines: state.skipLines,
                ended: state.phase == .closed && bytes.isEmpty, bytes: bytes)
        }
    }

    func outputArchive(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> OutputArchive? {
        try answer(by: caller) { state throws(AgentError) in
            state.output.map { OutputArchive(path: $0, digest: state.outputDigest) }
        }
    }

    func report(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> JobReport {
        try answer(by: caller) { state throws(AgentError) in
            JobReport(
                status: self.lease.status(state.phase), terms: self.lease.terms, placement: nil,
                request: state.submitted,
                facts: nil, events: state.events, usage: UsageGraph(), receipts: state.receipts, isWiped: false)
        }
    }

    func events(
        of lease: LeaseID?, after sequence: UInt64, waitSeconds: UInt64, by caller: Caller
    ) async throws(AgentError) -> [JobEvent] {
        try answer(by: caller) { state throws(AgentError) in
            state.events.filter { $0.sequence > sequence && (lease == nil || $0.lease == lease) }
        }
    }

    func bundle(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> String? {
        try answer(by: caller) { state throws(AgentError) in state.bundle }
    }

    func hold(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> JobStatus {
        try answer(by: caller) { _ throws(AgentError) in self.lease.status(.held) }
    }

    func release(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> JobStatus {
        try answer(by: caller) { _ throws(AgentError) in self.lease.status(.running) }
    }

    func admit(_ session: Signed<ApiSession>, from place: Untrusted) throws(AgentError) {
        let time = state.withLock { state in
            state.admitted.append(place)
            return state.revokedAt
        }
        if let time { throw .sessionRevoked(at: time) }
    }

    func requireStanding(of caller: Caller) throws(AgentError) {
        if case .session = caller, let time = state.withLock({ $0.revokedAt }) { throw .sessionRevoked(at: time) }
    }

    func sessions(from place: UInt64?, by caller: Caller) async throws(AgentError) -> Page<SessionUse> {
        try answer(by: caller) { state throws(AgentError) in state.sessions[place] ?? Page(items: [], next: nil) }
    }

    func revoke(_ revocation: Signed<SessionRevocation>) async throws(AgentError) -> RevokedSessions {
        try answer { state throws(AgentError) in
            state.revocations.append(revocation)
            return RevokedSessions(account: revocation.document.account, seen: 1)
        }
    }
}
