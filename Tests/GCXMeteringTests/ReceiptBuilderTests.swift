import GCXMetering
import GCXModel
import GCXPricing
import Testing

@Suite("What a meter writes into a receipt")
struct ReceiptBuilderTests {
    private static let rates = ReceiptCheckTests.rates

    private func context(
        _ previous: (receipt: Receipt, digest: Digest)? = nil, events: [Untrusted] = [], isFinal: Bool = false
    ) -> ReceiptContext {
        ReceiptContext(
            lease: ReceiptCheckTests.lease, previous: previous, issuedAt: 9, logDigest: .zero, samplesDigest: .zero,
            isFinal: isFinal, events: events)
    }

    private func receipt(_ context: ReceiptContext, boot: String = "b", started: UInt64 = 3) throws -> Receipt {
        var meter = Meter(beginning: MeterTests.sample(10, cpu: 0, boot: boot))
        _ = meter.add(MeterTests.sample(12, cpu: 5, boot: boot))
        return try meter.receipt(context, rates: Self.rates, started: started)
    }

    @Test("the first names nothing before it, and its period begins when the job did")
    func first() throws {
        let receipt = try receipt(context())
        #expect(receipt.sequence == 1 && receipt.previous == .zero && receipt.amount == 5)
        #expect(receipt.periodStartNanoseconds == 3 && receipt.periodEndNanoseconds == 12_000_000_000)
        // A job that began after its last sample has no period that ends before it begins.
        let late = try self.receipt(context(), started: .max)
        #expect(late.periodStartNanoseconds == 12_000_000_000)
    }

    @Test("the next goes on where the last ended, and after another boot at its own end")
    func next() throws {
        var last = ReceiptCheckTests.first
        last.periodEndNanoseconds = 11
        let digest = Digest(checkedBytes: [UInt8](repeating: 9, count: 32))
        let same = try receipt(context((last, digest)))
        #expect(same.sequence == 2 && same.previous == digest && same.periodStartNanoseconds == 11)
        let rebooted = try receipt(context((last, digest)), boot: "c")
        #expect(rebooted.periodStartNanoseconds == rebooted.periodEndNanoseconds && rebooted.bootID == "c")
    }

    @Test(
        "events beyond the limit: the first and the last are kept, and one says how many are not",
        arguments: [0, 1, 63, 64, 65, 66, 1_000])
    func events(_ count: Int) throws {
        let all = (0..<count).map { Untrusted("event \($0)") }
        let kept = try receipt(context(events: all)).events
        #expect(kept.count == min(count, Limits.receiptEventsMax))
        guard count > Limits.receiptEventsMax else { return #expect(kept == all) }
        #expect(kept[..<32] == all[..<32] && kept[33...] == all.suffix(31))
        #expect(kept[32] == Untrusted("\(count - 63) more events"))
    }

    @Test("an event that quotes a stranger steers no terminal, and is no longer than a line")
    func strangers() throws {
        let events = try receipt(
            context(events: ["\u{1B}[2Jgone", Untrusted(String(repeating: "é", count: 2_000)), "a\nb"])
        ).events
        #expect(events.allSatisfy { $0.refusal == nil && $0.byteCount <= Limits.eventBytesMax })
        #expect(events[0].contains("gone") && events[2].contains("a"))
    }

    @Test("usage that cannot be priced is an error, and no receipt of a small amount")
    func unpriced() throws {
        var meter = Meter(beginning: MeterTests.sample(0, cpu: 0))
        _ = meter.add(MeterTests.sample(1, cpu: .max))
        var rates = Self.rates
        rates.coreHour = Amount(.max)
        #expect(throws: PricingError.self) { try meter.receipt(context(), rates: rates, started: 0) }
    }

    @Test("contexts are the same when all they say is")
    func contexts() {
        let (one, digest) = (context((ReceiptCheckTests.first, .zero)), Digest.random())
        #expect(one == context((ReceiptCheckTests.first, .zero)) && one != context())
        #expect(one != context((ReceiptCheckTests.first, digest)))
        let edits: [(inout ReceiptContext) -> Void] = [
            { $0.lease = digest }, { $0.issuedAt += 1 }, { $0.logDigest = digest }, { $0.samplesDigest = digest },
            { $0.isFinal = true }, { $0.events = ["a"] },
        ]
        for edit in edits {
            var other = one
            edit(&other)
            #expect(other != one)
        }
    }
}
