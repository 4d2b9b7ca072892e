import GCXModel
import GCXPricing
import Support
import Testing

@testable import GCXMarket

@Suite("Matching by seeds") struct MatchingTests {
    static let seeds: ClosedRange<UInt64> = 1...400

    private func matched(_ seed: UInt64) -> (market: RandomMarket, slow: SlowMatching, result: MatchResult) {
        let market = RandomMarket(seed: seed)
        return (
            market, SlowMatching(market: market),
            Matching.match(market.demand, offers: market.listings, now: market.now)
        )
    }

    @Test("every offer is matched or refused, in the order and for as many reasons as the rules say", arguments: seeds)
    func rules(seed: UInt64) {
        let (market, slow, result) = matched(seed)
        #expect(result.matches.map(\.offer) == slow.matches)
        for match in result.matches {
            guard let offer = market.listings.first(where: { $0.digest == match.offer })?.offer else {
                Issue.record("an offer that nobody made")
                continue
            }
            #expect(match.hourly.value == slow.hour(offer) && match.trust == UInt64(slow.trust(offer)))
        }
        let refused = market.listings.filter { slow.misses($0) > 0 }.sorted { $0.digest < $1.digest }
        #expect(result.rejected.map(\.offer) == refused.map(\.digest))
        #expect(result.rejected.map(\.reasons.count) == refused.map(slow.misses))
        #expect(result.rejected.flatMap(\.reasons).allSatisfy { !$0.description.isEmpty })
    }

    private func breaches(_ market: RandomMarket, _ listing: OfferListing, startsAt: UInt64) throws -> [Breach] {
        let terms = try LeaseTerms(
            demand: market.demand, demandDigest: .zero, offer: listing.offer, offerDigest: listing.digest,
            choice: LeaseChoice(startsAt: startsAt, session: .random(), salt: .zero))
        return Agreement(terms: terms, offer: listing.offer, demand: market.demand).breaches
    }

    @Test("what matches can be signed, by buyer, machine and ledger alike", arguments: seeds)
    func matchesAreSigned(seed: UInt64) throws {
        let (market, _, result) = matched(seed)
        for match in result.matches {
            let listing = try #require(market.listings.first { $0.digest == match.offer })
            #expect(try breaches(market, listing, startsAt: match.startsAt) == [])
        }
    }

    @Test("what does not match for more than room, time of the offer or budget cannot be signed", arguments: seeds)
    func othersAreNot(seed: UInt64) throws {
        let (market, _, result) = matched(seed)
        for rejection in result.rejected {
            let binding = rejection.reasons.filter {
                switch $0 {
                case .resource, .expired, .budget: false
                default: true
                }
            }
            guard !binding.isEmpty else { continue }
            let listing = try #require(market.listings.first { $0.digest == rejection.offer })
            let start = Matching.start(of: market.demand, on: listing.offer, now: market.now)
            #expect(try !breaches(market, listing, startsAt: start).isEmpty, "\(binding)")
        }
    }

