/// In JSON a job that was refused is a host failure with a word more: who does not know the word reads what was written
/// before there was it.
extension ExitReason: Codable {
    private enum Written: Codable {
        case exited(code: Int32)
        case signalled(signal: Int32)
        case outOfMemory
        case timeLimit
        case budget
        case cancelled(by: Canceller)
        /// `isBuyers` stands only where it is true.
        case hostFailure(description: Untrusted, isBuyers: Bool?)
    }

    package init(from decoder: any Decoder) throws {
        switch try Written(from: decoder) {
        case .exited(let code): self = .exited(code: code)
        case .signalled(let signal): self = .signalled(signal: signal)
        case .outOfMemory: self = .outOfMemory
        case .timeLimit: self = .timeLimit
        case .budget: self = .budget
        case .cancelled(let who): self = .cancelled(by: who)
        case .hostFailure(let text, true): self = .refused(description: text)
        case .hostFailure(let text, _): self = .hostFailure(description: text)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        let written: Written =
            switch self {
            case .exited(let code): .exited(code: code)
            case .signalled(let signal): .signalled(signal: signal)
            case .outOfMemory: .outOfMemory
            case .timeLimit: .timeLimit
            case .budget: .budget
            case .cancelled(let who): .cancelled(by: who)
            case .hostFailure(let text): .hostFailure(description: text, isBuyers: nil)
            case .refused(let text): .hostFailure(description: text, isBuyers: true)
            }
        try written.encode(to: encoder)
    }
}
