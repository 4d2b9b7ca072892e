import GCXLedger
import GCXMarket
import GCXModel

/// The market as a buyer sees it on a ledger.
struct MarketView {
    let ledger: any Ledger

    /// Matches a demand against every live offer, with what is free in the time wanted.
    func match(_ digest: Digest) async throws -> MatchResult {
        try await match(try await ledger.demand(digest).document)
    }

    /// The same for a demand that need not be on the ledger.
    func match(_ demand: Demand) async throws -> MatchResult {
        let now = try await ledger.identity().ledgerTime
        var listings: [OfferListing] = []
        for record in try await ledger.offers(liveOnly: true) {
            let start = Matching.start(of: demand, on: record.document, now: now)
            let (end, overflow) = start.addingReportingOverflow(max(demand.durationSeconds, 1))
            let free = try await ledger.freeCapacity(of: record.digest, from: start, until: overflow ? .max : end)
            listings.append(OfferListing(digest: record.digest, offer: record.document, free: free))
        }
        return Matching.match(demand, offers: listings, now: now)
    }

    /// The scores of many accounts, each computed once.
    func reputations(of addresses: [Address]) async throws -> [Address: ReputationScore] {
        var scores: [Address: ReputationScore] = [:]
        for address in Set(addresses) { scores[address] = try await reputation(of: address) }  // bounded: a dictionary
        return scores
    }

    /// The score of an account, computed here from the ledger's facts.
    func reputation(of address: Address) async throws -> ReputationScore {
        Reputation.score(try await StandingReader(ledger: ledger).facts(of: address))
    }
}
