/// What a lease has used and owes by now. Signed by the machine; cumulative, so a lost one costs nothing.
///
/// Each names the digest of the one before it, and the first names zero.
package struct Receipt: Codable, Equatable, Hashable, Sendable {
    /// The lease.
    package var lease: LeaseID
    /// 1, 2, 3 ... without a gap.
    package var sequence: UInt64
    /// Digest of receipt `sequence - 1`; zero for the first.
    package var previous: Digest
    /// Kernel boot id; the period below is on that boot's clock.
    package var bootID: Untrusted
    /// CLOCK_BOOTTIME at the start of the period, ns.
    package var periodStartNanoseconds: UInt64
    /// CLOCK_BOOTTIME at its end, ns.
    package var periodEndNanoseconds: UInt64
    /// A label for people, Unix seconds.
    package var issuedAt: UInt64
    /// Cumulative since the lease began.
    package var usage: Usage
    /// Cumulative amount owed, base units, rounded down once.
    package var amount: Amount
    /// SHA-256 of the job's log so far.
    package var logDigest: Digest
    /// SHA-256 over all samples so far, chained.
    package var samplesDigest: Digest
    /// True on the last receipt of the lease.
    package var isFinal: Bool
    /// What happened in the period that a reader must know: a gap, a pause, the end and its reason.
    package var events: [Untrusted]

    package init(
        lease: LeaseID, sequence: UInt64, previous: Digest, bootID: Untrusted, periodStartNanoseconds: UInt64,
        periodEndNanoseconds: UInt64, issuedAt: UInt64, usage: Usage, amount: Amount, logDigest: Digest,
        samplesDigest: Digest, isFinal: Bool, events: [Untrusted]
    ) {
        self.lease = lease
        self.sequence = sequence
        self.previous = previous
        self.bootID = bootID
        self.periodStartNanoseconds = periodStartNanoseconds
        self.periodEndNanoseconds = periodEndNanoseconds
        self.issuedAt = issuedAt
        self.usage = usage
        self.amount = amount
        self.logDigest = logDigest
        self.samplesDigest = samplesDigest
        self.isFinal = isFinal
        self.events = events
    }
}
