import GCXMetering
import GCXModel
import GCXPricing

extension FuzzEntry {
    /// The buyer's check of receipts, three in a row, with any numbers in them, in the terms, and on the buyer's clock.
    static let receipts = FuzzEntry(name: "receipts") { bytes in
        var reader = ByteReader(bytes)
        let rates = Rates(
            leaseHour: Amount(reader.wide()), coreHour: Amount(reader.wide()), memoryGiBHour: Amount(reader.wide()),
            gpuHour: Amount(reader.wide()), storageGiBHour: Amount(reader.wide()), egressGiB: Amount(reader.wide()))
        let resources = Resources(
            cores: UInt32(truncatingIfNeeded: reader.number()), memoryBytes: reader.number(),
            storageBytes: reader.number(),
            gpus: UInt32(truncatingIfNeeded: reader.number()))
        let terms = LeaseTerms(
            offer: .zero, demand: .zero, payer: .zero, payee: .zero, machine: .zero, session: .zero,
            resources: resources,
            rates: rates, startsAt: reader.number(), endsAt: reader.number(), deposit: Amount(reader.wide()),
            burst: Amount(reader.wide()), hourlyCap: Amount(reader.wide()), closeWindowSeconds: reader.number(),
            receiptSeconds: reader.number(), creditLimit: Amount(reader.wide()), graceSeconds: reader.number(),
            salt: .zero)
        _ = try? Pricing.ceiling(resources, rates: rates, seconds: reader.number())
        _ = try? Pricing.hourlyCeiling(resources, rates: rates)
        let check = ReceiptCheck(
            lease: .zero, terms: terms, deposit: terms.deposit, sendsNothing: reader.byte() & 1 == 0)
        var last: (receipt: Receipt, digest: Digest)?
        for _ in 0..<3 {
            let receipt = receipt(&reader, after: last?.receipt, rates: rates)
            let elapsed = reader.byte() & 1 == 0 ? nil : reader.number()
            _ = try? check.check(receipt, after: last, elapsedNanoseconds: elapsed)
            last = (receipt, .zero)
        }
    } seeds: {
        [[UInt8](repeating: 0, count: 200), (0..<255).map { UInt8($0) }, [UInt8](repeating: 1, count: 200)]
    }

    /// Mostly one that passes the first questions, so that the later ones are asked too.
    private static func receipt(_ reader: inout ByteReader, after last: Receipt?, rates: Rates) -> Receipt {
        let usage = Usage(
            leaseNanoseconds: reader.number(), coreNanoseconds: reader.number(),
            memoryByteSeconds: ByteSeconds(reader.wide()), gpuNanoseconds: reader.number(),
            storageByteSeconds: ByteSeconds(reader.wide()), egressBytes: reader.number())
        let odd = reader.byte()
        let start = odd & 1 == 0 ? last?.periodEndNanoseconds ?? 0 : reader.number()
        let owed = (try? Pricing.amountOwed(usage, rates: rates)) ?? .zero
        return Receipt(
            lease: .zero, sequence: odd & 2 == 0 ? (last?.sequence ?? 0) &+ 1 : reader.number(), previous: .zero,
            bootID: "",
            periodStartNanoseconds: start, periodEndNanoseconds: reader.number(), issuedAt: reader.number(),
            usage: usage,
            amount: odd & 4 == 0 ? owed : Amount(reader.wide()), logDigest: .zero, samplesDigest: .zero,
            isFinal: odd & 8 != 0, events: [])
    }
}
