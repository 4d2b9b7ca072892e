package import GCXLedger
package import GCXModel
package import GCXSigning
package import Synchronization

/// A ledger that throws what a test tells it to, and counts what reaches it.
package final class ScriptedLedger: Ledger {
    package let failure: Mutex<LedgerError>
    package let posts = Mutex(0)
    /// What a post is answered with; nil lets it fail.
    package let answer = Mutex<PostReceipt?>(nil)
    package let isUp = Mutex(true)
    package let known = LedgerIdentity(
        domain: .embedded(operator: .random()), operator: .random(), isTestNetwork: true, ledgerTime: 7)

    package init(_ failure: LedgerError) { self.failure = Mutex(failure) }

    private func refuse<Value>() throws(LedgerError) -> Value { throw failure.withLock { $0 } }

    package func identity() async throws(LedgerError) -> LedgerIdentity {
        guard isUp.withLock({ $0 }) else { return try refuse() }
        return known
    }

    package func post(_ entry: Entry) async throws(LedgerError) -> PostReceipt {
        posts.withLock { $0 += 1 }
        if let answer = answer.withLock({ $0 }) { return answer }
        return try refuse()
    }

    package func see(_ sign: Signed<SignOfLife>) async throws(LedgerError) { try refuse() as Void }
    package func account(_ address: Address) async throws(LedgerError) -> Account { try refuse() }
    package func grant(_ digest: Digest) async throws(LedgerError) -> GrantRecord { try refuse() }
    package func grants(of owner: Address) async throws(LedgerError) -> [GrantRecord] { try refuse() }
    package func attestation(_ digest: Digest) async throws(LedgerError) -> AttestationEntry { try refuse() }
    package func offer(_ digest: Digest) async throws(LedgerError) -> OfferRecord { try refuse() }
    package func offers(liveOnly: Bool) async throws(LedgerError) -> [OfferRecord] { try refuse() }
    package func freeCapacity(of offer: Digest, from: UInt64, until: UInt64) async throws(LedgerError) -> Resources {
        try refuse()
    }
    package func demand(_ digest: Digest) async throws(LedgerError) -> DemandRecord { try refuse() }
    package func demands(liveOnly: Bool) async throws(LedgerError) -> [DemandRecord] { try refuse() }
    package func lease(_ id: LeaseID) async throws(LedgerError) -> LeaseRecord { try refuse() }
    package func leases(of party: Address) async throws(LedgerError) -> [LeaseRecord] { try refuse() }
    package func ratings(of ratee: Address) async throws(LedgerError) -> [RatingRecord] { try refuse() }
    package func grants(of owner: Address, from: UInt64) async throws(LedgerError) -> Page<GrantRecord> {
        try refuse()
    }
    package func offers(liveOnly: Bool, from: UInt64) async throws(LedgerError) -> Page<OfferRecord> { try refuse() }
    package func demands(liveOnly: Bool, from: UInt64) async throws(LedgerError) -> Page<DemandRecord> { try refuse() }
    package func leases(of party: Address, from: UInt64) async throws(LedgerError) -> Page<LeaseRecord> {
        try refuse()
    }
    package func ratings(of ratee: Address, from: UInt64) async throws(LedgerError) -> Page<RatingRecord> {
        try refuse()
    }
}
