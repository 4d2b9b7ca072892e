import GCXLedger
import GCXModel

extension HTTPLedger {
    package func account(_ address: Address) async throws(LedgerError) -> Account {
        try await get("/v1/accounts/\(address)")
    }

    package func grant(_ digest: Digest) async throws(LedgerError) -> GrantRecord {
        try await get("/v1/grants/\(digest)")
    }

    package func grants(of owner: Address) async throws(LedgerError) -> [GrantRecord] {
        try await list("/v1/parties/\(owner)/grants")
    }

    package func attestation(_ digest: Digest) async throws(LedgerError) -> AttestationEntry {
        try await get("/v1/attestations/\(digest)")
    }

    package func offer(_ digest: Digest) async throws(LedgerError) -> OfferRecord {
        try await get("/v1/offers/\(digest)")
    }

    package func offers(liveOnly: Bool) async throws(LedgerError) -> [OfferRecord] {
        try await list("/v1/offers?live=\(liveOnly)")
    }

    package func freeCapacity(of offer: Digest, from: UInt64, until: UInt64) async throws(LedgerError) -> Resources {
        try await get("/v1/offers/\(offer)/free?from=\(from)&until=\(until)")
    }

    package func demand(_ digest: Digest) async throws(LedgerError) -> DemandRecord {
        try await get("/v1/demands/\(digest)")
    }

    package func demands(liveOnly: Bool) async throws(LedgerError) -> [DemandRecord] {
        try await list("/v1/demands?live=\(liveOnly)")
    }

    package func lease(_ id: LeaseID) async throws(LedgerError) -> LeaseRecord {
        try await get("/v1/leases/\(id)")
    }

    package func leases(of party: Address) async throws(LedgerError) -> [LeaseRecord] {
        try await list("/v1/parties/\(party)/leases")
    }

    package func ratings(of ratee: Address) async throws(LedgerError) -> [RatingRecord] {
        try await list("/v1/parties/\(ratee)/ratings")
    }

    package func entry(at index: UInt64) async throws(LedgerError) -> PostedEntry {
        try await get("/v1/entries/\(index)")
    }

    package func entries(from index: UInt64, limit: Int) async throws(LedgerError) -> [PostedEntry] {
        try await list("/v1/entries?from=\(index)&limit=\(limit)")
    }

    package func head() async throws(LedgerError) -> SignedTreeHead {
        try await get("/v1/head")
    }

    package func inclusion(index: UInt64, treeSize: UInt64) async throws(LedgerError) -> InclusionProof {
        try await get("/v1/proofs/inclusion?index=\(index)&treeSize=\(treeSize)")
    }

    package func consistency(from: UInt64, to: UInt64) async throws(LedgerError) -> ConsistencyProof {
        try await get("/v1/proofs/consistency?from=\(from)&to=\(to)")
    }
}
