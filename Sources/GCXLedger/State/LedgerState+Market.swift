import GCXModel
import GCXSigning

// dictionaries: grants, offers, demands, attestations, newestOffers, newestDemands, machinesOfOwner, grantsOfOwner

// Registration, offers, demands, and what becomes of them.
extension LedgerState {
    func register(
        _ signed: Signed<MachineGrant>, _ digest: Digest, in posting: Posting
    ) throws(LedgerError) -> [Effect] {
        let grant = signed.document
        try grant.requireForm(in: posting)
        try requireDated(grant.issuedAt, .grant, in: posting)
        try requireSigner(grant.owner, of: signed, .grant, in: posting)
        try requireUnexpired(grant, .grant, digest, at: posting.time)
        return [.grant(published(signed, digest, in: posting))]
    }

    func record(
        _ signed: Signed<AttestationRecord>, _ digest: Digest, in posting: Posting
    ) throws(LedgerError) -> [Effect] {
        let record = signed.document
        try record.requireForm(in: posting)
        try requireDated(record.measuredAt, .attestation, in: posting)
        try requireSigner(record.machine, of: signed, .attestation, in: posting)
        return [.attestation(published(signed, digest, in: posting))]
    }

    func publish(_ signed: Signed<Offer>, _ digest: Digest, in posting: Posting) throws(LedgerError) -> [Effect] {
        let offer = signed.document
        try offer.requireForm(in: posting)
        try requireDated(offer.issuedAt, .offer, in: posting)
        try requireSigner(offer.machine, of: signed, .offer, in: posting)
        try requireUnexpired(offer, .offer, digest, at: posting.time)
        try requireLiveGrant(of: offer, at: posting.time)
        try requireAttestation(of: offer)
        let old = newestOffers[offer.series].flatMap { offers[$0] }
        try requireNewer(
            offer.revision, than: old?.document.revision, id: offer.offerID, .offer)
        let new = published(signed, digest, in: posting)
        return [superseded(old, by: digest), new].compactMap { $0.map(Effect.offer) }
    }

    func publish(_ signed: Signed<Demand>, _ digest: Digest, in posting: Posting) throws(LedgerError) -> [Effect] {
        let demand = signed.document
        try demand.requireForm(in: posting)
        try requireDated(demand.issuedAt, .demand, in: posting)
        try requireSigner(demand.buyer, of: signed, .demand, in: posting)
        try requireUnexpired(demand, .demand, digest, at: posting.time)
        let old = newestDemands[demand.series].flatMap { demands[$0] }
        try requireNewer(
            demand.revision, than: old?.document.revision, id: demand.demandID, .demand)
        let new = published(signed, digest, in: posting)
        return [superseded(old, by: digest), new].compactMap { $0.map(Effect.demand) }
    }

    func withdraw(_ signed: Signed<Withdrawal>, in posting: Posting) throws(LedgerError) -> [Effect] {
        let withdrawal = signed.document
        try withdrawal.requireForm(in: posting)
        try requireDated(withdrawal.issuedAt, .withdrawal, in: posting)
        let subject = withdrawal.subject
        if let grant = grants[subject] {
            try requireSigner(among: [grant.document.owner], of: signed, .withdrawal, in: posting)
            return [.grant(try taken(grant, back: .grant, at: posting.time))]
        }
        if let offer = offers[subject] {
            let allowed = [offer.document.machine, offer.document.owner]
            try requireSigner(among: allowed, of: signed, .withdrawal, in: posting)
            return [.offer(try taken(offer, back: .offer, at: posting.time))]
        }
        guard let demand = demands[subject] else { throw .unknownSubject(subject) }
        try requireSigner(among: [demand.document.buyer], of: signed, .withdrawal, in: posting)
        return [.demand(try taken(demand, back: .demand, at: posting.time))]
    }

