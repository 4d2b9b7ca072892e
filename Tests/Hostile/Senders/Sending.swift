/// What a stranger may send, what has to become of it, and who sees to that.
///
/// A case is sent to live processes: to an agent and a ledger by a client of the tests' own, or to the real `gcx` by an
/// agent or a ledger in between. Whoever runs it looks besides that both live on, answer others in time and made nothing
/// outside.
package struct Sending: Sendable {
    package let group: Group
    package let sends: String
    package let stoppedBy: String
    package let expected: Expected
    package let make: @Sendable (Ground) throws -> Answer
    /// It lasts as long as a client waits, and touches that client alone: whoever runs it may try several at once.
    package private(set) var lasts = false

    /// What is sent.
    package enum Group: String, Sendable, CaseIterable { case uploads, images, documents, answers, connections }

    package init(
        _ group: Group, _ sends: String, by stoppedBy: String, _ expected: Expected,
        make: @escaping @Sendable (Ground) throws -> Answer
    ) {
        (self.group, self.sends, self.stoppedBy) = (group, sends, stoppedBy)
        (self.expected, self.make) = (expected, make)
    }

    /// The same, of which it is known that it ``lasts``.
    package var lasting: Sending {
        var sending = self
        sending.lasts = true
        return sending
    }

    /// All of them.
    package static let all: [Sending] =
        SentUploads.all + SentImages.all + SentDocuments.all + SentTexts.all + SentAnswers.all + SentLedgerAnswers.all
        + SentConnections.all + SentFloods.all + SentSelfDealing.all + SentFetches.all + SentSpam.all
}

/// What came back.
package struct Answer: Sendable {
    /// The HTTP status, 0 for none; or the exit status of a client.
    package var status: Int
    package var text: String
    /// What is wrong whatever was expected.
    package var wrong: [String]
    /// What a person may want to know of it.
    package var note: String?

    package init(_ status: Int, _ text: String = "", wrong: [String] = [], note: String? = nil) {
        (self.status, self.text, self.wrong, self.note) = (status, text, wrong, note)
    }

    package init(_ reply: Reply) { self.init(reply.status, reply.body) }
}

/// What has to come back.
package enum Expected: Sendable {
    /// One of these statuses, and words that say why.
    case refused([Int], says: String = "")
    /// Success.
    case taken
    /// Success, or a refusal of the sender: what counts is that nothing is harmed.
    case answered
    /// The connection is ended, with or without a refusal of the sender.
    case dropped
    /// The client ends with an error that says all of these words.
    case clientRefuses(says: [String])
    /// The client ends by itself, whatever it says.
    case clientEnds

    /// What an agent or a ledger says to a sender that is wrong.
    package static let senderErrors = [400, 403, 404, 405, 408, 409, 411, 413, 414, 415, 422, 429, 431, 501, 505]
    /// The exit statuses of `gcx` for what went wrong, not of what it shows.
    private static let clientErrors = [1, 65, 75, 78, 125]

    /// What is wrong with an answer; nothing when it is as expected.
    package func wrong(with answer: Answer) -> [String] {
        let said = "status \(answer.status): \(answer.text.prefix(300))"
        let isFine: Bool
        switch self {
        case .refused(let statuses, let word):
            isFine = statuses.contains(answer.status) && (word.isEmpty || answer.text.contains(word))
        case .taken: isFine = (200..<300).contains(answer.status)
        case .answered: isFine = (200..<300).contains(answer.status) || Self.senderErrors.contains(answer.status)
        case .dropped: isFine = answer.status == 0 || Self.senderErrors.contains(answer.status)
        case .clientRefuses(let words):
            isFine = Self.clientErrors.contains(answer.status) && words.allSatisfy { answer.text.contains($0) }
        case .clientEnds: isFine = answer.status == 0 || Self.clientErrors.contains(answer.status)
        }
        return answer.wrong + (isFine ? [] : ["expected \(self), got \(said)"])
    }
}
