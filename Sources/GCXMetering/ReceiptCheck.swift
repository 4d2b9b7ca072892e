package import GCXModel
package import GCXPricing

/// Why the buyer's side does not sign for a receipt.
package enum ReceiptError: RemediedError, Equatable {
    case wrongLease(expected: LeaseID, found: LeaseID)
    case sequenceBroken(expected: UInt64, found: UInt64)
    case chainBroken(sequence: UInt64)
    case usageFell(String, from: UInt128, to: UInt128)
    case amountWrong(sequence: UInt64, expected: Amount, found: Amount)
    case priceUnknown(PricingError)
    case impossible(String, most: UInt128, found: UInt128)
    case overDeposit(deposit: Amount, asked: Amount)
    case periodBroken(sequence: UInt64)
    case afterFinal(sequence: UInt64)
    case tooManyEvents(Int)

    package var description: String {
        switch self {
        case .wrongLease(let expected, let found): "the receipt is for lease \(found.short), not \(expected.short)"
        case .sequenceBroken(let expected, let found): "receipt \(found) came where \(expected) was due"
        case .chainBroken(let sequence): "receipt \(sequence) does not name the digest of the one before it"
        case .usageFell(let what, let from, let to): "\(what) fell from \(from) to \(to), but usage only grows"
        case .amountWrong(let sequence, let expected, let found):
            "receipt \(sequence) asks for \(found), but its usage comes to \(expected) at the lease's rates"
        case .priceUnknown(let error): "the receipt cannot be priced: \(error.description)"
        case .impossible(let what, let most, let found): "\(what) of \(found) is beyond what the lease allows: \(most)"
        case .overDeposit(let deposit, let asked):
            "the receipt asks for \(NumberText.amount(asked)), and the deposit is \(NumberText.amount(deposit))"
        case .periodBroken(let sequence): "the period of receipt \(sequence) does not follow the one before"
        case .afterFinal(let sequence): "receipt \(sequence) came after the final one"
        case .tooManyEvents(let count):
            "the receipt has \(NumberText.count(count, "event")), at most \(Limits.receiptEventsMax) are allowed"
        }
    }

    package var remedy: Remedy {
        .fix("No voucher was signed for it. Keep the receipt, close the lease with `gcx lease close` and rate it.")
    }
}

