package import GCXModel

extension JobStatus {
    /// The one word for where the latest job stands, which every command shows: the phase, and `ended` once it has.
    package var state: String { exit == nil ? phase.rawValue : phase == .open ? "open" : "ended" }

    /// The same with how the job ended.
    package var stateText: String {
        guard let exit else { return phase.rawValue }
        switch phase {
        case .closed: return exit.description
        case .open: return "open; the job before \(exit.description)"
        default: return "\(exit.description), \(phase.rawValue)"
        }
    }

    /// Whether a job may be there: what `gcx job top` shows.
    package var isActive: Bool {
        switch phase {
        case .starting, .running, .paused, .held, .ending: true
        case .proposed, .open, .settling, .closed: false
        }
    }

    /// Whether nothing more comes of the latest job: the lease is closed, or open again.
    package var isOver: Bool { phase == .closed || isOpenAgain }

    /// The newest figures: of the last sample while the job runs, else of the last receipt.
    package var usageNow: Usage { metered?.usage ?? usage }
    package var amountNow: Amount { metered.map { max($0.amount, amount) } ?? amount }
}

extension JobRequest {
    /// Program and arguments as a shell takes them; nil where the image's own is run.
    package var commandLine: Untrusted? {
        guard !command.isEmpty else { return nil }
        return Untrusted(command.map(Self.quoted).joined(separator: " "))
    }

    private static func quoted(_ word: String) -> String {
        let plain = !word.isEmpty && word.utf8.allSatisfy { isPlain($0) }
        return plain
            ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        // bounded here: ranges of letters and digits
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-_./:=@%+,".utf8.contains(byte)
        }
    }
}
