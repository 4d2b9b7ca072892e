import GCXMarket
import GCXModel
import GCXPricing
import Testing

@Suite("Market")
struct MarketTests {
    static let buyer = Address(checkedBytes: [UInt8](repeating: 0xB, count: 20))
    static let owner = Address(checkedBytes: [UInt8](repeating: 0xA, count: 20))

    static func offer(core: UInt64 = 1_000_000, edit: (inout Offer) -> Void = { _ in }) -> Offer {
        var offer = Offer(
            offerID: .zero, revision: 1, owner: owner, machine: owner, grant: .zero, issuedAt: 0, expiresAt: 10_000,
            availableFrom: 0, availableUntil: 20_000, leaseSecondsMin: 10, leaseSecondsMax: 5_000, receiptSeconds: 10,
            graceSeconds: 5, closeWindowSeconds: 60, creditLimit: 100, region: "north", isolation: .container,
            capacity: Resources(cores: 8, memoryBytes: 1 << 33, storageBytes: 1 << 33, gpus: 0),
            rates: Rates(
                leaseHour: 0, coreHour: Amount(UInt128(core)), memoryGiBHour: 0, gpuHour: 0, storageGiBHour: 0,
                egressGiB: 0),
            facts: [Fact(name: "cpu.cores", value: 8, unit: "core", level: .measured, measuredAt: 1)],
            attestation: .zero, referenceTable: .zero, allow: [], deny: [])
        edit(&offer)
        return offer
    }

    static func demand(edit: (inout Demand) -> Void = { _ in }) -> Demand {
        var demand = Demand(
            demandID: .zero, revision: 1, buyer: buyer, issuedAt: 0, expiresAt: 10_000, startsFrom: 0,
            startsUntil: 5_000, durationSeconds: 3_600,
            resources: Resources(cores: 2, memoryBytes: 1 << 30, storageBytes: 1 << 30, gpus: 0), constraints: [],
            hourlyMax: 100_000_000, budget: 100_000_000, regions: [], isolationMin: .container, allow: [], deny: [])
        edit(&demand)
        return demand
    }

    static func listing(_ offer: Offer, _ number: UInt8) -> OfferListing {
        OfferListing(
            digest: Digest(checkedBytes: [UInt8](repeating: number, count: 32)), offer: offer, free: offer.capacity)
    }

    static func reasons(_ demand: Demand, _ offer: Offer, now: UInt64 = 100) -> [Mismatch] {
        Matching.match(demand, offers: [listing(offer, 1)], now: now).rejected.first?.reasons ?? []
    }

    @Test("the cheapest hour comes first, then more trust, then the lower digest, in whatever order they were given")
    func order() {
        let trusted = Self.offer { $0.facts[0].level = .challenged }
        let listings = [
            Self.listing(Self.offer(core: 9), 4), Self.listing(Self.offer(), 3), Self.listing(trusted, 5),
            Self.listing(Self.offer(), 2),
        ]
        let demand = Self.demand {
            $0.constraints = [Constraint(fact: "cpu.cores", minimum: 1, maximum: .max, levelMin: .claimed)]
        }
        for _ in 0..<20 {
            let result = Matching.match(demand, offers: listings.shuffled(), now: 100)
            #expect(result.matches.map { $0.offer.bytes[0] } == [4, 5, 2, 3])
        }
    }

