import GCXAgent
import GCXModel
import GCXSigning
import GCXWire
import HTTPTypes

/// What a server says when it is asked how it is, and what other calls of no content of their own answer.
struct HealthAnswer: Codable, Sendable {
    var status = "ok"
}

/// The calls of both servers.
enum SharedCalls {
    static let health = Route(
        name: "health", method: .get, path: "/healthz", summary: "Whether the server's store works.",
        answer: .json(HealthAnswer.self))
}

/// The calls of an agent.
enum AgentCalls {
    static let status = Route(
        name: "agentStatus", method: .get, path: "/v1/status",
        summary: "The machine, its offer and its jobs in brief; jobs and problems for the owner alone.",
        answer: .json(AgentStatus.self))
    static let propose = Route(
        name: "proposeLease", method: .post, path: "/v1/leases",
        summary:
            "Hands in terms that the payer signed; the machine signs them too and reserves the capacity for a while.",
        access: .signed, body: .json(LeaseProposal.self, bytesMax: ServerLimits.proposalBodyBytesMax),
        answer: .json(CountersignedTerms.self))
    static let voucher = Route(
        name: "acceptVoucher", method: .post, path: "/v1/leases/{lease}/vouchers",
        summary: "Hands in a voucher; the same one again changes nothing.", access: .signed,
        body: .json(Signed<Voucher>.self, bytesMax: ServerLimits.voucherBodyBytesMax),
        answer: .json(VoucherReceipt.self))
    static let upload = Route(
        name: "upload", method: .put, path: "/v1/leases/{lease}/uploads/{kind}",
        summary: "Uploads the image or the input as a tar, before the job.", access: .ownerOrSession,
        query: [
            .digest("What all of it is to be; then a call that broke off is gone on with. Without it, it begins anew."),
            .number("from", "Where in all of it this body begins: what was answered to `uploaded`, or 0."),
        ],
        body: .tar, answer: .json(UploadAnswer.self))
    static let uploaded = Route(
        name: "uploaded", method: .get, path: "/v1/leases/{lease}/uploads/{kind}",
        summary: "How many bytes of an upload have come, so that a call that broke off is gone on with.",
        access: .ownerOrSession, query: [.digest("What all of it is to be.", isRequired: true)],
        answer: .json(UploadAnswer.self))
    static let submit = Route(
        name: "submitJob", method: .post, path: "/v1/leases/{lease}/job",
        summary: "Starts a job; the lease is open and funded on the ledger, and has none on its way.",
        access: .ownerOrSession, body: .json(JobRequest.self, bytesMax: ServerLimits.documentBodyBytesMax),
        answer: .json(JobStatus.self))
    static let job = Route(
        name: "job", method: .get, path: "/v1/leases/{lease}/job", summary: "A lease and its latest job in brief.",
        access: .ownerOrSession, answer: .json(JobStatus.self))
    static let jobs = Route(
        name: "jobs", method: .get, path: "/v1/jobs",
        summary:
            "The leases that the caller may see, newest first; the first page has besides all that are not closed.",
        access: .ownerOrSession, query: [.from],
        answer: .page(of: JobStatus.self, most: AgentLimits.jobPageMax, cursor: "from"))
    static let cancel = Route(
        name: "cancelJob", method: .post, path: "/v1/leases/{lease}/cancel",
        summary: "Ends the job, or a lease without one.", access: .ownerOrSession, answer: .json(JobStatus.self))
    static let hold = Route(
        name: "holdJob", method: .post, path: "/v1/leases/{lease}/hold",
        summary: "Lets a running job stand still; its lease runs on.", access: .ownerOrSession,
        answer: .json(JobStatus.self))
    static let release = Route(
        name: "releaseJob", method: .post, path: "/v1/leases/{lease}/release", summary: "Lets a held job go on.",
        access: .ownerOrSession, answer: .json(JobStatus.self))
    static let receipts = Route(
        name: "receipts", method: .get, path: "/v1/leases/{lease}/receipts",
        summary: "Receipts after a sequence, in order, at most \(WireLimits.receiptPageMax).", access: .ownerOrSession,
        query: [.after, .wait],
        answer: .page(of: Signed<Receipt>.self, most: WireLimits.receiptPageMax, cursor: "after"))
    static let report = Route(
        name: "jobReport", method: .get, path: "/v1/leases/{lease}/report",
        summary: "Everything about one lease, from the signing to the wipe.", access: .ownerOrSession,
        answer: .json(JobReport.self))
    static let leaseEvents = Route(
        name: "leaseEvents", method: .get, path: "/v1/leases/{lease}/events",
        summary: "What happened to one lease after a sequence, in order.", access: .ownerOrSession,
        query: [.after, .wait], answer: .page(of: JobEvent.self, most: AgentLimits.eventPageMax, cursor: "after"))
    static let events = Route(
        name: "events", method: .get, path: "/v1/events",
        summary: "What happened to all leases that the caller may see after a sequence, in order.",
        access: .ownerOrSession, query: [.after, .wait],
        answer: .page(of: JobEvent.self, most: AgentLimits.eventPageMax, cursor: "after"))
    static let bundle = Route(
        name: "jobBundle", method: .get, path: "/v1/leases/{lease}/bundle",
        summary: "The OCI configuration of the job as the runtime got it.", access: .ownerOrSession,
        answer: .init(contentType: "application/json", schema: { _ in ["type": "object"] }, mayBeEmpty: true))
    static let output = Route(
        name: "jobOutput", method: .get, path: "/v1/leases/{lease}/output",
        summary: "The output as a tar; `Range: bytes=N-` goes on with one that broke off.", access: .ownerOrSession,
        answer: .init(
            contentType: "application/x-tar", headers: ["etag": "`\"sha256:…\"`, the digest of the whole tar."],
            mayBeEmpty: true, hasRanges: true))

