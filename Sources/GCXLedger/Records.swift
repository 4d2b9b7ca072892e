package import GCXModel
package import GCXSigning

/// Which ledger this is. Everything signed for it is signed in `domain`.
package struct LedgerIdentity: Codable, Equatable, Sendable {
    package var domain: EIP712Domain
    /// Whose key signs the tree heads and makes money: on a test network out of nothing, on another as a promise.
    package var `operator`: Address
    package var isTestNetwork: Bool
    /// The ledger's clock, Unix seconds; the rules go by it. It never goes back but by an order of the operator, and does not
    /// follow a jump of the machine's clock.
    package var ledgerTime: UInt64
    /// The version of its rules, ``LedgerCharter/Format``; nil of a ledger that does not say, which goes by 2 or less.
    package var format: UInt64?
    /// On a ledger that is no test network: what its operator promised. Nil on others.
    package var credit: Credit?
    /// What its money is called; nil of a ledger that does not say: ``money`` has a name all the same.
    package var currency: Currency?

    package init(
        domain: EIP712Domain, operator: Address, isTestNetwork: Bool, ledgerTime: UInt64, format: UInt64? = nil,
        credit: Credit? = nil, currency: Currency? = nil
    ) {
        self.domain = domain
        self.operator = `operator`
        self.isTestNetwork = isTestNetwork
        self.ledgerTime = ledgerTime
        self.format = format
        self.credit = credit
        self.currency = currency
    }
}

extension LedgerIdentity {
    /// What its money is called for people.
    package var money: Currency { currency ?? .unnamed(isTestNetwork: isTestNetwork) }

    /// Whether what is signed for this ledger is void on every other of its operator.
    package var hasOwnDomain: Bool { domain != .embedded(operator: self.operator) }
}

/// Where an entry was written.
package struct PostReceipt: Codable, Equatable, Sendable {
    /// Position in the journal, from 0.
    package var index: UInt64
    package var entryHash: Digest
    /// The ledger's Unix seconds.
    package var postedAt: UInt64
    /// The same document stood there before; nothing was written now.
    package var duplicate: Bool

    package init(index: UInt64, entryHash: Digest, postedAt: UInt64, duplicate: Bool) {
        self.index = index
        self.entryHash = entryHash
        self.postedAt = postedAt
        self.duplicate = duplicate
    }
}

/// A grant, an offer, a demand or an attestation as the ledger holds it.
package struct Published<Document: TypedDocument & Codable & Equatable & Sendable>: Codable, Equatable, Sendable {
    package let digest: Digest
    package let signed: Signed<Document>
    /// Position in the journal.
    package let index: UInt64
    /// The ledger's Unix seconds.
    package let postedAt: UInt64
    /// When it was taken back, or nil.
    package var withdrawnAt: UInt64?
    /// The later revision that replaced it, or nil.
    package var supersededBy: Digest?

    package var document: Document { signed.document }

    package init(digest: Digest, signed: Signed<Document>, index: UInt64, postedAt: UInt64) {
        self.digest = digest
        self.signed = signed
        self.index = index
        self.postedAt = postedAt
    }
}

package typealias GrantRecord = Published<MachineGrant>
package typealias AttestationEntry = Published<AttestationRecord>
package typealias OfferRecord = Published<Offer>
package typealias DemandRecord = Published<Demand>

extension Published where Document: Expiring {
    /// Neither withdrawn, nor replaced, nor expired at `time`. An offer also needs a live grant: ask the ledger.
    package func isLive(at time: UInt64) -> Bool {
        withdrawnAt == nil && supersededBy == nil && time < document.expiresAt
    }
}

/// A document that is void from `expiresAt` on.
package protocol Expiring {
    var expiresAt: UInt64 { get }
}

extension MachineGrant: Expiring {}
extension Offer: Expiring {}
extension Demand: Expiring {}

/// What an account holds.
package struct Account: Codable, Equatable, Sendable {
    package var address: Address
    /// Free to use.
    package var balance: Amount
    /// Bound in the escrows of the leases it pays for.
    package var escrowed: Amount

    package init(address: Address, balance: Amount, escrowed: Amount) {
        self.address = address
        self.balance = balance
        self.escrowed = escrowed
    }
}

/// A lease and its money.
package struct LeaseRecord: Codable, Equatable, Sendable {
    package let id: LeaseID
    package let signed: CountersignedTerms
    /// Position of its opening in the journal.
    package let index: UInt64
    /// The ledger's Unix seconds.
    package let openedAt: UInt64
    package var escrow: Escrow
    /// The last voucher paid, or nil. What it brought is in ``settled``, which is less where only a part was payable.
    package var voucher: Signed<Voucher>?
    /// True since the payer asked to close, on a ledger that then pays what is payable of a voucher; nil where a claim is
    /// all or nothing.
    package var paysInPart: Bool?
    /// At most one from each side.
    package var ratings: [Signed<Rating>]
    /// What an hour of it costs at least, used or not, by its offer's word; nil where that asks for nothing.
    package internal(set) var reservationHour: Amount?

    package var terms: LeaseTerms { signed.terms }
    package var deposit: Amount { escrow.deposit }
    package var settled: Amount { escrow.settled }

    package init(
        id: LeaseID, signed: CountersignedTerms, index: UInt64, openedAt: UInt64, escrow: Escrow,
        reservationHour: Amount? = nil
    ) {
        self.id = id
        self.signed = signed
        self.index = index
        self.openedAt = openedAt
        self.escrow = escrow
        self.reservationHour = reservationHour
        voucher = nil
        ratings = []
    }
}

/// A rating with the facts that give it weight: what reputation is computed from.
package struct RatingRecord: Codable, Equatable, Sendable {
    package var rating: Signed<Rating>
    /// The ledger's Unix seconds.
    package var postedAt: UInt64
    /// What the lease paid in the end.
    package var settled: Amount
    /// Whether the one rated was the provider of that lease.
    package var rateeWasPayee: Bool

    package init(rating: Signed<Rating>, postedAt: UInt64, settled: Amount, rateeWasPayee: Bool) {
        self.rating = rating
        self.postedAt = postedAt
        self.settled = settled
        self.rateeWasPayee = rateeWasPayee
    }
}
