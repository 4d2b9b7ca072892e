package import GCXModel
import GCXSigning

// dictionaries: leasesOfDemand, balances, grants, attestations, offers, demands, leases, leasesOfParty, ratingsOfRatee, escrowed, grantsOfOwner

/// Where all the money is. What the faucet made, and what the operator issued and did not redeem, is what the accounts and
/// the escrows hold, always.
package struct Conservation: Codable, Equatable, Sendable {
    package var minted: Amount
    package var credit: Credit
    package var inAccounts: Amount
    package var inEscrow: Amount

    package var isKept: Bool {
        guard let made else { return false }
        return inAccounts.adding(inEscrow) == made
    }

    /// What there should be; nil when more was redeemed than issued.
    package var made: Amount? { minted.adding(credit.issued)?.subtracting(credit.redeemed) }
}

// What a ledger answers. Lists are in the order of the journal.
extension LedgerState {
    /// O(1).
    package func account(_ address: Address) -> Account {
        Account(address: address, balance: balances[address] ?? .zero, escrowed: escrowed[address] ?? .zero)
    }

    package func grant(_ digest: Digest) throws(LedgerError) -> GrantRecord {
        guard let record = grants[digest] else { throw .unknownGrant(digest) }
        return record
    }

    package func grants(of owner: Address) -> [GrantRecord] {
        (grantsOfOwner[owner] ?? []).compactMap { grants[$0] }
    }

    package func attestation(_ digest: Digest) throws(LedgerError) -> AttestationEntry {
        guard let record = attestations[digest] else { throw .unknownAttestation(digest) }
        return record
    }

    package func offer(_ digest: Digest) throws(LedgerError) -> OfferRecord {
        guard let record = offers[digest] else { throw .unknownOffer(digest) }
        return record
    }

    /// All offers, or those on which a lease could be opened at `time`; those also need a live grant.
    package func offers(liveAt time: UInt64?) -> [OfferRecord] {
        offersInOrder.compactMap { offers[$0] }.filter { isListed($0, at: time) }
    }

    func isListed(_ record: OfferRecord, at time: UInt64?) -> Bool {
        guard let time else { return true }
        return record.isLive(at: time) && (try? requireLiveGrant(of: record.document, at: time)) != nil
    }

    package func freeCapacity(of digest: Digest, from: UInt64, until: UInt64) throws(LedgerError) -> Resources {
        freeCapacity(of: try offer(digest).document, from: from, until: until)
    }

    package func demand(_ digest: Digest) throws(LedgerError) -> DemandRecord {
        guard let record = demands[digest] else { throw .unknownDemand(digest) }
        return record
    }

    package func demands(liveAt time: UInt64?) -> [DemandRecord] {
        demandsInOrder.compactMap { demands[$0] }.filter { isListed($0, at: time) }
    }

    /// A demand that a lease serves, or whose budget is spent, no longer stands.
    func isListed(_ record: DemandRecord, at time: UInt64?) -> Bool {
        guard let time else { return true }
        guard record.isLive(at: time) else { return false }
        let use = use(of: record.document)
        return use.openLease == nil && use.rest > .zero
    }

    /// What a demand's leases have taken of it, whichever of its revisions they were opened on. O(its leases).
    func use(of demand: Demand) -> (openLease: LeaseID?, spent: Amount, rest: Amount) {
        let served = (leasesOfDemand[demand.series] ?? []).compactMap { leases[$0] }
        let spent = sum(served.map(\.settled))
        return (served.first { !$0.escrow.isClosed }?.id, spent, demand.budget.subtracting(spent) ?? .zero)
    }

    package func lease(_ id: LeaseID) throws(LedgerError) -> LeaseRecord { try knownLease(id) }

    package func leases(of party: Address) -> [LeaseRecord] {
        (leasesOfParty[party] ?? []).compactMap { leases[$0] }
    }

    package func ratings(of ratee: Address) -> [RatingRecord] { ratingsOfRatee[ratee] ?? [] }

    /// O(accounts + leases).
    package func conservation() -> Conservation {
        Conservation(
            minted: minted, credit: credit, inAccounts: sum(balances.values),
            inEscrow: sum(leases.values.map(\.escrow.held)))
    }

    /// Everything there is was made in one 128-bit total, so a sum that does not fit can only be a bug: it is shown
    /// as the largest amount, which never equals what was made.
    private func sum(_ amounts: some Sequence<Amount>) -> Amount {
        amounts.reduce(Amount.zero) { $0.adding($1) ?? Amount(.max) }
    }
}
