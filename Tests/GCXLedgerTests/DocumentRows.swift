import GCXLedger
import GCXModel
import GCXSigning
import Support

/// A document with one field at or beyond its bound, and what a ledger says to it.
struct DocumentRow: CustomStringConvertible {
    let description: String
    /// Nil for a document that is taken: the last value within a bound.
    let error: LedgerError?
    let entry: @Sendable (StateBook, LedgerBench.Market) -> Entry

    private init(
        _ description: String, _ error: LedgerError?,
        _ entry: @escaping @Sendable (StateBook, LedgerBench.Market) -> Entry
    ) {
        (self.description, self.error, self.entry) = (description, error, entry)
    }

    typealias Edit<Document> = @Sendable (inout Document) -> Void

    private static func malformed(_ kind: EntryKind, _ field: Untrusted, _ reason: Untrusted) -> LedgerError {
        .malformed(kind, field: field, reason: reason)
    }

    private static func text(_ count: Int) -> Untrusted { Untrusted(String(repeating: "x", count: count)) }
    private static func facts(_ count: Int) -> [Fact] {
        [Fact](repeating: Fact(name: "a", value: 1, unit: "B", level: .claimed, measuredAt: 1), count: count)
    }
    private static func parties(_ count: Int) -> [Address] { [Address](repeating: .zero, count: count) }
    private static let nothing = Resources(cores: 0, memoryBytes: .max, storageBytes: .max, gpus: 0)
    private static let tooSoon = "is not after availableFrom", both = "has neither a core nor a GPU"
    private static let revisions = "is not in 1 ... \(LedgerLimits.revisionMax)"

    static let all = grants + attestations + offers + demands + withdrawals + terms

    // MARK: grants

    private static func grant(_ name: String, _ error: LedgerError?, _ edit: @escaping Edit<MachineGrant>)
        -> DocumentRow
    {
        DocumentRow("a grant with \(name)", error) { book, _ in .grant(book.world.grant(edit)) }
    }

    private static let grants: [DocumentRow] = [
        grant("the zero address", malformed(.grant, "machine", "is the zero address")) { $0.machine = .zero },
        grant("a label of 128 bytes", nil) { $0.label = text(128) },
        grant("a label of 129 bytes", .documentTooLarge(.grant, field: "label", max: 128)) { $0.label = text(129) },
        grant("no label", nil) { $0.label = "" },
        grant("a second left", nil) { $0.expiresAt = $0.issuedAt + 1 },
        grant("no end", nil) { $0.expiresAt = .max },
    ]

    // MARK: attestations

    private static func attestation(
        _ name: String, _ error: LedgerError?, _ edit: @escaping Edit<AttestationRecord>
    ) -> DocumentRow {
        DocumentRow("an attestation with \(name)", error) { book, _ in .attestation(book.world.attestation(edit)) }
    }

    private static let attestations: [DocumentRow] = [
        attestation("512 facts", nil) { $0.facts = facts(512) },
        attestation("513 facts", .documentTooLarge(.attestation, field: "facts", max: 512)) { $0.facts = facts(513) },
        attestation("64 contradictions", nil) { $0.contradictions = [Untrusted](repeating: "a", count: 64) },
        attestation("65 contradictions", .documentTooLarge(.attestation, field: "contradictions", max: 64)) {
            $0.contradictions = [Untrusted](repeating: "a", count: 65)
        },
        attestation("a long contradiction", .documentTooLarge(.attestation, field: "contradictions", max: 512)) {
            $0.contradictions = [text(513)]
        },
        attestation("a long kernel version", .documentTooLarge(.attestation, field: "kernelVersion", max: 128)) {
            $0.kernelVersion = text(129)
        },
        attestation("a long name of a fact", .documentTooLarge(.attestation, field: "facts.name", max: 64)) {
            $0.facts[0].name = text(65)
        },
        attestation("a long unit", .documentTooLarge(.attestation, field: "facts.unit", max: 16)) {
            $0.facts[0].unit = text(17)
        },
    ]

    // MARK: offers

    private static func offer(_ name: String, _ error: LedgerError?, _ edit: @escaping Edit<Offer>) -> DocumentRow {
        DocumentRow("an offer with \(name)", error) { book, market in
            .offer(book.world.offer(grant: market.grant, edit))
        }
    }

