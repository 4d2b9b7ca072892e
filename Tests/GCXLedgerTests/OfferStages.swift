import GCXLedger
import GCXModel
import GCXSigning
import Support

/// What has become of an offer and a demand that once stood.
enum OfferStage: String, CaseIterable, CustomStringConvertible {
    case stands
    case revised, withdrawn, expired
    case grantWithdrawn, grantExpired
    case demandRevised, demandWithdrawn, demandExpired

    var description: String { rawValue }
}

/// What a ledger says to a move on them.
enum OfferVerdict {
    case taken
    case offerRevised, offerWithdrawn, offerExpired
    case grantWithdrawn, grantExpired
    case demandRevised, demandWithdrawn, demandExpired
    case staleOffer, staleDemand
    /// A sign of what was withdrawn, by its own signer.
    case grantTaken, offerTaken, demandTaken
}

/// A market at a stage, in memory.
struct OfferScene {
    let world: TestWorld
    let market: LedgerBench.Market
    let offer: Offer
    let demand: Demand
    private(set) var book: StateBook
    /// What took the place of the offer or the demand.
    private var later = Digest.zero
    /// What expired did so then.
    let expiry: UInt64

    init(_ stage: OfferStage) throws {
        world = try TestWorld()
        let soon = world.clock.now + 100
        expiry = soon
        book = StateBook(world)
        market = try book.openMarket {
            if stage == .grantExpired { $0.expiresAt = soon }
        } offer: {
            $0.revision = 2
            if stage == .expired { $0.expiresAt = soon }
        } demand: {
            $0.revision = 2
            if stage == .demandExpired { $0.expiresAt = soon }
        }
        offer = try book.state.offer(market.offer).document
        demand = try book.state.demand(market.demand).document
        try come(to: stage)
    }

    private mutating func come(to stage: OfferStage) throws {
        switch stage {
        case .stands: break
        case .revised: later = try post(revisedOffer(3))
        case .demandRevised: later = try post(revisedDemand(3))
        case .withdrawn: try post(.withdrawal(world.withdrawal(market.offer, by: world.owner)))
        case .grantWithdrawn: try post(.withdrawal(world.withdrawal(market.grant, by: world.owner)))
        case .demandWithdrawn: try post(.withdrawal(world.withdrawal(market.demand, by: world.buyer)))
        case .expired, .grantExpired, .demandExpired: world.clock.set(expiry)
        }
    }

    @discardableResult
    private mutating func post(_ entry: Entry) throws -> Digest {
        try book.post(entry)
        return entry.digest(in: world.domain)
    }

    var lease: Entry {
        .leaseOpened(world.countersign(world.terms(offer: market.offer, demand: market.demand)))
    }

    func revisedOffer(_ revision: UInt64, region: Untrusted = "eu-north") -> Entry {
        .offer(
            world.offer(grant: market.grant) {
                ($0.offerID, $0.revision, $0.region) = (offer.offerID, revision, region)
            })
    }

    func revisedDemand(_ revision: UInt64, budget: Amount = 20_000) -> Entry {
        .demand(world.demand { ($0.demandID, $0.revision, $0.budget) = (demand.demandID, revision, budget) })
    }

    /// Not the withdrawal that may stand there already.
    func withdrawal(_ subject: Digest, by key: PrivateKey) -> Entry {
        .withdrawal(
            world.sign(Withdrawal(subject: subject, reason: "once more", issuedAt: world.clock.now), by: key))
    }

    func error(_ verdict: OfferVerdict) -> LedgerError? {
        switch verdict {
        case .taken: nil
        case .offerRevised: .superseded(.offer, market.offer, by: later)
        case .offerWithdrawn, .offerTaken: .withdrawn(.offer, market.offer)
        case .offerExpired: .expired(.offer, market.offer, at: expiry)
        case .grantWithdrawn, .grantTaken: .withdrawn(.grant, market.grant)
        case .grantExpired: .expired(.grant, market.grant, at: expiry)
        case .demandRevised: .superseded(.demand, market.demand, by: later)
        case .demandWithdrawn, .demandTaken: .withdrawn(.demand, market.demand)
        case .demandExpired: .expired(.demand, market.demand, at: expiry)
        case .staleOffer: .staleRevision(.offer, id: offer.offerID, current: 3, offered: 3)
        case .staleDemand: .staleRevision(.demand, id: demand.demandID, current: 3, offered: 3)
        }
    }
}

/// One thing that may be done with an offer or a demand, and what a ledger says to it at each stage.
struct OfferMove: CustomStringConvertible {
    let description: String
    private let exceptions: [OfferStage: OfferVerdict]
    let entry: @Sendable (OfferScene) -> Entry

    init(
        _ description: String, _ exceptions: [OfferStage: OfferVerdict],
        _ entry: @escaping @Sendable (OfferScene) -> Entry
    ) {
        (self.description, self.exceptions, self.entry) = (description, exceptions, entry)
    }

    func verdict(_ stage: OfferStage) -> OfferVerdict { exceptions[stage] ?? .taken }

    /// What is not named is taken.
    static let all: [OfferMove] = [
        .init(
            "a lease is opened",
            [
                .revised: .offerRevised, .withdrawn: .offerWithdrawn, .expired: .offerExpired,
                .grantWithdrawn: .grantWithdrawn, .grantExpired: .grantExpired, .demandRevised: .demandRevised,
                .demandWithdrawn: .demandWithdrawn, .demandExpired: .demandExpired,
            ]
        ) { $0.lease },
        .init(
            "the offer is revised",
            [.revised: .staleOffer, .grantWithdrawn: .grantWithdrawn, .grantExpired: .grantExpired]
        ) { $0.revisedOffer(3, region: "elsewhere") },
        .init("the demand is revised", [.demandRevised: .staleDemand]) { $0.revisedDemand(3, budget: 20_001) },
        .init("the offer is withdrawn by its machine", [.withdrawn: .offerTaken]) {
            $0.withdrawal($0.market.offer, by: $0.world.machine)
        },
        .init("the demand is withdrawn", [.demandWithdrawn: .demandTaken]) {
            $0.withdrawal($0.market.demand, by: $0.world.buyer)
        },
        .init("the grant is withdrawn", [.grantWithdrawn: .grantTaken]) {
            $0.withdrawal($0.market.grant, by: $0.world.owner)
        },
    ]
}
