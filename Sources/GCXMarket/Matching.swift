package import GCXModel
import GCXPricing

/// An offer that serves a demand, and when it could start.
package struct Match: Codable, Equatable, Sendable {
    package var offer: Digest
    /// Unix seconds.
    package var startsAt: UInt64
    /// Base units for an hour in full use.
    package var hourly: Amount
    /// The sum of the trust levels of the facts that the demand names.
    package var trust: UInt64
    /// The least that an hour of it costs while it is open, used or not; nil for nothing.
    package var reservationHour: Amount?
    /// The machine may end it after so many seconds without a job; nil or 0 for never.
    package var idleSeconds: UInt64?
}

/// An offer that does not, and every reason why.
package struct Rejection: Codable, Equatable, Sendable {
    package var offer: Digest
    package var reasons: [Mismatch]
}

/// The answer to a demand. The same inputs give the same answer, in the same order, on every machine.
package struct MatchResult: Codable, Equatable, Sendable {
    /// Best first: cheapest hour, then more trust, then the lower digest.
    package var matches: [Match]
    /// In the order of their digests.
    package var rejected: [Rejection]
}

/// Matching: a pure function over demands and offers, replayable from the ledger.
package enum Matching {
    /// Compares a demand with every listing, element by element.
    ///
    /// - Parameter now: Unix seconds, the ledger's.
    /// - Complexity: O(offers × (constraints + facts)).
    package static func match(_ demand: Demand, offers: [OfferListing], now: UInt64) -> MatchResult {
        var result = MatchResult(matches: [], rejected: [])
        for listing in offers {
            let starts = start(of: demand, on: listing.offer, now: now)
            let reasons = mismatches(demand, listing, startsAt: starts, now: now)
            guard reasons.isEmpty, let hourly = try? Pricing.hourlyCeiling(demand.resources, rates: listing.offer.rates)
            else {
                result.rejected.append(Rejection(offer: listing.digest, reasons: reasons))
                continue
            }
            let trust = demand.constraints.reduce(0) { sum, constraint in
                // bounded: at most 64 constraints, levels below ten
                sum + UInt64(listing.offer.facts.first { $0.name == constraint.fact }?.level.rawValue ?? 0)
            }
            result.matches.append(
                Match(
                    offer: listing.digest, startsAt: starts, hourly: hourly, trust: trust,
                    reservationHour: (try? Reservation.hourly(demand.resources, of: listing.offer)) ?? nil,
                    idleSeconds: listing.offer.conduct?.idleSeconds))
        }
        result.matches.sort(by: comesFirst)
        result.rejected.sort { $0.offer < $1.offer }
        return result
    }

    /// Every reason why the offer does not serve the demand; none when it does.
    package static func mismatches(
        _ demand: Demand, _ listing: OfferListing, startsAt: UInt64, now: UInt64
    ) -> [Mismatch] {
        let offer = listing.offer
        // bounded here: joins lists
        return resources(demand.resources, free: listing.free)
            + demand.constraints.flatMap { facts($0, offer.facts) }
            + price(demand, offer) + time(demand, offer, startsAt: startsAt, now: now) + parties(demand, offer)
    }

    /// What the demand asks of the machine and of the price of an hour, and the offer does not give.
    package static func unmet(_ demand: Demand, by offer: Offer) -> [Mismatch] {
        // bounded: joins lists
        demand.constraints.flatMap { facts($0, offer.facts) } + hourly(demand, offer)
    }

    private static func hourly(_ demand: Demand, _ offer: Offer) -> [Mismatch] {
        do {
            let hourly = try Pricing.hourlyCeiling(demand.resources, rates: offer.rates)
            return hourly > demand.hourlyMax ? [.price(hourlyMax: demand.hourlyMax, asked: hourly)] : []
        } catch {
            return [.priceUnknown(error.description)]
        }
    }

    /// The earliest moment that both sides allow, Unix seconds.
    package static func start(of demand: Demand, on offer: Offer, now: UInt64) -> UInt64 {
        max(now, demand.startsFrom, offer.availableFrom)
    }

    private static func comesFirst(_ left: Match, _ right: Match) -> Bool {
        if left.hourly != right.hourly { return left.hourly < right.hourly }
        if left.trust != right.trust { return left.trust > right.trust }
        return left.offer < right.offer
    }

    private static func resources(_ wanted: Resources, free: Resources) -> [Mismatch] {
        wanted.shortages(in: free).map { .resource($0.part.rawValue, wanted: $0.wanted, free: $0.free) }
    }

    private static func facts(_ constraint: Constraint, _ facts: [Fact]) -> [Mismatch] {
        guard let fact = facts.first(where: { $0.name == constraint.fact }) else {
            return [.factMissing(constraint.fact)]
        }
        var found: [Mismatch] = []
        if fact.value < constraint.minimum {
            found.append(.factBelow(fact.name, wanted: constraint.minimum, found: fact.value, unit: fact.unit))
        }
        if fact.value > constraint.maximum {
            found.append(.factAbove(fact.name, wanted: constraint.maximum, found: fact.value, unit: fact.unit))
        }
        if fact.level < constraint.levelMin {
            found.append(.trust(fact.name, wanted: constraint.levelMin, found: fact.level))
        }
        return found
    }

    private static func price(_ demand: Demand, _ offer: Offer) -> [Mismatch] {
        // bounded here: joins two lists
        do {
            let whole = try Pricing.ceiling(
                demand.resources, rates: offer.rates, seconds: demand.durationSeconds)
            return hourly(demand, offer)
                + (whole > demand.budget ? [.budget(budget: demand.budget, asked: whole)] : [])
        } catch {
            return [.priceUnknown(error.description)]
        }
    }

    private static func time(_ demand: Demand, _ offer: Offer, startsAt: UInt64, now: UInt64) -> [Mismatch] {
        var found: [Mismatch] = []
        // bounded: the larger one is not below the other
        if !(offer.leaseSecondsMin...max(offer.leaseSecondsMin, offer.leaseSecondsMax)).contains(demand.durationSeconds)
        {
            found.append(
                .duration(
                    wanted: demand.durationSeconds, shortest: offer.leaseSecondsMin, longest: offer.leaseSecondsMax))
        }
        let (ends, overflow) = startsAt.addingReportingOverflow(demand.durationSeconds)
        if startsAt > demand.startsUntil || overflow || ends > offer.availableUntil {
            found.append(.window(from: offer.availableFrom, until: offer.availableUntil))
        }
        if now >= offer.expiresAt { found.append(.expired(at: offer.expiresAt)) }
        return found
    }

    private static func parties(_ demand: Demand, _ offer: Offer) -> [Mismatch] {
        var found: [Mismatch] = []
        if !demand.regions.isEmpty, !demand.regions.contains(offer.region) {
            found.append(.region(wanted: demand.regions, found: offer.region))
        }
        if offer.isolation < demand.isolationMin {
            found.append(.isolation(wanted: demand.isolationMin, found: offer.isolation))
        }
        if [offer.owner, offer.machine].contains(demand.buyer) { found.append(.withOneself(demand.buyer)) }
        if !admits(offer.owner, allow: demand.allow, deny: demand.deny) { found.append(.ownerRefused(offer.owner)) }
        if !admits(demand.buyer, allow: offer.allow, deny: offer.deny) { found.append(.buyerRefused(demand.buyer)) }
        return found
    }

    private static func admits(_ party: Address, allow: [Address], deny: [Address]) -> Bool {
        (allow.isEmpty || allow.contains(party)) && !deny.contains(party)
    }
}
