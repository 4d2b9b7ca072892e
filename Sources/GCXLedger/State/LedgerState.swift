package import GCXModel
package import GCXSigning

// dictionaries: positions, attestations, balances, grants

/// Everything a journal says, as a value: the rules of the market live in its extensions, one topic a file.
///
/// Writing goes in two steps, so that a store can put its own write between them: ``check(_:key:in:)`` is pure and either
/// refuses an entry or says what it would change; ``commit(_:of:)`` makes the change and cannot fail.
///
/// ```swift
/// let change = try state.check(entry, in: state.posting(at: now))
/// // … the store writes the entry and syncs …
/// state.commit(change, of: posted)
/// ```
package struct LedgerState: Equatable, Sendable {
    package let domain: EIP712Domain
    package let `operator`: Address
    package let isTestNetwork: Bool
    /// What the chain of the journal begins with.
    package let charter: LedgerCharter

    /// Entries so far; the index of the next one.
    package internal(set) var size: UInt64 = 0
    /// Hash of the last entry; the charter's digest before the first.
    package internal(set) var chain: Digest
    /// The ledger's Unix seconds of the last entry; 0 before the first.
    package internal(set) var lastPostedAt: UInt64 = 0
    var positions: [EntryKey: UInt64] = [:]
    /// Bytes of each entry as JSON, so that a page can be cut without writing it.
    var entryBytes: [UInt32] = []

    var grants: [Digest: GrantRecord] = [:]
    /// The machines for which each owner ever signed a grant, with the place of the first.
    var machinesOfOwner: [Address: [Address: UInt64]] = [:]
    var attestations: [Digest: AttestationEntry] = [:]
    var offers: [Digest: OfferRecord] = [:]
    var demands: [Digest: DemandRecord] = [:]
    /// In the order of the journal, each revision once.
    var offersInOrder: [Digest] = []
    var demandsInOrder: [Digest] = []
    var grantsOfOwner: [Address: [Digest]] = [:]
    /// The newest revision of each offer and of each demand.
    var newestOffers: [Series: Digest] = [:]
    var newestDemands: [Series: Digest] = [:]

    /// Made by the faucet, in all.
    var minted: Amount = .zero
    /// What the operator of a private ledger promised.
    package internal(set) var credit = Credit()
    var balances: [Address: Amount] = [:]
    /// What the open leases of each payer hold.
    var escrowed: [Address: Amount] = [:]
    var leases: [LeaseID: LeaseRecord] = [:]
    /// The leases that hold capacity of an offer, whichever of its revisions they were opened on.
    var running: [Series: Set<LeaseID>] = [:]
    /// What those hold, over time.
    var loads: [Series: LoadTimeline] = [:]
    /// What all open leases of a machine hold, whichever of its offers they were opened on.
    var loadsOfMachine: [Address: LoadTimeline] = [:]
    /// The leases opened on a demand, whichever of its revisions.
    var leasesOfDemand: [Series: [LeaseID]] = [:]
    /// The leases of each payer, payee and machine.
    var leasesOfParty: [Address: [LeaseID]] = [:]
    var ratingsOfRatee: [Address: [RatingRecord]] = [:]

    package init(_ charter: LedgerCharter) {
        self.charter = charter
        domain = charter.domain
        self.operator = charter.operator
        isTestNetwork = charter.isTestNetwork
        chain = charter.genesis
    }

    /// An offer or a demand over all its revisions. The signer is part of it, so that nobody can revise another's.
    struct Series: Hashable, Sendable {
        var signer: Address
        var id: Digest
    }
}

/// The place and the circumstances in which an entry is judged.
package struct Posting: Sendable {
    package let index: UInt64
    /// The ledger's Unix seconds.
    package let time: UInt64
    /// False only when a journal is read again whose hashes already prove that each signature was checked once.
    package let checksSignatures: Bool
    /// True for what is being posted, and for every entry of a journal from format 3 on. An older journal that is read
    /// again was written under the rules of its day, and what is asked only since then (of texts, of the two sides of a
    /// lease, of demand and capacity) does not make it void.
    package let isStrict: Bool

    /// The same, with every signature looked at.
    var checkingSignatures: Posting {
        Posting(index: index, time: time, checksSignatures: true, isStrict: isStrict)
    }
}

/// What an accepted entry changes. Only ``LedgerState`` makes one and only ``LedgerState`` reads it.
package struct Change: Sendable {
    let key: EntryKey
    let effects: [Effect]
}

/// One change of one part of the state.
enum Effect: Sendable {
    case grant(GrantRecord)
    case attestation(AttestationEntry)
    case offer(OfferRecord)
    case demand(DemandRecord)
    /// Created or changed.
    case lease(LeaseRecord)
    /// An account's new balance.
    case balance(Address, Amount)
    /// The new total the faucet made.
    case minted(Amount)
    /// The new totals of what the operator promised.
    case credit(Credit)
    case rating(RatingRecord)
}

