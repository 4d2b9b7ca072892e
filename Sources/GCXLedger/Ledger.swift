package import GCXModel
package import GCXSigning

/// The market's book: who sells, who buys, which leases run, and whose money is where.
///
/// Every implementation obeys the rules of ``LedgerState`` and passes the conformance suite. Reading never changes
/// anything; ``post(_:)`` is the only way to write, and it is idempotent: after ``LedgerError/outcomeUnknown(_:after:)``
/// post the same entry again.
///
/// ```swift
/// let receipt = try await ledger.post(.offer(Signed(offer, by: machineKey, in: ledger.identity().domain)))
/// ```
package protocol Ledger: Sendable {
    /// Which ledger this is, and its clock.
    func identity() async throws(LedgerError) -> LedgerIdentity

    /// Writes an entry, or says why not. The same document again returns its first place, with `duplicate` set.
    @discardableResult
    func post(_ entry: Entry) async throws(LedgerError) -> PostReceipt

    /// Hears that a machine is there, or leaves. Nothing is written: the newest sign of each offer is kept in memory.
    ///
    /// - Throws: ``LedgerError/signRefused(_:reason:)``, or why the offer does not stand.
    func see(_ sign: Signed<SignOfLife>) async throws(LedgerError)

    /// The balance of an account; an unheard-of one holds zero.
    func account(_ address: Address) async throws(LedgerError) -> Account

    /// The grant of this digest. Throws ``LedgerError/unknownGrant(_:)``.
    func grant(_ digest: Digest) async throws(LedgerError) -> GrantRecord

    /// Every grant that an owner gave, oldest first.
    func grants(of owner: Address) async throws(LedgerError) -> [GrantRecord]

    /// The attestation record of this digest. Throws ``LedgerError/unknownAttestation(_:)``.
    func attestation(_ digest: Digest) async throws(LedgerError) -> AttestationEntry

    /// The offer of this digest, live or not. Throws ``LedgerError/unknownOffer(_:)``.
    func offer(_ digest: Digest) async throws(LedgerError) -> OfferRecord

    /// Offers, oldest first: all that ever were, or those on which a lease can be opened now and whose machines showed signs of
    /// life as lately as they say.
    func offers(liveOnly: Bool) async throws(LedgerError) -> [OfferRecord]

    /// What of an offer no live lease holds at any moment between two Unix seconds.
    func freeCapacity(of offer: Digest, from: UInt64, until: UInt64) async throws(LedgerError) -> Resources

    /// The demand of this digest, live or not. Throws ``LedgerError/unknownDemand(_:)``.
    func demand(_ digest: Digest) async throws(LedgerError) -> DemandRecord

    /// Demands, oldest first: all that ever were, or those still standing.
    func demands(liveOnly: Bool) async throws(LedgerError) -> [DemandRecord]

    /// The lease of this id. Throws ``LedgerError/leaseUnknown(_:)``.
    func lease(_ id: LeaseID) async throws(LedgerError) -> LeaseRecord

    /// Leases in which an address is payer, payee or machine, oldest first.
    func leases(of party: Address) async throws(LedgerError) -> [LeaseRecord]

    /// What others said about an address, oldest first.
    func ratings(of ratee: Address) async throws(LedgerError) -> [RatingRecord]

    // The same lists a page at a time, from a place on: 0, or what the page before named as ``Page/next``.
    func grants(of owner: Address, from: UInt64) async throws(LedgerError) -> Page<GrantRecord>
    func offers(liveOnly: Bool, from: UInt64) async throws(LedgerError) -> Page<OfferRecord>
    func demands(liveOnly: Bool, from: UInt64) async throws(LedgerError) -> Page<DemandRecord>
    func leases(of party: Address, from: UInt64) async throws(LedgerError) -> Page<LeaseRecord>
    func ratings(of ratee: Address, from: UInt64) async throws(LedgerError) -> Page<RatingRecord>
}

/// A ledger that shows its whole journal and proves that it never rewrote it (RFC 9162).
package protocol TransparentLedger: Ledger {
    /// The entry at a position. Throws ``LedgerError/unknownEntry(_:)``.
    func entry(at index: UInt64) async throws(LedgerError) -> PostedEntry

    /// Up to `limit` entries from a position on, at most ``LedgerLimits/pageEntriesMax`` and
    /// ``LedgerLimits/pageBytesMax``, but always one; empty past the end.
    func entries(from index: UInt64, limit: Int) async throws(LedgerError) -> [PostedEntry]

    /// The same as JSON, with where to go on.
    func page(from index: UInt64, limit: Int) async throws(LedgerError) -> JournalPage

    /// The operator's signed word on the whole journal.
    func head() async throws(LedgerError) -> SignedTreeHead

    /// That the entry at `index` is in the tree of `treeSize` entries.
    func inclusion(index: UInt64, treeSize: UInt64) async throws(LedgerError) -> InclusionProof

    /// That the tree of `from` entries is the beginning of the tree of `to` entries.
    func consistency(from: UInt64, to: UInt64) async throws(LedgerError) -> ConsistencyProof
}
