package import GCXModel
package import GCXSigning
package import GCXWire

/// Why the buyer's side stopped. No voucher leaves after any of these.
package enum BuyerError: RemediedError, Equatable {
    /// A receipt is not what the lease agreed to; it is kept in the journal as evidence.
    case receiptRefused(LeaseID, sequence: UInt64, reason: String)
    /// The journal cannot be read or written, so nothing may be signed.
    case journal(String, reason: String)
    /// The journal's file is not what this program wrote.
    case journalDamaged(String, reason: String)
    /// The journal is of another lease.
    case journalOfAnotherLease(String, found: LeaseID)
    /// The session key that was kept for a lease cannot be read or written.
    case keptKey(String, reason: String)
    /// How a job is come back to cannot be written down.
    case keptJob(String, reason: String)
    /// The agent refused.
    case agent(AgentError)
    /// The agent did not answer for longer than our patience.
    case agentSilent(for: Duration, last: AgentError)
    /// The key at hand is not the one that the lease names: the agent takes no voucher of it.
    case notTheSessionKey(Address, named: Address)
    /// The session key could not sign.
    case signing(SigningError)
    /// Our own task was cancelled.
    case cancelled

    package var description: String {
        switch self {
        case .receiptRefused(let lease, let sequence, let reason):
            "receipt \(sequence) of lease \(lease.short) was refused: \(reason)"
        case .journal(let path, let reason): "the buyer's journal \(path) cannot be used: \(reason)"
        case .journalDamaged(let path, let reason): "\(path) is no journal of a buyer: \(reason)"
        case .journalOfAnotherLease(let path, let found): "the buyer's journal \(path) belongs to lease \(found)"
        case .keptKey(let path, let reason): "the session key in \(path) cannot be used: \(reason)"
        case .keptJob(let path, let reason): "the job cannot be remembered in \(path): \(reason)"
        case .agent(let error): error.description
        case .agentSilent(let time, let last):
            // One try is no silence.
            time < .seconds(1) ? last.description : "for \(time.words) no answer: \(last.description)"
        case .notTheSessionKey(let found, let named):
            "the lease names \(named) as the key that signs its vouchers, and this one is \(found)"
        case .signing(let error): "the session key cannot sign: \(error.description)"
        case .cancelled: "stopped before the job ended"
        }
    }

    package var remedy: Remedy {
        switch self {
        case .receiptRefused:
            .fix("Ask to close the lease with `gcx lease close`; what was vouched for stays paid, nothing more is.")
        case .journal:
            .fix("Name a file that this user may write with --journal, on a disk with room, then attach again.")
        case .journalDamaged:
            .fix("Name this lease's journal with --journal, or a file that is not there yet, to begin a new one.")
        case .journalOfAnotherLease: .fix("Give each lease a journal of its own.")
        case .keptKey, .keptJob:
            .fix(
                "Let your state folder ($XDG_STATE_HOME/gcx, or ~/.local/state/gcx) be one that you may write, or close the lease with `gcx lease close`."
            )
        case .agent(let error), .agentSilent(_, let error): error.remedy
        case .notTheSessionKey: .fix("Name the keystore of that key with --session-key.")
        case .signing(let error): error.remedy
        case .cancelled: .fix("Attach again: the journal knows where to go on.")
        }
    }
}

/// What happened on the buyer's side, for whoever watches.
package enum BuyerEvent: Equatable, Sendable {
    case receiptAccepted(Receipt)
    /// The agent has it.
    case voucherSent(Voucher)
    case receiptRefused(Receipt, reason: String)
    /// The agent does not answer; we try again after the pause.
    case agentSilent(AgentError, pause: Duration)
    /// The job is over and everything is vouched for.
    case finished(JobStatus)
}
