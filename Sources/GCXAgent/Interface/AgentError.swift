import GCXModel

/// Why the agent did not do as asked. In every case but `unreachable`, nothing was changed.
package enum AgentError: Error, Codable, Equatable, Sendable {
    /// The session does not fit: wrong signature, audience, account or time.
    case notAllowed(String)
    /// The machine's grant is no longer good, so it can sell nothing. Unix seconds.
    case grantExpired(at: UInt64)
    /// No such lease here.
    case unknownLease(LeaseID)
    /// The lease is not in a state for this.
    case wrongPhase(LeaseID, phase: String, wanted: String)
    /// The terms do not fit the offer or the machine.
    case termsRefused(String, remedy: String)
    /// The escrow is not there, not funded or about to close.
    case escrowMissing(LeaseID, String)
    /// A voucher that does not fit.
    case voucherRefused(LeaseID, String)
    /// The image cannot be used.
    case imageRefused(String, remedy: String)
    /// The job's log does not hold what was written, at or after the place that was asked for.
    case logDamaged(LeaseID, String)
    /// The request is malformed.
    case badRequest(String)
    /// An upload or a document larger than allowed, bytes.
    case tooLarge(String, bytesMax: UInt64)
    /// The disk, or what the lease may take of it, has no room for this.
    case noRoom(String)
    /// The sandbox could not start or find the job.
    case sandbox(String, remedy: String)
    /// The agent's own store failed.
    case storage(String)
    /// The agent's directory or its database cannot be used as they are, and nothing there was changed.
    case stateUnusable(String, remedy: String)
    /// The ledger said no, or nothing.
    case ledger(String, remedy: String)
    /// No answer from the agent.
    case unreachable(String)
    /// The buyer's side says so of an answer that contradicts itself or what the machine signed. No agent sends it.
    case answerImpossible(String)
}

extension AgentError: RemediedError {
    package var description: String {
        switch self {
        case .notAllowed(let why): "not allowed: \(why)"
        case .grantExpired(let time): "the owner's grant to this machine expired at \(time) (Unix seconds)"
        case .unknownLease(let lease): "lease \(lease) is not known to this agent"
        case .wrongPhase(let lease, let phase, let wanted):
            "lease \(lease.short) is \(phase), and this needs one that is \(wanted)"
        case .termsRefused(let why, _): "the terms were refused: \(why)"
        case .escrowMissing(let lease, let why): "the escrow of lease \(lease.short) does not allow this: \(why)"
        case .voucherRefused(let lease, let why): "the voucher for lease \(lease.short) was refused: \(why)"
        case .imageRefused(let why, _): "the image cannot be used: \(why)"
        case .logDamaged(let lease, let why): "the log of lease \(lease.short) cannot be read: \(why)"
        case .badRequest(let why): "the request is malformed: \(why)"
        case .tooLarge(let what, let most): "\(what) is larger than \(most) bytes"
        case .noRoom(let why): "there is no room: \(why)"
        case .sandbox(let why, _): "the sandbox failed: \(why)"
        case .storage(let why): "the agent's database failed: \(why)"
        case .stateUnusable(let why, _): "the agent cannot start: \(why)"
        case .ledger(let why, _): "the ledger refused: \(why)"
        case .unreachable(let why): "the agent does not answer: \(why)"
        case .answerImpossible(let why): "the agent's answer cannot be true: \(why)"
        }
    }

    package var remedy: Remedy {
        switch self {
        case .notAllowed: .fix("Use the key that the lease names as its payer, on the machine that the lease names.")
        case .grantExpired:
            .fix(
                "Have the owner sign a new grant with `gcx key grant`, put it where machine.grant says, and restart the agent."
            )
        case .unknownLease: .fix("List the agent's leases with `gcx job list`.")
        case .wrongPhase: .fix("See where the lease stands with `gcx job inspect`.")
        case .termsRefused(_, let remedy), .imageRefused(_, let remedy), .sandbox(_, let remedy),
            .stateUnusable(_, let remedy), .ledger(_, let remedy):
            .fix(remedy)
        case .escrowMissing:
            .fix("Open the lease on the ledger with `gcx lease open`, or raise its deposit with `gcx lease topup`.")
        case .voucherRefused, .badRequest: .refuse
        case .logDamaged: .fix("Find the place with `gcx job logs --verify`.")
        case .tooLarge: .fix("Send less, or ask the owner to raise the limit in the agent's configuration.")
        case .noRoom: .fix("Send less, or try again when other uploads or jobs have ended.")
        case .storage: .retry(after: .seconds(5))
        case .answerImpossible:
            .fix(
                "Believe this machine no more than its receipts (`gcx receipt verify`), and close the lease with "
                    + "`gcx lease close`: what was vouched for stays paid, nothing more is.")
        case .unreachable: .fix("Start the agent with `gcx agent run`, or name its socket with `--agent`.")
        }
    }
}
