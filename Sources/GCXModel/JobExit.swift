/// How a job ended.
package struct JobExit: Codable, Equatable, Sendable {
    package var reason: ExitReason
    /// Status of the first process as a shell says it; nil when it never ran or nobody saw its end.
    package var statusCode: Int32?
    /// Processes the kernel ended for want of memory; nil when it could not be read.
    package var oomKills: UInt64?
    package var bootID: String
    /// Nil when the job's first instruction never ran.
    package var startedBootNanoseconds: UInt64?
    package var endedBootNanoseconds: UInt64
    package var endedWallNanoseconds: UInt64
    /// Bytes of all records of the log, kept or not, and the head of its chain.
    package var logBytes: UInt64
    package var logDigest: Digest
    /// Output of the job that is not in its log any more, or never was.
    package var logDroppedBytes: UInt64
    /// Room the writable layer took at the end.
    package var storageBytes: UInt64?
    /// Bytes of `output.tar`; nil when there is none.
    package var outputBytes: UInt64?
    /// Its SHA-256, 64 hexadecimal digits.
    package var outputDigest: String?
    /// Why there is no output although the job left some, or what is not in it; nil when all is there.
    package var outputProblem: String?
    /// Bytes that the job sent and received; nil without a network, or when nobody could read them at the end.
    package var egressBytes: UInt64?
    package var ingressBytes: UInt64?

    package init(
        reason: ExitReason, statusCode: Int32? = nil, oomKills: UInt64? = nil, bootID: String,
        startedBootNanoseconds: UInt64? = nil, endedBootNanoseconds: UInt64, endedWallNanoseconds: UInt64,
        logBytes: UInt64, logDigest: Digest, logDroppedBytes: UInt64, storageBytes: UInt64? = nil,
        outputBytes: UInt64? = nil, outputDigest: String? = nil, outputProblem: String? = nil,
        egressBytes: UInt64? = nil, ingressBytes: UInt64? = nil
    ) {
        self.reason = reason
        self.statusCode = statusCode
        self.oomKills = oomKills
        self.bootID = bootID
        self.startedBootNanoseconds = startedBootNanoseconds
        self.endedBootNanoseconds = endedBootNanoseconds
        self.endedWallNanoseconds = endedWallNanoseconds
        self.logBytes = logBytes
        self.logDigest = logDigest
        self.logDroppedBytes = logDroppedBytes
        self.storageBytes = storageBytes
        self.outputBytes = outputBytes
        self.outputDigest = outputDigest
        self.outputProblem = outputProblem
        self.egressBytes = egressBytes
        self.ingressBytes = ingressBytes
    }
}
