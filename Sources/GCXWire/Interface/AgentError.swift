package import GCXModel

/// Why the agent did not do as asked. In every case but `unreachable`, nothing was changed.
package enum AgentError: Error, Codable, Equatable, Sendable {
    /// The session does not fit: wrong signature, audience, account or time.
    case notAllowed(Untrusted)
    /// The session was revoked by its account. Unix seconds of the revocation.
    case sessionRevoked(at: UInt64)
    /// A revocation of sessions that does not fit.
    case revocationRefused(Untrusted, remedy: Untrusted)
    /// The machine's grant is no longer good, so it can sell nothing. Unix seconds.
    case grantExpired(at: UInt64)
    /// No such lease here.
    case unknownLease(LeaseID)
    /// The lease is not in a state for this.
    case wrongPhase(LeaseID, phase: Untrusted, wanted: Untrusted)
    /// The terms do not fit the offer or the machine.
    case termsRefused(Untrusted, remedy: Untrusted)
    /// The escrow is not there, not funded or about to close.
    case escrowMissing(LeaseID, Untrusted)
    /// A voucher that does not fit.
    case voucherRefused(LeaseID, Untrusted)
    /// The image cannot be used.
    case imageRefused(Untrusted, remedy: Untrusted)
    /// The input cannot be used.
    case inputRefused(Untrusted, remedy: Untrusted)
    /// The job's log does not hold what was written, at or after the place that was asked for.
    case logDamaged(LeaseID, Untrusted)
    /// The log of an earlier job of the lease is not there: it made room for newer ones, its time is over, or the job never
    /// ran. So many jobs were begun.
    case logNotKept(LeaseID, job: UInt64, jobs: UInt64)
    /// The jobs of the lease so far are not paid for, and the next one has to wait.
    case unpaid(LeaseID, owed: Amount, vouched: Amount, creditLimit: Amount)
    /// The request is malformed.
    case badRequest(Untrusted)
    /// An upload or a document larger than allowed, bytes.
    case tooLarge(Untrusted, bytesMax: UInt64)
    /// The disk, or what the lease may take of it, has no room for this.
    case noRoom(Untrusted)
    /// The sandbox could not start or find the job.
    case sandbox(Untrusted, remedy: Untrusted)
    /// The agent's own store failed.
    case storage(Untrusted)
    /// The agent's directory or its database cannot be used as they are, and nothing there was changed.
    case stateUnusable(Untrusted, remedy: Untrusted)
    /// The ledger said no, or nothing.
    case ledger(Untrusted, remedy: Untrusted)
    /// The agent has never heard from a ledger, and serves no lease before it has; what came in place of an answer.
    case waitingForLedger(Untrusted)
    /// No answer from the agent.
    case unreachable(Untrusted)
    /// The caller's own side says so of whoever answers in the agent's place, or of a handshake that failed; nothing was sent.
    /// No agent sends it.
    case notTrusted(Untrusted, remedy: Untrusted)
    /// The caller's own side says so of a socket that its user may not open. No agent sends it. The group is that of those
    /// who may; nil where nobody but its user may, or where that cannot be seen.
    case socketClosed(path: String, group: String?)
    /// The buyer's side says so of an answer that contradicts itself or what the machine signed. No agent sends it.
    case answerImpossible(Untrusted)
    /// The caller's own side says so of an error that it has never heard of, because the agent is newer. No agent sends it.
    case newer(code: Untrusted, Untrusted, remedy: WireRemedy)
}

