import GCXModel
import GCXPricing
import Testing

@testable import GCXMarket

@Suite("What an unused lease costs") struct ReservationTests {
    static let resources = Resources(cores: 2, memoryBytes: 1 << 30, storageBytes: 0, gpus: 0)

    private func offer(percent: UInt32?) -> Offer {
        Offer(
            offerID: .zero, revision: 1, owner: .zero, machine: .zero, grant: .zero, issuedAt: 0, expiresAt: 1,
            availableFrom: 0, availableUntil: 1, leaseSecondsMin: 1, leaseSecondsMax: 1, receiptSeconds: 1,
            graceSeconds: 1, closeWindowSeconds: 5, creditLimit: 0, region: "", isolation: .container,
            capacity: Self.resources, rates: ContractTests.rates, facts: [], attestation: .zero, referenceTable: .zero,
            allow: [], deny: [],
            conduct: percent.map {
                OfferConduct(endpoints: [], signSeconds: 0, idleSeconds: 0, reservationPercent: $0)
            })
    }

    @Test("it is a part of what the leased resources cost in full use, and never more")
    func part() throws {
        let full = try Pricing.hourlyCeiling(Self.resources, rates: ContractTests.rates)
        #expect(full == 72_000_001)
        #expect(try Reservation.hourly(Self.resources, of: offer(percent: nil)) == nil)
        #expect(try Reservation.hourly(Self.resources, of: offer(percent: 0)) == nil)
        #expect(try Reservation.hourly(Self.resources, of: offer(percent: 10)) == 7_200_000)
        #expect(try Reservation.hourly(Self.resources, of: offer(percent: 100)) == full)
        // Nobody has to have looked at the form first.
        #expect(try Reservation.hourly(Self.resources, of: offer(percent: .max)) == full)
    }

    @Test("it grows from the beginning to the end and stands still outside")
    func time() {
        let reservation = Reservation(hourly: 7_200, from: 1_000, until: 1_100)
        for (time, due) in [(0, 0), (1_000, 0), (1_001, 2), (1_100, 200), (1_101, 200), (.max, 200)]
            as [(UInt64, Amount)]
        {
            #expect(reservation.due(at: time) == due, "\(time)")
        }
        #expect(Reservation(hourly: 1, from: 1_000, until: 4_599).due(at: .max) == 0, "rounded down")
        #expect(Reservation(hourly: 1, from: 9, until: 3).due(at: 20) == 0, "over before it begins")
        #expect(Reservation(hourly: Amount(.max), from: 0, until: .max).due(at: .max) == Amount(.max))
    }

    @Test("a match says what the lease costs when nobody uses it")
    func match() throws {
        let conduct = OfferConduct(endpoints: [], signSeconds: 0, idleSeconds: 900, reservationPercent: 10)
        for (conduct, hourly, idle) in [(conduct, 200_000, 900), (nil, nil, nil)]
            as [(OfferConduct?, Amount?, UInt64?)]
        {
            let offer = MarketTests.offer { $0.conduct = conduct }
            let found = Matching.match(MarketTests.demand(), offers: [MarketTests.listing(offer, 1)], now: 100)
            let match = try #require(found.matches.first)
            #expect(match.reservationHour == hourly)
            #expect(match.idleSeconds == idle)
        }
    }
}
