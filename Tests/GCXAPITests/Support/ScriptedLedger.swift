import GCXLedger
import GCXModel
import GCXSigning
import Synchronization

/// A ledger that throws what a test tells it to, and counts what reaches it.
final class ScriptedLedger: Ledger {
    let failure: Mutex<LedgerError>
    let posts = Mutex(0)
    let isUp = Mutex(true)
    let known = LedgerIdentity(
        domain: .embedded(operator: .random()), operator: .random(), isTestNetwork: true, ledgerTime: 7)

    init(_ failure: LedgerError) { self.failure = Mutex(failure) }

    private func refuse<Value>() throws(LedgerError) -> Value { throw failure.withLock { $0 } }

    func identity() async throws(LedgerError) -> LedgerIdentity {
        guard isUp.withLock({ $0 }) else { return try refuse() }
        return known
    }

    func post(_ entry: Entry) async throws(LedgerError) -> PostReceipt {
        posts.withLock { $0 += 1 }
        return try refuse()
    }

    func account(_ address: Address) async throws(LedgerError) -> Account { try refuse() }
    func grant(_ digest: Digest) async throws(LedgerError) -> GrantRecord { try refuse() }
    func grants(of owner: Address) async throws(LedgerError) -> [GrantRecord] { try refuse() }
    func attestation(_ digest: Digest) async throws(LedgerError) -> AttestationEntry { try refuse() }
    func offer(_ digest: Digest) async throws(LedgerError) -> OfferRecord { try refuse() }
    func offers(liveOnly: Bool) async throws(LedgerError) -> [OfferRecord] { try refuse() }
    func freeCapacity(of offer: Digest, from: UInt64, until: UInt64) async throws(LedgerError) -> Resources {
        try refuse()
    }
    func demand(_ digest: Digest) async throws(LedgerError) -> DemandRecord { try refuse() }
    func demands(liveOnly: Bool) async throws(LedgerError) -> [DemandRecord] { try refuse() }
    func lease(_ id: LeaseID) async throws(LedgerError) -> LeaseRecord { try refuse() }
    func leases(of party: Address) async throws(LedgerError) -> [LeaseRecord] { try refuse() }
    func ratings(of ratee: Address) async throws(LedgerError) -> [RatingRecord] { try refuse() }
}