    @Test("each condition is refused by its name, with what was asked and what was found")
    func mismatches() {
        #expect(
            Self.reasons(Self.demand { $0.resources.cores = 9 }, Self.offer()).contains(
                .resource("cores", wanted: 9, free: 8)))
        #expect(
            Self.reasons(Self.demand { $0.resources.gpus = 1 }, Self.offer()) == [.resource("GPUs", wanted: 1, free: 0)]
        )
        #expect(
            Self.reasons(Self.demand { $0.regions = ["south"] }, Self.offer()) == [
                .region(wanted: ["south"], found: "north")
            ])
        #expect(
            Self.reasons(Self.demand { $0.isolationMin = .virtualMachine }, Self.offer())
                == [.isolation(wanted: .virtualMachine, found: .container)])
        #expect(Self.reasons(Self.demand { $0.deny = [Self.owner] }, Self.offer()) == [.ownerRefused(Self.owner)])
        #expect(Self.reasons(Self.demand { $0.allow = [Self.buyer] }, Self.offer()) == [.ownerRefused(Self.owner)])
        #expect(Self.reasons(Self.demand(), Self.offer { $0.deny = [Self.buyer] }) == [.buyerRefused(Self.buyer)])
        #expect(Self.reasons(Self.demand(), Self.offer { $0.allow = [Self.owner] }) == [.buyerRefused(Self.buyer)])
        #expect(Self.reasons(Self.demand(), Self.offer { $0.expiresAt = 100 }) == [.expired(at: 100)])
        #expect(
            Self.reasons(Self.demand { $0.durationSeconds = 5 }, Self.offer())
                == [.duration(wanted: 5, shortest: 10, longest: 5_000)])
        #expect(
            Self.reasons(Self.demand(), Self.offer { $0.availableUntil = 3_000 }) == [.window(from: 0, until: 3_000)])
        #expect(
            Self.reasons(Self.demand { $0.hourlyMax = 1_999_999 }, Self.offer())
                == [.price(hourlyMax: 1_999_999, asked: 2_000_001)])
        #expect(
            Self.reasons(Self.demand { $0.budget = 1_999_999 }, Self.offer())
                == [.budget(budget: 1_999_999, asked: 2_000_001)])
    }

    @Test("facts are compared one by one: missing, too small, too large, too little trust")
    func facts() {
        func with(_ fact: String, _ least: UInt64, _ most: UInt64, _ level: TrustLevel) -> [Mismatch] {
            Self.reasons(
                Self.demand {
                    $0.constraints = [Constraint(fact: Untrusted(fact), minimum: least, maximum: most, levelMin: level)]
                },
                Self.offer())
        }
        #expect(with("cpu.cores", 8, 8, .measured).isEmpty)
        #expect(with("cpu.cores", 9, .max, .claimed) == [.factBelow("cpu.cores", wanted: 9, found: 8, unit: "core")])
        #expect(with("cpu.cores", 0, 7, .claimed) == [.factAbove("cpu.cores", wanted: 7, found: 8, unit: "core")])
        #expect(with("cpu.cores", 0, .max, .audited) == [.trust("cpu.cores", wanted: .audited, found: .measured)])
        #expect(with("gpu.fp32", 0, .max, .claimed) == [.factMissing("gpu.fp32")])
    }

    @Test("all reasons are told, not the first")
    func allReasons() {
        let demand = Self.demand {
            $0.resources.cores = 9
            $0.regions = ["south"]
            $0.deny = [Self.owner]
        }
        #expect(Self.reasons(demand, Self.offer()).count == 3)
    }

    /// The worst honest bill: all resources in full use, and all that the network lets through, from the first second.
    @Test("what a job uses and sends is payable at any moment, where the offer gives jobs a network")
    func sending() throws {
        let demand = Self.demand { ($0.budget, $0.hourlyMax) = (Amount(.max), Amount(.max)) }
        var offer = Self.offer()
        offer.rates.egressGiB = 1_000_000
        offer.facts.append(
            Fact(name: Fact.egressName, value: 100_000_000, unit: "B/s", level: .claimed, measuredAt: 0))
        let terms = try LeaseTerms(
            demand: demand, demandDigest: .random(), offer: offer, offerDigest: .random(),
            choice: LeaseChoice(startsAt: 100, session: Self.buyer, salt: .random()))
        let vouchers = VoucherWorth(open: terms, openedAt: 100, deposit: Amount(.max))
        for seconds: UInt64 in [1, 5, 60, 3_000] {
            var usage = Pricing.fullUse(of: demand.resources, seconds: seconds)
            usage.egressBytes = 100_000_000 * seconds
            let owed = try Pricing.amountOwed(usage, rates: offer.rates)
            #expect(vouchers.payable(at: 100 + seconds) >= owed, "\(seconds) s")
        }
        offer.facts = [Fact(name: Fact.egressName, value: .max, unit: "B/s", level: .claimed, measuredAt: 0)]
        offer.rates.egressGiB = Amount(.max)
        #expect(
            throws: Never.self, "an impossible bandwidth is passed over",
            performing: {
                try LeaseTerms(
                    demand: demand, demandDigest: .random(), offer: offer, offerDigest: .random(),
                    choice: LeaseChoice(startsAt: 100, session: Self.buyer, salt: .random()))
            })
    }

    @Test("the terms stay inside the budget and above what full use costs")
    func terms() throws {
        let (demand, offer) = (Self.demand(), Self.offer())
        let terms = try LeaseTerms(
            demand: demand, demandDigest: .random(), offer: offer, offerDigest: .random(),
            choice: LeaseChoice(startsAt: 100, session: Self.buyer, salt: .random()))
        #expect(terms.deposit <= demand.budget)
        #expect(terms.deposit >= (try Pricing.ceiling(demand.resources, rates: offer.rates, seconds: 3_600)))
        #expect(terms.endsAt - terms.startsAt == demand.durationSeconds)
        #expect(terms.hourlyCap == (try Pricing.hourlyCeiling(demand.resources, rates: offer.rates)))
        #expect(terms.payee == offer.owner && terms.machine == offer.machine && terms.payer == demand.buyer)
    }
}
