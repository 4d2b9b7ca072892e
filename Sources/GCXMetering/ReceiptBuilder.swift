package import GCXModel
package import GCXPricing

/// What a receipt says besides the usage.
package struct ReceiptContext: Equatable, Sendable {
    package var lease: LeaseID
    /// The receipt before and its digest; nil for the first.
    package var previous: (receipt: Receipt, digest: Digest)?
    package var issuedAt: UInt64
    package var logDigest: Digest
    package var samplesDigest: Digest
    package var isFinal: Bool
    package var events: [Untrusted]

    package init(
        lease: LeaseID, previous: (receipt: Receipt, digest: Digest)?, issuedAt: UInt64, logDigest: Digest,
        samplesDigest: Digest, isFinal: Bool, events: [Untrusted]
    ) {
        self.lease = lease
        self.previous = previous
        self.issuedAt = issuedAt
        self.logDigest = logDigest
        self.samplesDigest = samplesDigest
        self.isFinal = isFinal
        self.events = events
    }

    package static func == (left: ReceiptContext, right: ReceiptContext) -> Bool {
        left.lease == right.lease && left.previous?.digest == right.previous?.digest
            && left.issuedAt == right.issuedAt && left.logDigest == right.logDigest
            && left.samplesDigest == right.samplesDigest && left.isFinal == right.isFinal
            && left.events == right.events
    }
}

extension Meter {
    /// The next receipt: cumulative usage, and what it comes to at the lease's rates.
    ///
    /// Events beyond the limits of a receipt are left out, and one in their place says how many; the newest are kept, for
    /// they tell how the job ended and what it left. What a terminal would obey is spelled
    /// out in them: an event may quote what a stranger sent.
    package func receipt(_ context: ReceiptContext, rates: Rates, started: UInt64) throws(PricingError) -> Receipt {
        Receipt(
            // bounded: one more than the last that this machine signed
            lease: context.lease, sequence: (context.previous?.receipt.sequence ?? 0) + 1,
            previous: context.previous?.digest ?? .zero, bootID: Untrusted(last.bootID),
            periodStartNanoseconds: periodStart(after: context.previous?.receipt, started: started),
            periodEndNanoseconds: last.bootNanoseconds, issuedAt: context.issuedAt, usage: usage,
            amount: try Pricing.amountOwed(usage, rates: rates), logDigest: context.logDigest,
            samplesDigest: context.samplesDigest, isFinal: context.isFinal, events: Self.bounded(context.events))
    }

    private func periodStart(after previous: Receipt?, started: UInt64) -> UInt64 {
        guard let previous else { return min(started, last.bootNanoseconds) }
        return previous.bootID == last.bootID ? previous.periodEndNanoseconds : last.bootNanoseconds
    }

    private static func bounded(_ events: [Untrusted]) -> [Untrusted] {
        let short = events.map { $0.line(bytesMax: Limits.eventBytesMax) }
        guard short.count > Limits.receiptEventsMax else { return short }
        let (first, last) = (short.prefix(Limits.receiptEventsMax / 2), short.suffix(Limits.receiptEventsMax / 2 - 1))
        // bounded: the parts of what is longer
        return first + ["\(NumberText.count(short.count - first.count - last.count, "more event"))"] + last
    }
}