    /// Refuses unless the offer's grant is its owner's, for its machine, and still stands.
    func requireLiveGrant(of offer: Offer, at time: UInt64) throws(LedgerError) {
        guard let grant = grants[offer.grant] else { throw .unknownGrant(offer.grant) }
        guard grant.document.owner == offer.owner, grant.document.machine == offer.machine else {
            throw .notAllowed(offer.machine, reason: "the grant \(offer.grant) is another owner's or another machine's")
        }
        try requireStanding(grant, .grant, at: time)
    }

    /// Refuses what is withdrawn, replaced or expired.
    func requireStanding<Document: Expiring>(
        _ record: Published<Document>, _ kind: EntryKind, at time: UInt64
    ) throws(LedgerError) {
        guard record.withdrawnAt == nil else { throw .withdrawn(kind, record.digest) }
        if let later = record.supersededBy { throw .superseded(kind, record.digest, by: later) }
        try requireUnexpired(record.document, kind, record.digest, at: time)
    }

    mutating func place(_ record: GrantRecord) {
        if grants[record.digest] == nil { grantsOfOwner[record.document.owner, default: []].append(record.digest) }
        grants[record.digest] = record
        let known = machinesOfOwner[record.document.owner]?[record.document.machine]
        machinesOfOwner[record.document.owner, default: [:]][record.document.machine] = known ?? record.index
    }

    mutating func place(_ record: OfferRecord) {
        if offers[record.digest] == nil { offersInOrder.append(record.digest) }
        offers[record.digest] = record
        if record.supersededBy == nil { newestOffers[record.document.series] = record.digest }
    }

    mutating func place(_ record: DemandRecord) {
        if demands[record.digest] == nil { demandsInOrder.append(record.digest) }
        demands[record.digest] = record
        if record.supersededBy == nil { newestDemands[record.document.series] = record.digest }
    }

    private func published<Document>(
        _ signed: Signed<Document>, _ digest: Digest, in posting: Posting
    ) -> Published<Document> {
        Published(digest: digest, signed: signed, index: posting.index, postedAt: posting.time)
    }

    private func superseded<Document>(
        _ record: Published<Document>?, by digest: Digest
    ) -> Published<Document>? {
        var record = record
        record?.supersededBy = digest
        return record
    }

    private func taken<Document>(
        _ record: Published<Document>, back kind: EntryKind, at time: UInt64
    ) throws(LedgerError) -> Published<Document> {
        guard record.withdrawnAt == nil else { throw .withdrawn(kind, record.digest) }
        var record = record
        record.withdrawnAt = time
        return record
    }

    private func requireAttestation(of offer: Offer) throws(LedgerError) {
        guard offer.attestation != .zero else { return }
        guard attestations[offer.attestation]?.document.machine == offer.machine else {
            throw .unknownAttestation(offer.attestation)
        }
    }

    private func requireNewer(
        _ revision: UInt64, than current: UInt64?, id: Digest, _ kind: EntryKind
    ) throws(LedgerError) {
        guard let current, revision <= current else { return }
        throw .staleRevision(kind, id: id, current: current, offered: revision)
    }

    private func requireUnexpired(
        _ document: some Expiring, _ kind: EntryKind, _ digest: Digest, at time: UInt64
    ) throws(LedgerError) {
        guard time < document.expiresAt else { throw .expired(kind, digest, at: document.expiresAt) }
    }

    func requireDated(_ date: UInt64, _ kind: EntryKind, in posting: Posting) throws(LedgerError) {
        // bounded: the smaller from the larger; a sum would not be, for a date may be as large as its type
        guard date <= posting.time || date - posting.time <= LedgerLimits.datedAheadSecondsMax else {
            throw .datedAhead(kind, date: date, ledgerTime: posting.time)
        }
    }
}

extension Offer {
    var series: LedgerState.Series { .init(signer: machine, id: offerID) }
}

extension Demand {
    var series: LedgerState.Series { .init(signer: buyer, id: demandID) }
}
