import GCXLedger
import GCXWire

/// The bounds of what a client takes from a server, in one place.
package enum ClientLimits {
    /// Bytes of an answer with one document that a client reads: an entry at its limit, with its white space and what the
    /// ledger adds.
    package static let documentAnswerBytesMax = 2 * LedgerLimits.entryBytesMax + (1 << 20)  // bounded: of constants
    /// Bytes of an answer with a page of what an agent has: receipts with all their events, or a job's whole report, are
    /// the largest.
    package static let pageAnswerBytesMax = 32 << 20
    /// Bytes of a page of a ledger's list or journal that a client reads: four times what a ledger puts into one.
    package static let listAnswerBytesMax = 4 * LedgerLimits.pageBytesMax
    /// Bytes of an error's answer: a message and a few fields.
    package static let errorAnswerBytesMax = 1 << 20
    /// Bytes that are read from a connection at once at the most: each read is handed from thread to thread.
    static let readBytesMax = 256 << 10
    /// Bytes that a download leaves free on the buyer's disk.
    package static let diskReserveBytes: UInt64 = 64 << 20
    /// Bytes between two looks at the room on the disk.
    package static let diskCheckBytes: UInt64 = 16 << 20
    /// Bytes of an archive of all that a lease's storage holds: a quarter on top for the headers of small files, and a
    /// mebibyte for those of an empty one.
    package static func archiveBytesMax(ofStorage bytes: UInt64) -> UInt64 {
        let (sum, overflow) = bytes.addingReportingOverflow(bytes / 4 + (1 << 20))  // bounded: a quarter of 64 bits
        return overflow ? .max : sum
    }
    /// Bytes of an output whose lease nobody knows: 1 TiB.
    package static let outputBytesMax: UInt64 = 1 << 40
    /// Items that a client takes of one list of a ledger, in all its pages.
    package static let listItemsMax = 1_000_000
    /// Pages of a list without an item that a client takes in a row: each stands for `LedgerLimits.pageLookedAtMax` items that
    /// did not count, so this is as many as are taken of a list, several times over.
    package static let emptyPagesMax = 1_000
    /// Receipts of one lease that a client takes: a month of one every ten seconds.
    package static let receiptsMax = 1 << 18
    /// A client gives up to reach a server after this. A server on the same machine answers in microseconds, but many calls
    /// at once wait here for a connection.
    package static let connectTimeout: Duration = .seconds(20)
    /// A client waits this long for the whole answer to a call that does not wait on purpose. A post to a ledger is
    /// one fsync, a few milliseconds, and queues behind others.
    package static let callTimeout: Duration = .seconds(20)
    /// A transfer whose other side has been silent for this long is given up. Longer than a long poll, for both use
    /// the same connections.
    // bounded: a constant
    package static let silenceTimeout: Duration = .seconds(Int64(WireLimits.longPollSecondsMax) + 60)
    /// How often a call that changes nothing when repeated is sent again after its connection broke: a connection
    /// kept from before a restart of the server breaks once.
    package static let brokenRetriesMax = 1
    /// What `LedgerError.outcomeUnknown` advises: post the same entry again after this.
    package static let outcomeRetry: Duration = .seconds(1)
}
