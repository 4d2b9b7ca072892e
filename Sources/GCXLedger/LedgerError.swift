package import GCXModel

/// Why a ledger refused. In every case but ``outcomeUnknown(_:after:)`` nothing was written.
///
/// It is `Codable`, so that a ledger on another machine answers with the same error: `{"staleVoucher": {…}}`; the name
/// of the case is its stable code.
package enum LedgerError: Error, Equatable, Codable, Sendable {
    // Who signed.
    /// The signature is not the one that the rules ask for; `got` is nil when it is no signature at all.
    case badSignature(EntryKind, expected: Address, got: Address?)
    /// This address has no say in the matter.
    case notAllowed(Address, reason: Untrusted)

    // What it refers to.
    case unknownGrant(Digest)
    case unknownAttestation(Digest)
    case unknownOffer(Digest)
    case unknownDemand(Digest)
    /// A withdrawal of something that is no grant, offer or demand here.
    case unknownSubject(Digest)
    case leaseUnknown(LeaseID)
    case unknownEntry(UInt64)
    /// A proof was asked for a tree that does not exist.
    case unknownTree(from: UInt64, to: UInt64, size: UInt64)

    // What has become of that.
    case expired(EntryKind, Digest, at: UInt64)
    case withdrawn(EntryKind, Digest)
    case superseded(EntryKind, Digest, by: Digest)
    case staleRevision(EntryKind, id: Digest, current: UInt64, offered: UInt64)

    // What the document says.
    /// The field makes no sense, whatever the ledger holds.
    case malformed(EntryKind, field: Untrusted, reason: Untrusted)
    case documentTooLarge(EntryKind, field: Untrusted, max: Int)
    case datedAhead(EntryKind, date: UInt64, ledgerTime: UInt64)
    /// The lease terms disagree with the offer or the demand they name.
    case termsDiffer(field: Untrusted, from: EntryKind, required: Untrusted, got: Untrusted)
    case overCapacity(offer: Digest, resource: Untrusted, free: UInt64, asked: UInt64)
    /// A sign of life for this offer that says nothing new, or that is not its machine's.
    case signRefused(Digest, reason: Untrusted)

    // Money.
    case insufficientFunds(Address, holds: Amount, needs: Amount)
    /// The escrow holds less than the voucher asks for, in all.
    case escrowExceeded(LeaseID, held: Amount, asked: Amount)
    case staleVoucher(LeaseID, settled: Amount, offered: Amount)
    case staleTopUp(LeaseID, deposit: Amount, offered: Amount)
    case rateCapExceeded(LeaseID, allowed: Amount, asked: Amount)
    case amountOverflow(EntryKind)
    case notTestNetwork
    /// A test network has play money, and no promises.
    case testNetwork

    // The clock.
    /// The machine's clock says more than can have gone by; Unix seconds.
    case clockJumped(machine: UInt64, latest: UInt64)
    /// The operator's order names another time than the machine's clock.
    case clockDiffers(asked: UInt64, machine: UInt64)
    /// A ledger of an older format does not know this kind.
    case formatTooOld(EntryKind, format: UInt64, needed: UInt64)

    // The life of a lease.
    /// The payer has asked to close.
    case leaseClosing(LeaseID, closesAt: UInt64)
    case leaseClosed(LeaseID)
    /// Nobody has asked to close.
    case notClosing(LeaseID)
    case closeWindowOver(LeaseID, closedAt: UInt64)
    case closeWindowNotOver(LeaseID, closesAt: UInt64)
    case notSettled(LeaseID)
    case alreadyRated(LeaseID, by: Address)

    // The store.
    /// The same document stands here, signed by somebody else.
    case keyReused(EntryKey)
    /// The ledger at this place belongs to another operator.
    case wrongOperator(expected: Address, got: Address)
    /// A test network was opened as a real one, or the other way round.
    case wrongNetwork(isTestNetwork: Bool)
    /// The ledger was founded with money of this name, and opened as one with another.
    case wrongCurrency(Currency)
    /// The store is of a format that this program does not know.
    case unknownFormat(found: Untrusted, known: Untrusted)
    case storage(operation: Untrusted, detail: Untrusted)
    /// The file holds no ledger, or there is none.
    case notALedger(path: Untrusted, reason: Untrusted)
    case corrupted(UInt64?, detail: Untrusted)
    /// Another process writes here.
    case locked(path: Untrusted)
    /// A ledger on another machine did not answer, and nothing was sent.
    case unreachable(endpoint: Untrusted, detail: Untrusted)
    /// Whoever answers there is not the ledger that was asked for, or no TLS came about; nothing was sent.
    case notTrusted(endpoint: Untrusted, detail: Untrusted, remedy: Untrusted)
    /// The answer of a ledger on another machine makes no sense.
    case unreadable(endpoint: Untrusted, detail: Untrusted)
    /// The store went silent after the write was sent: it may be written or not.
    case outcomeUnknown(EntryKey, after: Duration)
}