extension AgentError: RemediedError {
    package var description: String {
        switch self {
        case .notAllowed(let why): "not allowed: \(why.shown)"
        case .sessionRevoked(let time):
            "not allowed: the account revoked this session at \(RFC3339.moment(time))"
        case .revocationRefused(let why, _): "the revocation was refused: \(why.shown)"
        case .grantExpired(let time): "the owner's grant to this machine expired at \(RFC3339.moment(time))"
        case .unknownLease(let lease): "lease \(lease) is not known to this agent"
        case .wrongPhase(let lease, let phase, let wanted):
            "lease \(lease.short) is \(phase.shown), and this needs one that is \(wanted.shown)"
        case .termsRefused(let why, _): "the terms were refused: \(why.shown)"
        case .escrowMissing(let lease, let why): "the escrow of lease \(lease.short) does not allow this: \(why.shown)"
        case .voucherRefused(let lease, let why): "the voucher for lease \(lease.short) was refused: \(why.shown)"
        case .imageRefused(let why, _): "the image cannot be used: \(why.shown)"
        case .inputRefused(let why, _): "the input cannot be used: \(why.shown)"
        case .logDamaged(let lease, let why): "the log of lease \(lease.short) cannot be read: \(why.shown)"
        case .logNotKept(let lease, let job, let jobs):
            "there is no log of job \(job) of lease \(lease.short), in which \(jobs) were begun: it is not kept any more, or the job never ran"
        case .unpaid(let lease, let owed, let vouched, let limit):
            "the jobs of lease \(lease.short) so far come to \(NumberText.amount(owed)), of which \(NumberText.amount(vouched)) is vouched for, and the credit is "
                + NumberText.amount(limit)
        case .badRequest(let why): "the request is malformed: \(why.shown)"
        case .tooLarge(let what, let most): "\(what.shown) is larger than \(NumberText.count(most, "byte"))"
        case .noRoom(let why): "there is no room: \(why.shown)"
        case .sandbox(let why, _): "the sandbox failed: \(why.shown)"
        case .storage(let why): "the agent's database failed: \(why.shown)"
        case .stateUnusable(let why, _): "the agent cannot start: \(why.shown)"
        case .ledger(let why, _): "the ledger refused: \(why.shown)"
        case .waitingForLedger(let why):
            "the agent waits for its ledger, and serves no lease before that answers: \(why.shown)"
        case .socketClosed(let path, _): "this user may not open the agent's socket \(path)"
        case .notTrusted(let why, _): "whoever answers is not the agent that was asked for: \(why.shown)"
        case .unreachable(let why): "the agent does not answer: \(why.shown)"
        case .answerImpossible(let why): "the agent's answer cannot be true: \(why.shown)"
        case .newer(_, let why, _): "the agent refused: \(why.shown)"
        }
    }

    package var remedy: Remedy {
        switch self {
        case .notAllowed: .fix("Use the key that the lease names as its payer, on the machine that the lease names.")
        case .sessionRevoked:
            .fix(
                "Sign a new session with the account's key: each `gcx` command does so by itself. `gcx session list` shows who "
                    + "used the old one.")
        case .grantExpired:
            .fix(
                "Have the owner sign a new grant with `gcx key grant`, put it where machine.grant says, and restart the agent."
            )
        case .unknownLease: .fix("List the agent's leases with `gcx job list`.")
        case .wrongPhase: .fix("See where the lease stands with `gcx job inspect`.")
        case .termsRefused(_, let remedy), .imageRefused(_, let remedy), .inputRefused(_, let remedy),
            .sandbox(_, let remedy), .stateUnusable(_, let remedy), .ledger(_, let remedy),
            .notTrusted(_, let remedy), .revocationRefused(_, let remedy):
            .fix(remedy.shown)
        case .escrowMissing:
            .fix("Open the lease on the ledger with `gcx lease open`, or raise its deposit with `gcx lease topup`.")
        case .voucherRefused, .badRequest: .refuse
        case .logDamaged: .fix("Find the place with `gcx job logs --verify`.")
        case .logNotKept: .fix("Read the log of the latest job: leave --job out.")
        case .unpaid:
            .fix("Answer its receipts with `gcx job run --attach` and the same journal, then hand the job in again.")
        case .tooLarge: .fix("Send less, or ask the owner to raise the limit in the agent's configuration.")
        case .noRoom: .fix("Send less, or try again when other uploads or jobs have ended.")
        case .storage, .waitingForLedger: .retry(after: .seconds(5))
        case .answerImpossible:
            .fix(
                "Believe this machine no more than its receipts (`gcx receipt verify`), and close the lease with "
                    + "`gcx lease close`: what was vouched for stays paid, nothing more is.")
        case .socketClosed(_, let group?):
            .fix(
                "Ask the owner to add you to the group \(group) (`usermod --append --groups \(group) USER`), then log in again."
            )
        case .socketClosed:
            .fix(
                "Ask the owner to add you to the group gcx, or to name another group of yours in agent.socket_group, then log "
                    + "in again.")
        case .newer(_, _, let remedy): remedy.remedy
        case .unreachable: .fix("Start the agent with `gcx agent run`, or name its socket with `--agent`.")
        }
    }
}
