import GCXModel

/// The bounds of a ledger, beside those of the documents, `Limits`.
package enum LedgerLimits {
    /// Entries in one page of the journal, and items in one page of a list.
    package static let pageEntriesMax = 200
    /// Bytes of one page as JSON. One entry always fits in, for it is smaller.
    package static let pageBytesMax = 1 << 20
    /// Items of a list that are looked at for one page: a few hundred nanoseconds each, a millisecond or two together.
    package static let pageLookedAtMax = 4_096
    /// What a record says beside its entry: its place, its digest, what became of it.
    package static let recordFrameBytes = 512
    /// Bytes of a lease with its last voucher and both ratings, and of a rating with its facts: comments at their limit.
    package static let leaseBytes = 8 << 10
    package static let ratingBytes = 3 << 10
    /// Bytes of the largest entry in canonical form: an offer or an attestation at all of its own limits.
    package static let entryBytesMax = 160 << 10
    /// How far a document may be dated ahead of the ledger's clock, seconds: clocks of honest machines differ by less.
    package static let datedAheadSecondsMax: UInt64 = 300
    /// How far the machine's clock may be ahead of the time that went by since the last entry, seconds: four days are longer
    /// than a machine is switched off over a long weekend.
    package static let clockJumpSecondsMax: UInt64 = 4 * 86_400
    /// How often signs of offers that no longer stand are forgotten, seconds: a pass over all, a millisecond for thousands.
    package static let signsClearedSeconds: UInt64 = 600
    /// Bytes of the reason of a withdrawal or of an order to the clock: a sentence or two.
    package static let reasonBytesMax = 512
    /// Bytes of what a credit was issued or redeemed for: the number of a transfer or an invoice, and a few words.
    package static let referenceBytesMax = 256
    /// Lines of contradictions in an attestation record: one for each figure that can be held against another, twice over.
    package static let contradictionsMax = 64
    /// Regions in a demand.
    package static let regionsMax = 64
    /// Largest revision of an offer or a demand: one a second for a century.
    package static let revisionMax: UInt64 = 3_200_000_000

    /// Bytes of one entry of a kind in canonical form: the largest honest document, which is one at all the limits of its
    /// fields, and at least a quarter more for what JSON escapes. What is larger carries something else.
    package static func entryBytesMax(of kind: EntryKind) -> Int {
        switch kind {
        case .attestation, .offer: entryBytesMax
        case .demand: 64 << 10
        case .leaseOpened, .rating: 4 << 10
        case .grant, .withdrawal, .clock, .creditRedeemed: 2 << 10
        case .topUp, .claim, .closeRequest, .finalize, .faucet, .creditIssued: 1 << 10
        }
    }
}