extension LedgerState {
    /// The place of the next entry, at the ledger's clock; a clock that went back stands still instead.
    package func posting(at now: UInt64, checksSignatures: Bool = true) -> Posting {
        Posting(index: size, time: max(now, lastPostedAt), checksSignatures: checksSignatures, isStrict: true)
    }

    /// The same for one entry: the operator's order to the clock is posted at the time that it names.
    package func posting(of entry: Entry, at now: UInt64) -> Posting {
        guard case .clock(let order) = entry else { return posting(at: now) }
        return Posting(index: size, time: order.document.time, checksSignatures: true, isStrict: true)
    }

    /// Where the entry of this key stands, or nil.
    package func position(of key: EntryKey) -> UInt64? { positions[key] }

    /// What `entry` would change if it were written there, or why it cannot be. The state stays as it is.
    ///
    /// - Parameter known: the entry's key, where it was computed before; a long document takes a millisecond.
    package func check(_ entry: Entry, key known: EntryKey? = nil, in posting: Posting) throws(LedgerError) -> Change {
        let key = known ?? entry.key(in: domain)
        guard positions[key] == nil else { throw .keyReused(key) }
        return Change(key: key, effects: try effects(of: entry, digest: key.digest, in: posting))
    }

    /// Makes a change that ``check(_:key:in:)`` allowed at this very state.
    package mutating func commit(_ change: Change, of posted: PostedEntry) {
        for effect in change.effects { perform(effect) }
        positions[change.key] = posted.index
        entryBytes.append(UInt32(clamping: posted.jsonBytes))
        size = posted.index + 1  // bounded: entries that were written one by one
        chain = posted.entryHash
        lastPostedAt = posted.postedAt
    }

    /// Takes the next entry of a journal, with its place in the chain.
    package mutating func apply(_ posted: PostedEntry, checksSignatures: Bool) throws(LedgerError) {
        guard posted.index == size else {
            throw .corrupted(posted.index, detail: "entry \(size) was expected here")
        }
        guard posted.previous == chain else {
            throw .corrupted(posted.index, detail: "names \(posted.previous) as the hash before it, which is \(chain)")
        }
        guard posted.postedAt >= lastPostedAt || posted.entry.setsClock else {
            throw .corrupted(posted.index, detail: "posted at \(posted.postedAt), before the last at \(lastPostedAt)")
        }
        let posting = Posting(
            index: size, time: posted.postedAt, checksSignatures: checksSignatures,
            isStrict: charter.holdsRulesOnReplay)
        if posting.isStrict { try requireSize(posted.jsonBytes, of: posted.entry.kind) }
        commit(try check(posted.entry, in: posting), of: posted)
    }

    /// Refuses an entry that is larger than the largest honest one of its kind.
    package func requireSize(_ jsonBytes: Int, of kind: EntryKind) throws(LedgerError) {
        let most = LedgerLimits.entryBytesMax(of: kind)
        guard jsonBytes <= most else { throw .documentTooLarge(kind, field: "body", max: most) }
    }

    private func effects(of entry: Entry, digest: Digest, in posting: Posting) throws(LedgerError) -> [Effect] {
        switch entry {
        case .grant(let signed): try register(signed, digest, in: posting)
        case .attestation(let signed): try record(signed, digest, in: posting)
        case .offer(let signed): try publish(signed, digest, in: posting)
        case .demand(let signed): try publish(signed, digest, in: posting)
        case .withdrawal(let signed): try withdraw(signed, in: posting)
        case .leaseOpened(let signed): try open(signed, digest, in: posting)
        case .topUp(let signed): try topUp(signed, in: posting)
        case .claim(let signed): try claim(signed, in: posting)
        case .closeRequest(let signed): try requestClose(signed, in: posting)
        case .finalize(let lease): try finalize(lease, in: posting)
        case .rating(let signed): try rate(signed, in: posting)
        case .faucet(let signed): try mint(signed, in: posting)
        case .creditIssued(let signed): try issue(signed, in: posting)
        case .creditRedeemed(let signed): try redeem(signed, digest, in: posting)
        case .clock(let signed): try setClock(signed, in: posting)
        }
    }

    private mutating func perform(_ effect: Effect) {
        switch effect {
        case .grant(let record): place(record)
        case .attestation(let record): attestations[record.digest] = record
        case .offer(let record): place(record)
        case .demand(let record): place(record)
        case .lease(let record): place(record)
        case .balance(let account, let amount): balances[account] = amount
        case .minted(let total): minted = total
        case .credit(let totals): credit = totals
        case .rating(let record): ratingsOfRatee[record.rating.document.ratee, default: []].append(record)
        }
    }
}

extension LedgerState {
    /// For an audit, which goes on after a broken entry: pretends that all before `posted` was in order.
    mutating func stand(before posted: PostedEntry) {
        size = posted.index
        while UInt64(clamping: entryBytes.count) < size { entryBytes.append(0) }
        chain = posted.previous
        lastPostedAt = min(lastPostedAt, posted.postedAt)
    }
}
