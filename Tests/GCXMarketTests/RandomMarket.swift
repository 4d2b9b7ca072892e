import GCXMarket
import GCXModel
import Support

/// A demand and offers made of a seed. Each value is one of few, so that ties, bounds that are just met and bounds that are just
/// missed all come often.
struct RandomMarket {
    let now: UInt64 = 100
    private(set) var demand = MarketTests.demand()
    private(set) var listings: [OfferListing] = []
    private var random: SeededGenerator

    static let parties = (1...4).map { Address(checkedBytes: [UInt8](repeating: $0, count: 20)) }

    init(seed: UInt64) {
        random = SeededGenerator(seed)
        demand = makeDemand()
        listings = (0..<12).map { makeListing(UInt8($0)) }.shuffled(using: &random)
    }

    private mutating func pick<Value>(_ values: [Value]) -> Value {
        values[Int.random(in: values.indices, using: &random)]
    }

    /// Mostly the first.
    private mutating func mostly<Value>(_ usual: Value, _ others: [Value]) -> Value {
        Int.random(in: 0..<8, using: &random) == 0 ? pick(others) : usual
    }

    private mutating func makeDemand() -> Demand {
        var demand = MarketTests.demand()
        demand.buyer = Self.parties[0]
        demand.startsFrom = pick([0, 100, 1_000])
        demand.startsUntil = demand.startsFrom + pick([0, 99, 4_000])
        demand.durationSeconds = pick([10, 3_599, 3_600])
        demand.resources = Resources(
            cores: pick([1, 2]), memoryBytes: pick([1, 2]) << 30, storageBytes: pick([0, 1]) << 30, gpus: pick([0, 1]))
        demand.hourlyMax = mostly(1_000_000_000_000, [7_201, 7_200])
        demand.budget = mostly(1_000_000_000_000, [1, 21, 7_201, 7_200])
        demand.regions = mostly([], [["north"], ["south", "north"], ["south"]])
        demand.isolationMin = mostly(.container, [.userKernel])
        demand.allow = mostly([], [[Self.parties[1]], [Self.parties[2], Self.parties[1]]])
        demand.deny = mostly([], [[Self.parties[1]]])
        demand.constraints = pick([0, 1, 2]) == 0 ? [] : [makeConstraint("cpu.cores"), makeConstraint("gpu.count")]
        return demand
    }

    private mutating func makeConstraint(_ name: Untrusted) -> Constraint {
        Constraint(
            fact: name, minimum: pick([0, 8]), maximum: pick([8, .max]),
            levelMin: pick([.claimed, .claimed, .measured]))
    }

    private mutating func makeFact(_ name: Untrusted) -> Fact {
        Fact(
            name: name, value: mostly(8, [7, 9]), unit: "core", level: mostly(.measured, [.claimed, .audited]),
            measuredAt: 1)
    }

    private mutating func makeListing(_ number: UInt8) -> OfferListing {
        var offer = MarketTests.offer()
        offer.owner = mostly(Self.parties[1], [Self.parties[0], Self.parties[2]])
        offer.machine = mostly(Self.parties[3], [Self.parties[0]])
        offer.expiresAt = mostly(10_000, [100, 101])
        offer.availableFrom = pick([0, 101])
        offer.availableUntil = mostly(20_000, [3_700, 3_701, 3_699])
        offer.leaseSecondsMin = mostly(10, [11, 3_600])
        offer.leaseSecondsMax = max(offer.leaseSecondsMin, mostly(5_000, [3_599]))
        offer.region = pick(["north", "north", "east"])
        offer.isolation = pick([.container, .userKernel, .virtualMachine])
        offer.creditLimit = pick([0, 5, 1_000_000_000])
        offer.rates = Rates(
            leaseHour: pick([0, 0, 3_600]), coreHour: pick([0, 3_600, 7_200]), memoryGiBHour: pick([0, 1]),
            gpuHour: pick([0, 7]), storageGiBHour: pick([0, 3]), egressGiB: pick([0, 5]))
        offer.facts =
            [makeFact("cpu.cores"), makeFact("memory.bytes")]
            + mostly([makeFact("gpu.count")], [[], [makeFact("gpu.count"), makeFact("gpu.count")]])
        offer.allow = mostly([], [[Self.parties[0]], [Self.parties[2]]])
        offer.deny = mostly([], [[Self.parties[0]]])
        offer.capacity.gpus = 1
        var listing = MarketTests.listing(offer, number)
        listing.free = Resources(
            cores: mostly(8, [1, 2]), memoryBytes: mostly(8, [1, 2]) << 30, storageBytes: mostly(8, [0]) << 30,
            gpus: mostly(1, [0]))
        return listing
    }
}

