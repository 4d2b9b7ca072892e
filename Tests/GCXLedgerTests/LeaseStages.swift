import GCXLedger
import GCXModel
import GCXSigning
import Support

/// A place in the life of a lease, and how a lease gets there.
enum LeaseStage: String, CaseIterable, CustomStringConvertible {
    /// Drawn up and signed, not posted.
    case unknown
    /// Nothing was claimed.
    case open
    /// 600 were paid.
    case paid
    /// 600 were paid, and the payer asked to close.
    case closing
    /// The same, and the window is over.
    case over
    /// 600 were paid, the payee closed it.
    case closed
    /// The same, and the payer has rated it.
    case rated

    var description: String { rawValue }
}

/// What a ledger says to a move at a stage.
enum LeaseVerdict {
    case taken
    case unknown, closing, closed, notClosing, windowOver, windowOpen, notSettled, ratedAlready
    /// The voucher pays no more than the 600 that were paid; or than nothing.
    case stale, staleAtNothing
    /// The voucher is beyond the deposit of 10,000, or beyond the cap of 1,000.
    case beyondEscrow, beyondCap
    /// The top-up names no more than the deposit.
    case staleTopUp
    /// The demand serves another lease; or what is left of its budget is not enough.
    case served, spent
    /// The entry stands in the journal already.
    case reused
}

/// A lease at a stage, with its market, in memory.
struct LeaseScene {
    let world: TestWorld
    let lease: CountersignedTerms
    let demand: Digest
    private(set) var book: StateBook

    var id: LeaseID { lease.lease(in: world.domain) }
    /// When the window of a closing lease ends.
    let closesAt: UInt64

    init(_ stage: LeaseStage) throws {
        world = try TestWorld()
        book = StateBook(world)
        let market = try book.openMarket()
        lease = world.countersign(world.terms(offer: market.offer, demand: market.demand))
        (demand, closesAt) = (market.demand, world.clock.now + 10)
        for entry in entries(to: stage) { try book.post(entry) }
        if stage == .over { world.clock.advance(10) }
    }

    private func entries(to stage: LeaseStage) -> [Entry] {
        let (open, claim) = (Entry.leaseOpened(lease), Entry.claim(world.voucher(id, 600)))
        let close = Entry.closeRequest(world.closeRequest(id, by: world.owner))
        switch stage {
        case .unknown: return []
        case .open: return [open]
        case .paid: return [open, claim]
        case .closing, .over: return [open, claim, .closeRequest(world.closeRequest(id, by: world.buyer))]
        case .closed: return [open, claim, close]
        case .rated: return [open, claim, close, .rating(world.rating(id))]
        }
    }

    /// Another lease on the same demand.
    var another: Entry {
        .leaseOpened(
            world.countersign(world.terms(offer: lease.terms.offer, demand: demand) { $0.deposit = 19_401 }))
    }

    /// The error of a verdict; nil for ``LeaseVerdict/taken``.
    func error(_ verdict: LeaseVerdict, of entry: Entry) -> LedgerError? {
        switch verdict {
        case .taken: nil
        case .unknown: .leaseUnknown(id)
        case .closing: .leaseClosing(id, closesAt: closesAt)
        case .closed: .leaseClosed(id)
        case .notClosing: .notClosing(id)
        case .windowOver: .closeWindowOver(id, closedAt: closesAt)
        case .windowOpen: .closeWindowNotOver(id, closesAt: closesAt)
        case .notSettled: .notSettled(id)
        case .ratedAlready: .alreadyRated(id, by: world.buyer.address)
        case .stale: .staleVoucher(id, settled: 600, offered: entry.cumulative)
        case .staleAtNothing: .staleVoucher(id, settled: 0, offered: entry.cumulative)
        case .beyondEscrow: .escrowExceeded(id, held: 10_000, asked: entry.cumulative)
        case .beyondCap: .rateCapExceeded(id, allowed: 1_000, asked: entry.cumulative)
        case .staleTopUp: .staleTopUp(id, deposit: 10_000, offered: 10_000)
        case .served:
            .notAllowed(
                world.buyer.address, reason: Untrusted("the demand is served by lease \(id) until that is closed"))
        case .spent:
            .termsDiffer(
                field: "deposit", from: .demand, required: "19400 or less, for 600 of its budget is spent", got: "19401"
            )
        case .reused: .keyReused(entry.key(in: world.domain))
        }
    }
}