/// The buyer's check of every receipt, before a voucher answers it. Pure: the caller's clock comes as a number.
package struct ReceiptCheck: Sendable {
    package let lease: LeaseID
    package let terms: LeaseTerms
    /// What the buyer has in escrow by now.
    package var deposit: Amount
    /// True when the buyer knows that its job has no network, and so can owe no egress beyond what jobs before it sent.
    package let sendsNothing: Bool
    /// When the lease opened, Unix seconds by the ledger's clock; nil when unknown, and then it may have begun at once.
    package let openedAt: UInt64?

    package init(
        lease: LeaseID, terms: LeaseTerms, deposit: Amount, sendsNothing: Bool = false, openedAt: UInt64? = nil
    ) {
        self.lease = lease
        self.terms = terms
        self.deposit = deposit
        self.sendsNothing = sendsNothing
        self.openedAt = openedAt
    }

    /// Checks a receipt against the last one accepted and the time the buyer's own clock saw pass since the lease opened.
    ///
    /// - Parameter elapsedNanoseconds: on the buyer's side, from the opening of the lease until now; nil when unknown,
    ///   and then lease time has no bound, and core time that of the whole lease.
    package func check(
        _ receipt: Receipt, after last: (receipt: Receipt, digest: Digest)?, elapsedNanoseconds: UInt64?
    ) throws(ReceiptError) {
        guard receipt.lease == lease else { throw .wrongLease(expected: lease, found: receipt.lease) }
        try checkChain(receipt, after: last)
        try checkGrowth(receipt.usage, since: last?.receipt.usage ?? .zero)
        try checkAmount(receipt)
        try checkPhysics(
            receipt.usage, sent: last?.receipt.usage.egressBytes ?? 0, elapsedNanoseconds: elapsedNanoseconds)
        guard receipt.events.count <= Limits.receiptEventsMax else { throw .tooManyEvents(receipt.events.count) }
    }

    private func checkChain(
        _ receipt: Receipt, after last: (receipt: Receipt, digest: Digest)?
    ) throws(ReceiptError) {
        let (due, isOver) = (last?.receipt.sequence ?? 0).addingReportingOverflow(1)
        guard !isOver, receipt.sequence == due else { throw .sequenceBroken(expected: due, found: receipt.sequence) }
        guard receipt.previous == last?.digest ?? .zero else { throw .chainBroken(sequence: receipt.sequence) }
        if last?.receipt.isFinal == true { throw .afterFinal(sequence: receipt.sequence) }
        let follows =
            last.map {
                $0.receipt.bootID != receipt.bootID
                    || $0.receipt.periodEndNanoseconds == receipt.periodStartNanoseconds
            } ?? true
        guard follows, receipt.periodStartNanoseconds <= receipt.periodEndNanoseconds else {
            throw .periodBroken(sequence: receipt.sequence)
        }
    }

    private func checkGrowth(_ usage: Usage, since last: Usage) throws(ReceiptError) {
        for (name, before, now) in [
            ("lease time", UInt128(last.leaseNanoseconds), UInt128(usage.leaseNanoseconds)),
            ("CPU time", UInt128(last.coreNanoseconds), UInt128(usage.coreNanoseconds)),
            ("memory", last.memoryByteSeconds.value, usage.memoryByteSeconds.value),
            ("GPU time", UInt128(last.gpuNanoseconds), UInt128(usage.gpuNanoseconds)),
            ("storage", last.storageByteSeconds.value, usage.storageByteSeconds.value),
            ("egress", UInt128(last.egressBytes), UInt128(usage.egressBytes)),
        ] where now < before {
            throw .usageFell(name, from: before, to: now)
        }
    }

    private func checkAmount(_ receipt: Receipt) throws(ReceiptError) {
        let expected: Amount
        do { expected = try Pricing.amountOwed(receipt.usage, rates: terms.rates) } catch { throw .priceUnknown(error) }
        guard receipt.amount == expected else {
            throw .amountWrong(sequence: receipt.sequence, expected: expected, found: receipt.amount)
        }
        guard receipt.amount <= deposit else { throw .overDeposit(deposit: deposit, asked: receipt.amount) }
    }

    /// Lease time ≤ what the buyer's clock saw since the lease began; memory, storage and GPUs ≤ the lease × that time.
    ///
    /// Core time may be older than the job: its image and input were read for it since the lease was opened. So it is at
    /// most cores × what the buyer's clock saw, or, when nobody looked at a clock, cores × all the time of the lease.
    ///
    /// - Parameter sent: bytes that the receipt before has accounted for.
    private func checkPhysics(_ usage: Usage, sent: UInt64, elapsedNanoseconds: UInt64?) throws(ReceiptError) {
        // bounded here: products of 64 bits by 64 in 128, and sums of such with constants below 2^64; what is taken off is no
        // more than what is there
        let elapsed = UInt128(usage.leaseNanoseconds)
        let second = UInt128(Nanoseconds.inSecond)
        var open = UInt128(terms.endsAt - min(terms.startsAt, terms.endsAt)) * second
        if let seen = elapsedNanoseconds {
            let drift = UInt128(seen) * UInt128(MeteringLimits.clockDriftPartsPerMillion) / 1_000_000
            open = UInt128(seen) + drift + UInt128(MeteringLimits.clockToleranceNanoseconds)
            try bound("lease time in ns", elapsed, open - UInt128(min(seen, waitedNanoseconds)))
        }
        let cores = UInt128(terms.resources.cores)
        let slack = cores * UInt128(MeteringLimits.coreSlackNanoseconds)
        try bound("CPU time in ns", UInt128(usage.coreNanoseconds), cores * open + slack)
        try bound("GPU time in ns", UInt128(usage.gpuNanoseconds), UInt128(terms.resources.gpus) * elapsed)
        try bound(
            "memory in byte-seconds", usage.memoryByteSeconds.value,
            UInt128(terms.resources.memoryBytes) * elapsed / second)
        try bound(
            "storage in byte-seconds", usage.storageByteSeconds.value,
            UInt128(terms.resources.storageBytes) * elapsed / second)
        // Time is rounded up to a whole second.
        try bound(
            "egress in bytes", UInt128(usage.egressBytes),
            sendsNothing
                ? UInt128(sent) : UInt128(MeteringLimits.egressBytesPerSecondMax) * (elapsed / second + 1))
    }

    /// From the opening of the lease to its start: no job runs then, though its image may be read.
    private var waitedNanoseconds: UInt64 {
        guard let openedAt, terms.startsAt > openedAt else { return 0 }
        return Nanoseconds.of(seconds: terms.startsAt - openedAt)  // bounded: the smaller from the larger
    }

    private func bound(_ name: String, _ found: UInt128, _ most: UInt128) throws(ReceiptError) {
        guard found <= most else { throw .impossible(name, most: most, found: found) }
    }
}
