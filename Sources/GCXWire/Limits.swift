import GCXLedger

/// The bounds of what crosses a socket that both ends have to know, in one place.
package enum WireLimits {
    /// Bytes of a posted ledger entry: the largest canonical entry, and its white space if a person wrote it.
    package static let entryBodyBytesMax = 2 * LedgerLimits.entryBytesMax
    /// Bytes of the Authorization header's token: a signed session is about 700.
    package static let sessionTokenBytesMax = 4_096
    /// Places that are kept of one session: its holder's own, and one or two that are not.
    package static let sessionPlacesMax = 4
    /// Sessions that a client takes of one agent, in all pages: what an agent keeps of hundreds of accounts.
    package static let sessionsMax = 1 << 15
    /// A transfer has to move ``paceBytesMin`` in each of these spans: 17 kB a second, so that one from somebody who drips
    /// has an end.
    package static let paceWindow: Duration = .seconds(60)
    package static let paceBytesMin: UInt64 = 1 << 20
    /// Bytes in one piece of an upload or a download.
    package static let chunkBytes = 128 << 10
    /// Pieces of a file whose memory is kept for the next ones: one that is read, one that is encrypted, and two on their way.
    static let chunksKept = 4
    /// Bytes of a download that are written at once: a transfer holds two such batches, one that comes and one on its way to the
    /// disk.
    static let batchBytes = 1 << 20
    /// Bytes of a unix socket's path, without its final zero (unix(7): 108 with it).
    package static let socketPathBytesMax = 107
    /// Bytes of a host's name and of one label in it (RFC 1035, 2.3.4).
    package static let hostBytesMax = 253
    package static let hostLabelBytesMax = 63
    /// What a refused request is told to wait.
    package static let busyRetry: Duration = .seconds(1)
    /// Header fields of a request: clients of ours send six, proxies add some.
    package static let headersMax = 64
    /// Longest time a caller may wait for receipts or log lines in one call, seconds.
    package static let longPollSecondsMax: UInt64 = 30
    /// Bytes of log returned by one call.
    package static let logPageBytesMax: UInt64 = 1 << 20
    /// Events kept of one lease; a lease that is paused and resumed every second fills it in an hour.
    package static let eventsPerLeaseMax = 8_192
    /// Jobs that a client takes of one agent, in all pages: one a minute for a month. An agent forgets closed ones by and by.
    package static let jobsMax = 1 << 16
    /// Receipts returned by one call.
    package static let receiptPageMax = 256
    /// Arguments and environment of a job, bytes together.
    package static let commandBytesMax = 128 << 10
    /// Longest directory that a job may be started in, bytes (limits.h, PATH_MAX).
    package static let pathBytesMax = 4_096
    /// Longest name of an image, bytes: a host, a path of 255 and a digest.
    package static let imageReferenceBytesMax = 1_024
}