    private static let window = "is not in \(Limits.closeWindowSeconds)"
    private static let offers: [DocumentRow] = [
        offer("revision 0", malformed(.offer, "revision", Untrusted(revisions))) { $0.revision = 0 },
        offer("the last revision", nil) { $0.revision = LedgerLimits.revisionMax },
        offer("a revision too many", malformed(.offer, "revision", Untrusted(revisions))) {
            $0.revision = LedgerLimits.revisionMax + 1
        },
        offer("256 parties", nil) { ($0.allow, $0.deny) = (parties(256), parties(256)) },
        offer("257 who may", .documentTooLarge(.offer, field: "allow", max: 256)) { $0.allow = parties(257) },
        offer("257 who may not", .documentTooLarge(.offer, field: "deny", max: 256)) { $0.deny = parties(257) },
        offer("no core and no GPU", malformed(.offer, "capacity", Untrusted(both))) { $0.capacity = nothing },
        offer("a GPU alone", nil) { $0.capacity = Resources(cores: 0, memoryBytes: 0, storageBytes: 0, gpus: 1) },
        offer("the largest machine", nil) {
            $0.capacity = Resources(cores: .max, memoryBytes: .max, storageBytes: .max, gpus: .max)
        },
        offer("no time", malformed(.offer, "availableUntil", Untrusted(tooSoon))) {
            $0.availableUntil = $0.availableFrom
        },
        offer("a second of time", nil) { $0.availableUntil = $0.availableFrom + 1 },
        offer("all of time", nil) { ($0.availableFrom, $0.availableUntil) = (0, .max) },
        offer("lengths the wrong way round", malformed(.offer, "leaseSecondsMax", "is below leaseSecondsMin")) {
            $0.leaseSecondsMax = $0.leaseSecondsMin - 1
        },
        offer("one length", nil) { $0.leaseSecondsMax = $0.leaseSecondsMin },
        offer("no time between receipts", malformed(.offer, "receiptSeconds", "is zero")) { $0.receiptSeconds = 0 },
        offer("a window of 4 s", malformed(.offer, "closeWindowSeconds", Untrusted(window))) {
            $0.closeWindowSeconds = 4
        },
        offer("a window of 5 s", nil) { $0.closeWindowSeconds = 5 },
        offer("a window of a week", nil) { $0.closeWindowSeconds = 604_800 },
        offer("a longer window", malformed(.offer, "closeWindowSeconds", Untrusted(window))) {
            $0.closeWindowSeconds = 604_801
        },
        offer("a reservation of 100 %", nil) { $0.conduct = .half.with { $0.reservationPercent = 100 } },
        offer("a reservation of 101 %", malformed(.offer, "conduct.reservationPercent", "is above 100")) {
            $0.conduct = .half.with { $0.reservationPercent = 101 }
        },
        offer("the most places", nil) {
            $0.conduct = .half.with { $0.endpoints = [Untrusted](repeating: text(256), count: 8) }
        },
        offer("a place too many", .documentTooLarge(.offer, field: "conduct.endpoints", max: 8)) {
            $0.conduct = .half.with { $0.endpoints = [Untrusted](repeating: "a", count: 9) }
        },
        offer("a long place", .documentTooLarge(.offer, field: "conduct.endpoints", max: 256)) {
            $0.conduct = .half.with { $0.endpoints = [text(257)] }
        },
        offer("signs once a day", nil) { $0.conduct = .half.with { $0.signSeconds = 86_400 } },
        offer("signs more seldom", malformed(.offer, "conduct.signSeconds", "is above 86400")) {
            $0.conduct = .half.with { $0.signSeconds = 86_401 }
        },
        offer("ten years idle", nil) { $0.conduct = .half.with { $0.idleSeconds = 315_576_000 } },
        offer("more than that", malformed(.offer, "conduct.idleSeconds", "is above 315576000")) {
            $0.conduct = .half.with { $0.idleSeconds = .max }
        },
    ]

    // MARK: demands

    private static func demand(_ name: String, _ error: LedgerError?, _ edit: @escaping Edit<Demand>) -> DocumentRow {
        DocumentRow("a demand with \(name)", error) { book, _ in .demand(book.world.demand(edit)) }
    }

