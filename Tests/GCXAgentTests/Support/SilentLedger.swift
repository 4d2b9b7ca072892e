import GCXLedger
import GCXModel
import GCXSigning
import Synchronization

/// A real ledger that answers only while it is asked to, and refuses what a test wants it to.
final class SilentLedger: Ledger {
    let isSilent = Mutex(false)
    /// Whose ledger it says that it is; nil for its own word.
    let domain = Mutex<EIP712Domain?>(nil)
    /// What entries of a kind are refused with.
    let refusals = Mutex<[EntryKind: LedgerError]>([:])
    /// Done in the middle of each question about a lease: so it is answered late.
    let delay = Mutex<(@Sendable () async -> Void)?>(nil)
    private let real: any Ledger

    init(_ real: any Ledger) { self.real = real }

    private func awake() throws(LedgerError) -> any Ledger {
        if isSilent.withLock({ $0 }) { throw .unreachable(endpoint: "a test", detail: "silent") }
        return real
    }

    func identity() async throws(LedgerError) -> LedgerIdentity {
        var identity = try await awake().identity()
        identity.domain = domain.withLock { $0 } ?? identity.domain
        return identity
    }

    func post(_ entry: Entry) async throws(LedgerError) -> PostReceipt {
        if let refusal = refusals.withLock({ $0[entry.kind] }) { throw refusal }
        return try await awake().post(entry)
    }

    func see(_ sign: Signed<SignOfLife>) async throws(LedgerError) { try await awake().see(sign) }
    func account(_ address: Address) async throws(LedgerError) -> Account { try await awake().account(address) }
    func grant(_ digest: Digest) async throws(LedgerError) -> GrantRecord { try await awake().grant(digest) }
    func grants(of owner: Address) async throws(LedgerError) -> [GrantRecord] { try await awake().grants(of: owner) }
    func attestation(_ digest: Digest) async throws(LedgerError) -> AttestationEntry {
        try await awake().attestation(digest)
    }
    func offer(_ digest: Digest) async throws(LedgerError) -> OfferRecord { try await awake().offer(digest) }
    func offers(liveOnly: Bool) async throws(LedgerError) -> [OfferRecord] {
        try await awake().offers(liveOnly: liveOnly)
    }
    func freeCapacity(of offer: Digest, from: UInt64, until: UInt64) async throws(LedgerError) -> Resources {
        try await awake().freeCapacity(of: offer, from: from, until: until)
    }
    func demand(_ digest: Digest) async throws(LedgerError) -> DemandRecord { try await awake().demand(digest) }
    func demands(liveOnly: Bool) async throws(LedgerError) -> [DemandRecord] {
        try await awake().demands(liveOnly: liveOnly)
    }

    func lease(_ id: LeaseID) async throws(LedgerError) -> LeaseRecord {
        if let delay = delay.withLock({ $0 }) { await delay() }
        return try await awake().lease(id)
    }

    func leases(of party: Address) async throws(LedgerError) -> [LeaseRecord] { try await awake().leases(of: party) }
    func ratings(of ratee: Address) async throws(LedgerError) -> [RatingRecord] { try await awake().ratings(of: ratee) }
    func grants(of owner: Address, from: UInt64) async throws(LedgerError) -> Page<GrantRecord> {
        try await awake().grants(of: owner, from: from)
    }
    func offers(liveOnly: Bool, from: UInt64) async throws(LedgerError) -> Page<OfferRecord> {
        try await awake().offers(liveOnly: liveOnly, from: from)
    }
    func demands(liveOnly: Bool, from: UInt64) async throws(LedgerError) -> Page<DemandRecord> {
        try await awake().demands(liveOnly: liveOnly, from: from)
    }
    func leases(of party: Address, from: UInt64) async throws(LedgerError) -> Page<LeaseRecord> {
        try await awake().leases(of: party, from: from)
    }
    func ratings(of ratee: Address, from: UInt64) async throws(LedgerError) -> Page<RatingRecord> {
        try await awake().ratings(of: ratee, from: from)
    }
}
