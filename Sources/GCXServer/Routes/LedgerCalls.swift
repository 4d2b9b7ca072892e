import GCXLedger
import GCXModel
import GCXSigning
import GCXWire
import HTTPTypes

/// The calls of a ledger.
enum LedgerCalls {
    static let identity = Route(
        name: "ledgerIdentity", method: .get, path: "/v1/identity",
        summary: "Which ledger this is, the domain of what is signed for it, and its clock.",
        answer: .json(LedgerIdentity.self))
    static let post = Route(
        name: "postEntry", method: .post, path: "/v1/entries",
        summary: "Writes an entry; the same document again is answered with its first place.", access: .signed,
        body: .json(Entry.self, bytesMax: WireLimits.entryBodyBytesMax), answer: .json(PostReceipt.self))
    static let sign = Route(
        name: "signOfLife", method: .post, path: "/v1/signs", summary: "Says that a machine is there, or leaves.",
        access: .signed, body: .json(Signed<SignOfLife>.self, bytesMax: ServerLimits.signBodyBytesMax),
        answer: .json(HealthAnswer.self))
    static let account = Route(
        name: "account", method: .get, path: "/v1/accounts/{address}",
        summary: "What an account holds; an unheard-of one holds nothing.", answer: .json(Account.self))
    static let grant = Route(
        name: "grant", method: .get, path: "/v1/grants/{digest}", summary: "A grant, and what became of it.",
        answer: .json(GrantRecord.self))
    static let attestation = Route(
        name: "attestation", method: .get, path: "/v1/attestations/{digest}", summary: "An attestation record.",
        answer: .json(AttestationEntry.self))
    static let offer = Route(
        name: "offer", method: .get, path: "/v1/offers/{digest}", summary: "An offer, and what became of it.",
        answer: .json(OfferRecord.self))
    static let free = Route(
        name: "freeCapacity", method: .get, path: "/v1/offers/{digest}/free",
        summary: "What of an offer no live lease holds at any moment between two times.",
        query: [
            .number("from", "Unix seconds.", isRequired: true),
            .number("until", "Unix seconds, later.", isRequired: true),
        ],
        answer: .json(Resources.self))
    static let demand = Route(
        name: "demand", method: .get, path: "/v1/demands/{digest}", summary: "A demand, and what became of it.",
        answer: .json(DemandRecord.self))
    static let lease = Route(
        name: "lease", method: .get, path: "/v1/leases/{digest}", summary: "A lease and its money.",
        answer: .json(LeaseRecord.self))
    static let offers = Route(
        name: "offers", method: .get, path: "/v1/offers", summary: "Offers, oldest first.", query: [.live, .from],
        answer: .page(of: OfferRecord.self, most: LedgerLimits.pageEntriesMax, cursor: "from"))
    static let demands = Route(
        name: "demands", method: .get, path: "/v1/demands", summary: "Demands, oldest first.", query: [.live, .from],
        answer: .page(of: DemandRecord.self, most: LedgerLimits.pageEntriesMax, cursor: "from"))
    static let grants = Route(
        name: "grantsOfOwner", method: .get, path: "/v1/parties/{address}/grants",
        summary: "Every grant that an owner gave, oldest first.", query: [.from],
        answer: .page(of: GrantRecord.self, most: LedgerLimits.pageEntriesMax, cursor: "from"))
    static let leases = Route(
        name: "leasesOfParty", method: .get, path: "/v1/parties/{address}/leases",
        summary: "Leases in which an address is payer, payee or machine, oldest first.", query: [.from],
        answer: .page(of: LeaseRecord.self, most: LedgerLimits.pageEntriesMax, cursor: "from"))
    static let ratings = Route(
        name: "ratingsOfParty", method: .get, path: "/v1/parties/{address}/ratings",
        summary: "What others said about an address, oldest first.", query: [.from],
        answer: .page(of: RatingRecord.self, most: LedgerLimits.pageEntriesMax, cursor: "from"))

    static let all = [
        SharedCalls.health, identity, post, sign, account, grant, attestation, offer, free, demand, lease, offers,
        demands, grants, leases, ratings, entries, entry, head, inclusion, consistency,
    ]
}

extension LedgerCalls {
    static let entries = Route(
        name: "entries", method: .get, path: "/v1/entries", summary: "The journal, from an index on.",
        query: [
            .number("from", "An index, or the `gcx-next` of the page before. Without it, the first."),
            .number("limit", "How many entries are wanted, at most \(LedgerLimits.pageEntriesMax)."),
        ],
        answer: .page(of: PostedEntry.self, most: LedgerLimits.pageEntriesMax, cursor: "from"))
    static let entry = Route(
        name: "entry", method: .get, path: "/v1/entries/{index}", summary: "One entry of the journal.",
        answer: .json(PostedEntry.self))
    static let head = Route(
        name: "treeHead", method: .get, path: "/v1/head", summary: "The operator's signed word on the whole journal.",
        answer: .json(SignedTreeHead.self))
    static let inclusion = Route(
        name: "inclusionProof", method: .get, path: "/v1/proofs/inclusion",
        summary: "That an entry is in the journal of a size (RFC 9162).",
        query: [
            .number("index", "The entry's.", isRequired: true), .number("treeSize", "Entries.", isRequired: true),
        ],
        answer: .json(InclusionProof.self))
    static let consistency = Route(
        name: "consistencyProof", method: .get, path: "/v1/proofs/consistency",
        summary: "That one size of the journal is the beginning of another (RFC 9162).",
        query: [.number("from", "Entries.", isRequired: true), .number("to", "Entries, no less.", isRequired: true)],
        answer: .json(ConsistencyProof.self))
}