    private static let demands: [DocumentRow] = [
        demand("revision 0", malformed(.demand, "revision", Untrusted(revisions))) { $0.revision = 0 },
        demand("a revision too many", malformed(.demand, "revision", Untrusted(revisions))) { $0.revision = .max },
        demand("64 regions", nil) { $0.regions = [Untrusted](repeating: text(128), count: 64) },
        demand("65 regions", .documentTooLarge(.demand, field: "regions", max: 64)) {
            $0.regions = [Untrusted](repeating: "a", count: 65)
        },
        demand("a long region", .documentTooLarge(.demand, field: "regions", max: 128)) { $0.regions = [text(129)] },
        demand("257 who may", .documentTooLarge(.demand, field: "allow", max: 256)) { $0.allow = parties(257) },
        demand("257 who may not", .documentTooLarge(.demand, field: "deny", max: 256)) { $0.deny = parties(257) },
        demand("no core and no GPU", malformed(.demand, "resources", Untrusted(both))) { $0.resources = nothing },
        demand("starts the wrong way round", malformed(.demand, "startsUntil", "is before startsFrom")) {
            $0.startsUntil = $0.startsFrom - 1
        },
        demand("one start", nil) { $0.startsUntil = $0.startsFrom },
        demand("no length", malformed(.demand, "durationSeconds", "is zero")) { $0.durationSeconds = 0 },
        demand("the longest time", nil) { $0.durationSeconds = .max },
        demand("no budget", malformed(.demand, "budget", "is zero")) { $0.budget = .zero },
        demand("a budget of one", nil) { $0.budget = 1 },
        demand("the largest budget", nil) { ($0.budget, $0.hourlyMax) = (Amount(.max), Amount(.max)) },
    ]

    // MARK: withdrawals

    private static func withdrawal(_ name: String, _ error: LedgerError?, _ reason: Untrusted) -> DocumentRow {
        DocumentRow("a withdrawal with \(name)", error) { book, market in
            .withdrawal(
                book.world.sign(
                    Withdrawal(subject: market.offer, reason: reason, issuedAt: book.world.clock.now),
                    by: book.world.machine))
        }
    }

    private static let withdrawals: [DocumentRow] = [
        withdrawal("no reason", nil, ""), withdrawal("a reason of 512 bytes", nil, text(512)),
        withdrawal("a longer one", .documentTooLarge(.withdrawal, field: "reason", max: 512), text(513)),
    ]

    // MARK: terms

    private static func terms(_ name: String, _ error: LedgerError?, _ edit: @escaping Edit<LeaseTerms>) -> DocumentRow
    {
        DocumentRow("terms with \(name)", error) { book, market in
            .leaseOpened(book.world.countersign(book.world.terms(offer: market.offer, demand: market.demand, edit)))
        }
    }

    private static let terms: [DocumentRow] = [
        terms("no time", malformed(.leaseOpened, "endsAt", "is not after startsAt")) { $0.endsAt = $0.startsAt },
        terms("the end before the start", malformed(.leaseOpened, "endsAt", "is not after startsAt")) { $0.endsAt = 0 },
        terms("no deposit", malformed(.leaseOpened, "deposit", "is zero")) { $0.deposit = .zero },
        terms("no session", malformed(.leaseOpened, "session", "is the zero address")) { $0.session = .zero },
        terms("no core and no GPU", malformed(.leaseOpened, "resources", Untrusted(both))) { $0.resources = nothing },
        terms("all of the budget", nil) { $0.deposit = 20_000 },
        terms(
            "one more than the budget",
            .termsDiffer(field: "deposit", from: .demand, required: "20000 or less", got: "20001")
        ) { $0.deposit = 20_001 },
        terms(
            "the largest deposit",
            .termsDiffer(field: "deposit", from: .demand, required: "20000 or less", got: "\(UInt128.max)")
        ) { $0.deposit = Amount(.max) },
        terms("the largest cap and burst", nil) { ($0.hourlyCap, $0.burst) = (Amount(.max), Amount(.max)) },
        terms("the least cap", nil) { $0.hourlyCap = 18_757 },
        terms(
            "less than the least cap",
            .termsDiffer(field: "hourlyCap", from: .offer, required: "18757 or more", got: "18756")
        ) { $0.hourlyCap = 18_756 },
        terms("the least deposit", nil) { $0.deposit = 79 },
        terms(
            "less than the least deposit",
            .termsDiffer(field: "deposit", from: .offer, required: "79 or more", got: "78")
        ) { $0.deposit = 78 },
        terms("the least burst", nil) { $0.burst = 127 },
        terms(
            "less than the least burst", .termsDiffer(field: "burst", from: .offer, required: "127 or more", got: "126")
        ) { $0.burst = 126 },
    ]
}

extension OfferConduct {
    fileprivate func with(_ edit: (inout OfferConduct) -> Void) -> OfferConduct {
        var copy = self
        edit(&copy)
        return copy
    }
}
