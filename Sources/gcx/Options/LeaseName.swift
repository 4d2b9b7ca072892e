import ArgumentParser
import GCXClient
import GCXLedger
import GCXModel
import GCXSigning
import GCXWire

/// A document as people name it: its digest, or the beginning of it, as tables show it.
///
/// An account is never named so: money that goes to the wrong one does not come back, and whoever wants it sent to him can
/// make an address that begins like another's.
struct DigestName: ExpressibleByArgument, Equatable {
    /// `0x` and lower-case hexadecimal digits.
    let text: String

    init?(argument: String) {
        let lower = argument.lowercased()
        let digits = lower.hasPrefix("0x") ? lower.dropFirst(2) : lower[...]
        guard Self.lengths.contains(digits.count), digits.allSatisfy({ $0.isASCII && $0.isHexDigit })
        else { return nil }
        text = "0x\(digits)"
    }

    /// Something that has an id, with what tells it from others.
    struct Candidate: Hashable {
        let id: Digest
        let words: String
    }

    /// The document among those that are known; a whole digest needs not be known.
    ///
    /// - Parameter what: a noun, for the message: `lease`.
    /// - Throws: ``CommandError`` where none, or more than one, begins so; it lists them.
    func digest(of what: String, among known: () async throws -> [Candidate]) async throws -> Digest {
        if let whole = Digest(text) { return whole }
        return try one(of: what, among: try await known())
    }

    /// Of documents that nothing but their ids tells apart.
    func digest(of what: String, among known: () async throws -> [Digest]) async throws -> Digest {
        try await digest(of: what) { try await known().map { Candidate(id: $0, words: "") } }
    }

    /// The only one that begins so. Pure.
    func one(of what: String, among known: [Candidate]) throws -> Digest {
        var found: [Digest: Candidate] = [:]
        // bounded: a dictionary
        for candidate in known where candidate.id.description.hasPrefix(text) { found[candidate.id] = candidate }
        guard found.count != 1 else { return found.keys.first ?? .zero }
        guard !found.isEmpty else {
            throw CommandError(
                "no \(what) begins with \(text)",
                fix: "Check that this is the right ledger or agent, or give all 64 digits of its id.")
        }
        let sorted = found.values.sorted { $0.id < $1.id }
        let ids = sorted.map(\.id.description)
        let lines = sorted.prefix(Self.candidatesShown).map { candidate in
            "\n  \(Self.beginning(of: candidate.id, among: ids))"
                + (candidate.words.isEmpty ? "" : "  \(candidate.words)")
        }
        let more = sorted.count - lines.count  // bounded: no more lines than candidates
        let rest = more > 0 ? "\n  and \(Display.grouped(more)) more" : ""
        throw CommandError(
            "\(NumberText.count(found.count, what, one: "begins", many: "begin")) with \(text):\(lines.joined())\(rest)",
            fix: "Give as many digits as tell it from the others.", isAmbiguous: true)
    }

    /// So much of an id as no other begins with, and no less than tables show.
    private static func beginning(of id: Digest, among ids: [String]) -> String {
        let whole = id.description
        // bounded here: lengths of ids
        for length in shownLength...whole.count {
            let text = String(whole.prefix(length))
            if ids.filter({ $0.hasPrefix(text) }).count == 1 { return text }
        }
        return whole
    }

    /// Four digits are the least: of fifty documents two begin alike once in fifty times, and then more are asked for.
    private static let lengths = 4...64
    /// More say no more.
    private static let candidatesShown = 10
    /// `0x` and eight digits.
    private static let shownLength = 10
}

/// A lease, on an agent that knows of it or on its ledger.
struct LeaseName: ExpressibleByArgument, Equatable {
    private let name: DigestName

    init?(argument: String) {
        guard let name = DigestName(argument: argument) else { return nil }
        self.name = name
    }

    /// - Parameter caller: among whose jobs the beginning of an id is looked for.
    func id(on agent: AgentClient, by caller: Caller) async throws -> LeaseID {
        try await name.digest(of: "job") {
            try await agent.allJobs(by: caller).map {
                DigestName.Candidate(id: $0.lease, words: "\($0.stateText)  \($0.command?.shown ?? "")".trimmedEnd)
            }
        }
    }

    /// Among the leases of one of their parties.
    func id(on ledger: HTTPLedger, of party: Address) async throws -> LeaseID {
        try await name.digest(of: "lease") {
            try await ledger.leases(of: party).map {
                DigestName.Candidate(id: $0.id, words: "\(EscrowText.line($0.escrow))")
            }
        }
    }

    /// The only one of these whose id begins so; nil where none does, or several.
    func only(of known: [LeaseID]) -> LeaseID? {
        try? name.one(of: "job", among: known.map { DigestName.Candidate(id: $0, words: "") })
    }

    /// Among all leases that were ever opened there.
    func id(on ledger: HTTPLedger) async throws -> LeaseID {
        try await name.digest(of: "lease") { try await ledger.named(.leaseOpened) }
    }
}

extension DigestName {
    func offer(on ledger: any Ledger) async throws -> Digest {
        try await digest(of: "offer") {
            try await ledger.offers(liveOnly: false).map { record in
                let resources = ResourceText.line(record.document.capacity)
                return Candidate(
                    id: record.digest,
                    words: "\(resources), machine \(record.document.machine.checksummed), \(record.standing)")
            }
        }
    }

    func demand(on ledger: any Ledger) async throws -> Digest {
        try await digest(of: "demand") {
            try await ledger.demands(liveOnly: false).map { record in
                let (resources, budget) = (ResourceText.line(record.document.resources), record.document.budget)
                return Candidate(
                    id: record.digest, words: "\(resources), budget \(Display.amount(budget)), \(record.standing)")
            }
        }
    }

    func grant(on ledger: HTTPLedger) async throws -> Digest {
        try await digest(of: "grant") { try await ledger.named(.grant) }
    }
}

extension Published where Document: Expiring {
    fileprivate var standing: String {
        if withdrawnAt != nil { return "withdrawn" }
        return supersededBy == nil ? "until \(RFC3339.moment(document.expiresAt))" : "replaced"
    }
}

extension HTTPLedger {
    /// Every entry of a kind that was ever posted, for whoever names one by its beginning.
    ///
    /// - Throws: ``CommandError`` on a ledger of very many entries.
    /// - Complexity: O(entries), a page at a time.
    fileprivate func named(_ kind: EntryKind) async throws -> [DigestName.Candidate] {
        let domain = try await identity().domain
        var found: [DigestName.Candidate] = []
        var next: UInt64 = 0
        while next < Self.entriesSearchedMax {
            let page = try await entries(from: next, limit: LedgerLimits.pageEntriesMax)
            guard let last = page.last else { return found }
            for posted in page where posted.entry.kind == kind {
                found.append(.init(id: posted.entry.digest(in: domain), words: posted.words))
            }
            next = last.index.saturatingSum(1)
        }
        throw CommandError(
            "this ledger has too many entries to look for the beginning of an id",
            fix: "Give all 64 digits of it.")
    }

    /// Some hundred pages: seconds.
    private static var entriesSearchedMax: UInt64 { 100_000 }
}

extension PostedEntry {
    /// What tells it from others of its kind.
    fileprivate var words: String {
        let posted = "posted \(RFC3339.moment(postedAt))"
        return switch entry {
        case .leaseOpened(let signed): "\(posted), payer \(signed.terms.payer.checksummed)"
        case .grant(let signed): "\(posted), machine \(signed.document.machine.checksummed)"
        default: posted
        }
    }
}