extension Entry {
    /// What a voucher names.
    fileprivate var cumulative: Amount {
        if case .claim(let voucher) = self { voucher.document.cumulative } else { .zero }
    }
}

/// One thing that may happen to a lease, and what a ledger says to it at each stage, in the order of the stages.
struct LeaseMove: CustomStringConvertible {
    let description: String
    let verdicts: [LeaseVerdict]
    let entry: @Sendable (LeaseScene) -> Entry

    init(_ description: String, _ verdicts: [LeaseVerdict], _ entry: @escaping @Sendable (LeaseScene) -> Entry) {
        (self.description, self.verdicts, self.entry) = (description, verdicts, entry)
    }

    /// One row for each move, one column for each stage: the whole life of a lease.
    static let all: [LeaseMove] = [
        // unknown, open, paid, closing, over, closed, rated
        .init("it is opened", [.taken, .reused, .reused, .reused, .reused, .reused, .reused]) {
            .leaseOpened($0.lease)
        },
        .init("another is opened", [.taken, .served, .served, .served, .served, .spent, .spent]) { $0.another },
        .init("nothing is claimed", [.unknown, .staleAtNothing, .stale, .stale, .windowOver, .closed, .closed]) {
            .claim($0.world.voucher($0.id, 0))
        },
        .init("the same is claimed", [.unknown, .taken, .stale, .stale, .windowOver, .closed, .closed]) {
            .claim($0.world.voucher($0.id, 600))
        },
        .init("one more is claimed", [.unknown, .taken, .taken, .taken, .windowOver, .closed, .closed]) {
            .claim($0.world.voucher($0.id, 601))
        },
        .init("all of the cap is claimed", [.unknown, .taken, .taken, .taken, .windowOver, .closed, .closed]) {
            .claim($0.world.voucher($0.id, 1_000))
        },
        .init("beyond the cap is claimed", [.unknown, .beyondCap, .beyondCap, .taken, .windowOver, .closed, .closed]) {
            .claim($0.world.voucher($0.id, 1_001))
        },
        .init(
            "beyond the deposit is claimed",
            [.unknown, .beyondEscrow, .beyondEscrow, .taken, .windowOver, .closed, .closed]
        ) { .claim($0.world.voucher($0.id, 10_001)) },
        .init(
            "the largest amount is claimed",
            [.unknown, .beyondEscrow, .beyondEscrow, .taken, .windowOver, .closed, .closed]
        ) { .claim($0.world.voucher($0.id, Amount(.max))) },
        .init("the deposit is raised", [.unknown, .taken, .taken, .closing, .closing, .closed, .closed]) {
            .topUp($0.world.topUp($0.id, to: 10_001))
        },
        .init("the deposit is named again", [.unknown, .staleTopUp, .staleTopUp, .closing, .closing, .closed, .closed])
        {
            .topUp($0.world.topUp($0.id, to: 10_000))
        },
        .init("the payer closes", [.unknown, .taken, .taken, .closing, .closing, .closed, .closed]) {
            .closeRequest($0.closing(by: $0.world.buyer))
        },
        .init("the payee closes", [.unknown, .taken, .taken, .taken, .taken, .closed, .closed]) {
            .closeRequest($0.closing(by: $0.world.owner))
        },
        .init("the machine closes", [.unknown, .taken, .taken, .taken, .taken, .closed, .closed]) {
            .closeRequest($0.closing(by: $0.world.machine))
        },
        .init("it is finalized", [.unknown, .notClosing, .notClosing, .windowOpen, .taken, .closed, .closed]) {
            .finalize($0.id)
        },
        .init(
            "the payer rates",
            [.unknown, .notSettled, .notSettled, .notSettled, .notSettled, .taken, .ratedAlready]
        ) { .rating($0.world.rating($0.id) { $0.stars = 4 }) },
        .init(
            "the payee rates", [.unknown, .notSettled, .notSettled, .notSettled, .notSettled, .taken, .taken]
        ) { .rating($0.world.rating($0.id, by: $0.world.owner, of: $0.world.buyer)) },
    ]
}

extension LeaseScene {
    /// A request that was not made before: of another date.
    fileprivate func closing(by key: PrivateKey) -> Signed<CloseRequest> {
        world.sign(
            CloseRequest(channel: id, requester: key.address, requestedAt: world.clock.now + 1), by: key)
    }
}