    @Test("the seeds reach what they are for: matches, ties in price and in trust, and each reason")
    func reach() {
        var (ties, matches, kinds) = (0, 0, Set<String>())
        for seed in Self.seeds {
            let result = matched(seed).result
            matches += result.matches.count
            for (one, next) in zip(result.matches, result.matches.dropFirst())
            where one.hourly == next.hourly && one.trust == next.trust {
                ties += 1
            }
            for reason in result.rejected.flatMap(\.reasons) {
                kinds.formUnion(Mirror(reflecting: reason).children.first?.label.map { [$0] } ?? [])
            }
        }
        #expect(ties > 20 && matches > 400, "\(ties) ties, \(matches) matches")
        #expect(
            kinds == [
                "resource", "factMissing", "factBelow", "factAbove", "trust", "price", "budget", "duration", "window",
                "expired", "region", "isolation", "ownerRefused", "buyerRefused", "withOneself",
            ])
    }

    /// A bound of a demand or an offer, met to the last unit.
    struct Edge: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// By how many units the bound is missed; 0 meets it.
        let set: @Sendable (inout Demand, inout Offer, _ missedBy: UInt64) -> Void

        init(_ name: String, _ set: @escaping @Sendable (inout Demand, inout Offer, UInt64) -> Void) {
            (testDescription, self.set) = (name, set)
        }
    }

    static let edges: [Edge] = [
        Edge("the dearest hour") { $0.hourlyMax = Amount(2_000_001 - UInt128($2)) },
        Edge("the budget") { $0.budget = Amount(2_000_001 - UInt128($2)) },
        Edge("cores") {
            $0.resources.cores = 8 + UInt32($2); $0.hourlyMax = Amount(.max); $0.budget = Amount(.max)
        },
        Edge("memory") { $0.resources.memoryBytes = (1 << 33) + $2 },
        Edge("storage") { $0.resources.storageBytes = (1 << 33) + $2 },
        Edge("the shortest lease") { $1.leaseSecondsMin = 3_600 + $2 },
        Edge("the longest lease") { $1.leaseSecondsMax = 3_600 - $2 },
        Edge("the end of what is available") { $1.availableUntil = 3_700 - $2 },
        Edge("the latest start, by the ledger's clock") { $0.startsUntil = 100 - $2 },
        Edge("the latest start, by the offer") { demand, offer, by in
            (demand.startsUntil, offer.availableFrom) = (200, 200 + by)
        },
        Edge("the offer's own end") { $1.expiresAt = 101 - $2 },
        Edge("a fact's least") { demand, _, by in
            demand.constraints = [Constraint(fact: "cpu.cores", minimum: 8 + by, maximum: .max, levelMin: .measured)]
        },
        Edge("a fact's most") { demand, _, by in
            demand.constraints = [Constraint(fact: "cpu.cores", minimum: 0, maximum: 8 - by, levelMin: .measured)]
        },
        Edge("an end at the end of all times") { demand, offer, by in
            (demand.startsFrom, demand.startsUntil) = (.max - 3_600 + by, .max)
            offer.availableUntil = .max
        },
    ]

    @Test("a bound that is just met matches, and one that is missed by a unit does not", arguments: edges)
    func bounds(_ edge: Edge) {
        for by: UInt64 in [0, 1] {
            var (demand, offer) = (MarketTests.demand(), MarketTests.offer())
            offer.machine = Address(checkedBytes: [UInt8](repeating: 0xC, count: 20))
            edge.set(&demand, &offer, by)
            let result = Matching.match(demand, offers: [MarketTests.listing(offer, 1)], now: 100)
            #expect(result.matches.count == (by == 0 ? 1 : 0), "missed by \(by): \(result.rejected)")
            #expect(by == 0 || result.rejected.first?.reasons.count == 1, "\(result.rejected)")
        }
    }

    @Test("rates that cannot be multiplied are a reason, and no trap")
    func priceless() {
        let offer = MarketTests.offer { $0.rates.coreHour = Amount(.max) }
        let reasons = MarketTests.reasons(
            MarketTests.demand { ($0.hourlyMax, $0.budget) = (Amount(.max), Amount(.max)) }, offer)
        #expect(reasons.count == 1)
        if case .priceUnknown(let why) = reasons.first { #expect(!why.isEmpty) } else { Issue.record("\(reasons)") }
    }

    @Test("a fact that is stated twice counts as it stands first, and no offer gains by a second one")
    func twice() {
        let demand = MarketTests.demand {
            $0.constraints = [Constraint(fact: "cpu.cores", minimum: 9, maximum: .max, levelMin: .claimed)]
        }
        let offer = MarketTests.offer {
            $0.facts.append($0.facts[0]); $0.facts[1].value = 900
        }
        #expect(MarketTests.reasons(demand, offer) == [.factBelow("cpu.cores", wanted: 9, found: 8, unit: "core")])
    }
}
