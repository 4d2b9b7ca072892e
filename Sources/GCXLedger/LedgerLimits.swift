import GCXModel

/// The bounds of a ledger, beside those of the documents in ``GCXModel/Limits``.
package enum LedgerLimits {
    /// Entries in one page of the journal: about a megabyte of offers with all their facts.
    package static let pageEntriesMax = 200
    /// Bytes of one entry in canonical form. An offer at all of its own limits stays below it.
    package static let entryBytesMax = 512 * 1024
    /// How far a document may be dated ahead of the ledger's clock, seconds: clocks of honest machines differ by less.
    package static let datedAheadSecondsMax: UInt64 = 300
    /// Bytes of a withdrawal's reason: a sentence or two.
    package static let reasonBytesMax = 512
    /// Lines of contradictions in an attestation record.
    package static let contradictionsMax = 256
    /// Regions in a demand.
    package static let regionsMax = 64
    /// Largest revision of an offer or a demand: one a second for a century.
    package static let revisionMax: UInt64 = 3_200_000_000
}