/// The rules of matching once more, as slowly and plainly as they can be said.
struct SlowMatching {
    let market: RandomMarket
    private var demand: Demand { market.demand }

    /// Digests of what serves the demand, best first.
    var matches: [Digest] {
        var left = market.listings.filter { misses($0) == 0 }
        var order: [Digest] = []
        while var best = left.first {
            for other in left where isBetter(other, than: best) { best = other }
            order.append(best.digest)
            left.removeAll { $0.digest == best.digest }
        }
        return order
    }

    private func isBetter(_ one: OfferListing, than other: OfferListing) -> Bool {
        if hour(one.offer) != hour(other.offer) { return hour(one.offer) < hour(other.offer) }
        if trust(one.offer) != trust(other.offer) { return trust(one.offer) > trust(other.offer) }
        return one.digest.description < other.digest.description
    }

    func trust(_ offer: Offer) -> Int {
        demand.constraints.map { constraint in Int(fact(constraint, offer)?.level.rawValue ?? 0) }.reduce(0, +)
    }

    /// The dearest hour, in base units.
    func hour(_ offer: Offer) -> UInt128 { cost(offer, 3_600) }

    /// What so many seconds cost at the most: exact, and then the next whole number, unless all is free.
    private func cost(_ offer: Offer, _ seconds: UInt64) -> UInt128 {
        let (rates, wanted) = (offer.rates, demand.resources)
        let parts: [(Amount, UInt64)] = [
            (rates.leaseHour, 1), (rates.coreHour, UInt64(wanted.cores)),
            (rates.memoryGiBHour, wanted.memoryBytes >> 30),
            (rates.gpuHour, UInt64(wanted.gpus)), (rates.storageGiBHour, wanted.storageBytes >> 30),
        ]
        let exact = parts.map { $0.0.value * UInt128($0.1) }.reduce(0, +) * UInt128(seconds) / 3_600
        return parts.allSatisfy { $0.0 == .zero } ? 0 : exact + 1
    }

    private func fact(_ constraint: Constraint, _ offer: Offer) -> Fact? {
        for fact in offer.facts where fact.name == constraint.fact { return fact }
        return nil
    }

    /// How many of the demand's and the offer's conditions are not met.
    func misses(_ listing: OfferListing) -> Int { reasons(listing).filter { $0 }.count }

    private func reasons(_ listing: OfferListing) -> [Bool] {
        let (offer, free, wanted) = (listing.offer, listing.free, demand.resources)
        let start = [market.now, demand.startsFrom, offer.availableFrom].max() ?? 0
        let resources = [
            free.cores < wanted.cores, free.memoryBytes < wanted.memoryBytes, free.storageBytes < wanted.storageBytes,
            free.gpus < wanted.gpus,
        ]
        let facts = demand.constraints.flatMap { constraint -> [Bool] in
            guard let fact = fact(constraint, offer) else { return [true] }
            return [
                fact.value < constraint.minimum, constraint.maximum < fact.value,
                fact.level.rawValue < constraint.levelMin.rawValue,
            ]
        }
        let others = [
            demand.hourlyMax.value < hour(offer), demand.budget.value < cost(offer, demand.durationSeconds),
            demand.durationSeconds < offer.leaseSecondsMin || offer.leaseSecondsMax < demand.durationSeconds,
            demand.startsUntil < start || offer.availableUntil < start + demand.durationSeconds,
            offer.expiresAt <= market.now, !demand.regions.isEmpty && !demand.regions.contains(offer.region),
            offer.isolation.rawValue < demand.isolationMin.rawValue,
            demand.deny.contains(offer.owner) || (!demand.allow.isEmpty && !demand.allow.contains(offer.owner)),
            offer.deny.contains(demand.buyer) || (!offer.allow.isEmpty && !offer.allow.contains(demand.buyer)),
            demand.buyer == offer.owner || demand.buyer == offer.machine,
        ]
        return resources + facts + others
    }
}
