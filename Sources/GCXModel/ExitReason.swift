/// Why a job ended. The taxonomy is closed: every end is exactly one of these.
package enum ExitReason: Equatable, Hashable, Sendable {
    /// The job's first process ended by itself with this status, 0 to 255.
    case exited(code: Int32)
    /// The job's first process was ended by this signal, and nobody here had asked for it.
    case signalled(signal: Int32)
    /// The kernel ended the job because it asked for more memory than its lease has.
    case outOfMemory
    /// The job ran for as long as its lease allows.
    case timeLimit
    /// The buyer's money, or the credit the provider gives on vouchers, was used up.
    case budget
    /// Somebody asked for the end before it came.
    case cancelled(by: Canceller)
    /// The provider's side failed, not the job; the text names the object and the reason.
    case hostFailure(description: Untrusted)
    /// What the buyer sent cannot be run: the image or the input. Nothing of it ran; the text says why, and what to do.
    case refused(description: Untrusted)

    /// Who asked for a job to end.
    package enum Canceller: String, Codable, CaseIterable, Sendable {
        case buyer, owner, agent
    }

    /// True when the job did what its author wrote: it ended by itself with status 0.
    package var isSuccess: Bool { self == .exited(code: 0) }
}

extension ExitReason: CustomStringConvertible {
    /// One line for a person, for example `exited with status 2` or `cancelled by the buyer`.
    package var description: String {
        switch self {
        case .exited(let code): "exited with status \(code)"
        case .signalled(let signal): "ended by signal \(signal)"
        case .outOfMemory: "out of memory"
        case .timeLimit: "time limit reached"
        case .budget: "budget used up"
        case .cancelled(let who): "cancelled by the \(who.rawValue)"
        case .hostFailure(let text): "host failure: \(text.shown)"
        case .refused(let text): "not run: \(text.shown)"
        }
    }
}
