import GCXAgent
import GCXLedger
import GCXModel

/// The bounds of the HTTP interfaces, in one place.
package enum APILimits {
    /// Bytes of a posted ledger entry: the largest canonical entry, and its white space if a person wrote it.
    package static let entryBodyBytesMax = 2 * LedgerLimits.entryBytesMax
    /// Bytes of any other JSON body sent to the agent: a job request with its environment is the largest.
    package static let documentBodyBytesMax = 1 << 20
    /// Bytes of the Authorization header's token: a signed session is about 700.
    package static let sessionTokenBytesMax = 4_096
    /// Bytes of an answer with one document that a client reads: an entry at its limit, with its white space and what the
    /// ledger adds.
    package static let documentAnswerBytesMax = 2 * LedgerLimits.entryBytesMax + (1 << 20)
    /// Bytes of an answer with a page of what an agent has: receipts with all their events, or a job's whole report, are
    /// the largest.
    package static let pageAnswerBytesMax = 32 << 20
    /// Bytes of a list or a page of a ledger that a client reads: all that is read as JSON at all.
    package static let listAnswerBytesMax = Limits.jsonBytesMax
    /// Bytes of an error's answer: a message and a few fields.
    package static let errorAnswerBytesMax = 1 << 20
    /// A transfer has to move ``paceBytesMin`` in each of these spans: 17 kB a second, so that one from somebody who drips
    /// has an end.
    package static let paceWindow: Duration = .seconds(60)
    package static let paceBytesMin: UInt64 = 1 << 20
    /// Bytes that a download leaves free on the buyer's disk.
    package static let diskReserveBytes: UInt64 = 64 << 20
    /// Bytes between two looks at the room on the disk.
    package static let diskCheckBytes: UInt64 = 16 << 20
    /// Bytes of an archive of all that a lease's storage holds: a quarter on top for the headers of small files, and a
    /// mebibyte for those of an empty one.
    package static func archiveBytesMax(ofStorage bytes: UInt64) -> UInt64 {
        let (sum, overflow) = bytes.addingReportingOverflow(bytes / 4 + (1 << 20))
        return overflow ? .max : sum
    }
    /// Bytes of an output whose lease nobody knows: 1 TiB.
    package static let outputBytesMax: UInt64 = 1 << 40
    /// A log whose job is over, and which brings nothing new for this long, is over too.
    package static let logEndPatience: Duration = .seconds(60)
    /// Bytes in one piece of an upload or a download.
    package static let chunkBytes = 128 << 10
    /// Bytes of a unix socket's path, without its final zero (unix(7): 108 with it).
    package static let socketPathBytesMax = 107
    /// Connections that a server holds at once; further ones wait in the kernel's queue.
    package static let connectionsMax = 1_024
    /// A server closes a connection that has carried no request for this long.
    package static let idleConnection: Duration = .seconds(75)
    /// A client gives up to reach a server after this. A server on the same machine answers in microseconds, but many calls
    /// at once wait here for a connection.
    package static let connectTimeout: Duration = .seconds(20)
    /// A client waits this long for the whole answer to a call that does not wait on purpose. A post to a ledger is
    /// one fsync, a few milliseconds, and queues behind others.
    package static let callTimeout: Duration = .seconds(20)
    /// A transfer whose other side has been silent for this long is given up. Longer than a long poll, for both use
    /// the same connections.
    package static let silenceTimeout: Duration = .seconds(Int64(AgentLimits.longPollSecondsMax) + 60)
    /// How often a call that changes nothing when repeated is sent again after its connection broke: a connection
    /// kept from before a restart of the server breaks once.
    package static let brokenRetriesMax = 1
    /// What `LedgerError.outcomeUnknown` advises: post the same entry again after this.
    package static let outcomeRetry: Duration = .seconds(1)

    /// A buyer waits this long in one call for the next receipt or log line.
    package static let buyerWaitSeconds: UInt64 = 20
    /// First and longest pause between two tries to reach an agent; each pause doubles.
    package static let buyerBackoff: ClosedRange<Duration> = .milliseconds(100) ... .seconds(5)
    /// An agent that has not answered for this long is given up: longer than an upgrade, shorter than a lease's grace.
    package static let buyerPatience: Duration = .seconds(300)
    /// Shortest time between two calls of a loop that got nothing new, so that a server that does not wait is not
    /// asked in a spin.
    package static let emptyPagePause: Duration = .milliseconds(100)
    /// Bytes of a buyer's journal file: one receipt and one voucher.
    package static let journalBytesMax = 1 << 20
}
