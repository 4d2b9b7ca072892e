/// What the owner decided about every job, beyond its lease.
package struct JobPolicy: Equatable, Sendable {
    /// Whether a lease gets cores that no other lease has.
    package var exclusiveCores = true
    /// Most bytes a second that a job reads from each disk, and as many that it writes; 0 sets no limit.
    package var ioBytesPerSecond: UInt64 = 0
    /// Most reads a second of each disk, and as many writes; 0 sets no limit.
    package var ioOperationsPerSecond: UInt64 = 0
    /// A finished job's output stays on disk this long for its buyer to fetch, seconds.
    package var outputKeepSeconds: UInt64 = 3_600
    /// Log and events of a finished job are kept this long, seconds. Receipts and money are kept for good.
    package var historySeconds: UInt64 = 30 * 86_400
    /// A larger output is not kept, bytes.
    package var outputBytesMax: UInt64 = 8 << 30
    /// Beginnings of the https addresses that inputs may be fetched from; none by default.
    package var inputURLsAllow: [String] = []
    /// Certificates that such servers may be signed by, besides the system's; empty adds none.
    package var inputCertificates = ""
    /// The GPUs for sale, by their CDI names; the facts of an offer list the machine's all the same.
    package var gpus: [String] = []

    package init() {}
}