    static let all = [
        SharedCalls.health, status, propose, voucher, upload, uploaded, submit, job, jobs, cancel, hold, release,
        receipts, log, report, leaseEvents, events, bundle, output, sessions, revoke,
    ]
}

extension AgentCalls {
    static let log = Route(
        name: "jobLog", method: .get, path: "/v1/leases/{lease}/log",
        summary: "Whole records of a job's log, as they are stored.", access: .ownerOrSession,
        query: [
            .number("from", "An offset: 0, or the `gcx-log-next` of the page before."),
            .number("since", "Begins with what was written at this wall time, Unix nanoseconds."),
            .number("tail", "Begins with so many lines before the end."),
            .init(
                name: "stream", schema: ["type": "string", "enum": ["stdout", "stderr"]], text: "Leaves out the other."),
            .number(
                "max", "Bytes of records wanted, at most \(WireLimits.logPageBytesMax); one record comes at least."),
            .wait, .number("job", "Which of the lease's jobs, from 1. Without it, the latest."),
        ],
        answer: .init(
            contentType: "application/octet-stream",
            headers: [
                LogWire.start.rawName: "The offset of the first record.",
                LogWire.next.rawName: "The offset to ask for next.",
                LogWire.firstKept.rawName: "Where what is kept begins.",
                LogWire.skipLines.rawName: "Ends of lines that belong to lines before those that were asked for.",
                LogWire.ended.rawName: "`true` when the job has ended and nothing follows.",
                LogWire.job.rawName: "The job of the lease, from 1.",
                LogWire.openLines.rawName: "Streams in the middle of whose lines the page begins, with commas between.",
            ]))
}

extension AgentCalls {
    static let sessions = Route(
        name: "sessions", method: .get, path: "/v1/sessions",
        summary: "The sessions of the caller's account that are not over, newest first, with the last use of each.",
        access: .ownerOrSession, query: [.from],
        answer: .page(of: SessionUse.self, most: AgentLimits.sessionPageMax, cursor: "from"))
    static let revoke = Route(
        name: "revokeSessions", method: .post, path: "/v1/sessions/revoke",
        summary:
            "Refuses a session, or all until a time, from now on, and cuts off what their holders read; again it changes nothing.",
        access: .signed, body: .json(Signed<SessionRevocation>.self, bytesMax: ServerLimits.voucherBodyBytesMax),
        answer: .json(RevokedSessions.self))
}
