import GCXMetering
import GCXModel
import GCXPricing
import Testing

/// Each number of a receipt at the last value that is signed for, and one beyond it.
@Suite("The bounds of the buyer's check")
struct ReceiptBoundTests {
    private static let second: UInt64 = 1_000_000_000
    private static let free = Rates(
        leaseHour: 0, coreHour: 0, memoryGiBHour: 0, gpuHour: 0, storageGiBHour: 0, egressGiB: 0)

    /// A lease without a price, so that only physics decides: two cores, 1 GiB of each and three GPUs.
    private static let check: ReceiptCheck = {
        var terms = ReceiptCheckTests.terms
        (terms.rates, terms.resources.gpus) = (free, 3)
        return ReceiptCheck(lease: ReceiptCheckTests.lease, terms: terms, deposit: terms.deposit)
    }()

    private static func receipt(_ edit: (inout Usage) -> Void) -> Receipt {
        var receipt = ReceiptCheckTests.receipt(1, core: 0, elapsed: 10 * second)
        edit(&receipt.usage)
        return receipt
    }

    private static func refusal(_ receipt: Receipt, _ check: ReceiptCheck = check, seen: UInt64? = 10 * second)
        -> ReceiptError?
    {
        do throws(ReceiptError) {
            try check.check(receipt, after: nil, elapsedNanoseconds: seen)
            return nil
        } catch {
            return error
        }
    }

    /// For a lease of ten seconds by the buyer's clock.
    private static let rows: [(String, most: UInt128, @Sendable (inout Usage, UInt128) -> Void)] = [
        ("lease time in ns", 15_010_000_000, { $0.leaseNanoseconds = UInt64(clamping: $1) }),
        ("CPU time in ns", 2 * 15_010_000_000 + 500_000_000, { $0.coreNanoseconds = UInt64(clamping: $1) }),
        ("GPU time in ns", 3 * 10_000_000_000, { $0.gpuNanoseconds = UInt64(clamping: $1) }),
        ("memory in byte-seconds", 10 << 30, { $0.memoryByteSeconds = ByteSeconds($1) }),
        ("storage in byte-seconds", 10 << 30, { $0.storageByteSeconds = ByteSeconds($1) }),
        ("egress in bytes", 11 * 100_000_000_000, { $0.egressBytes = UInt64(clamping: $1) }),
    ]

    @Test("each use is signed for up to what the lease allows, and not one beyond", arguments: rows.indices)
    func physics(_ index: Int) {
        let (name, most, set) = Self.rows[index]
        #expect(Self.refusal(Self.receipt { set(&$0, most) }) == nil, "\(name)")
        let over = Self.receipt { set(&$0, most + 1) }
        #expect(Self.refusal(over) == .impossible(name, most: most, found: most + 1))
        let widest: UInt128 = name.hasSuffix("byte-seconds") ? .max : UInt128(UInt64.max)
        #expect(Self.refusal(Self.receipt { set(&$0, widest) }) == .impossible(name, most: most, found: widest))
    }

    private static let falls: [(String, @Sendable (inout Usage) -> Void)] = [
        ("lease time", { $0.leaseNanoseconds -= 1 }), ("CPU time", { $0.coreNanoseconds -= 1 }),
        ("memory", { $0.memoryByteSeconds = ByteSeconds($0.memoryByteSeconds.value - 1) }),
        ("GPU time", { $0.gpuNanoseconds -= 1 }),
        ("storage", { $0.storageByteSeconds = ByteSeconds($0.storageByteSeconds.value - 1) }),
        ("egress", { $0.egressBytes -= 1 }),
    ]

    @Test("each use only grows", arguments: falls.indices)
    func growth(_ index: Int) {
        let (name, fall) = Self.falls[index]
        let last = Self.receipt {
            $0 = Usage(
                leaseNanoseconds: 10 * Self.second, coreNanoseconds: 5, memoryByteSeconds: 5, gpuNanoseconds: 5,
                storageByteSeconds: 5, egressBytes: 5)
        }
        func refusal(_ edit: (inout Usage) -> Void) -> ReceiptError? {
            var next = ReceiptCheckTests.receipt(2, core: 0, elapsed: 0)
            next.usage = last.usage
            edit(&next.usage)
            do throws(ReceiptError) {
                try Self.check.check(next, after: (last, ReceiptCheckTests.digest), elapsedNanoseconds: nil)
                return nil
            } catch { return error }
        }
        #expect(refusal { _ in } == nil, "the same again is no fall")
        guard case .usageFell(name, let from, let to) = refusal(fall) else {
            Issue.record("\(name): \(String(describing: refusal(fall)))")
            return
        }
        #expect(from == to + 1)
    }

    @Test("the place of a receipt: its number, its link, its period and its end")
    func chain() {
        typealias Last = (receipt: Receipt, digest: Digest)
        func refusal(after last: Last?, _ edit: (inout Receipt) -> Void) -> ReceiptError? {
            var next = ReceiptCheckTests.receipt(last == nil ? 1 : 2, core: 0, elapsed: 0)
            edit(&next)
            do throws(ReceiptError) {
                try Self.check.check(next, after: last, elapsedNanoseconds: nil)
                return nil
            } catch { return error }
        }
        let first: Last = (ReceiptCheckTests.receipt(1, core: 0, elapsed: 0), ReceiptCheckTests.digest)
        #expect(refusal(after: nil) { _ in } == nil && refusal(after: first) { _ in } == nil)
        for number in [0, 2, UInt64.max] {
            #expect(refusal(after: nil) { $0.sequence = number } == .sequenceBroken(expected: 1, found: number))
        }
        for number in [0, 1, 3, UInt64.max] {
            #expect(refusal(after: first) { $0.sequence = number } == .sequenceBroken(expected: 2, found: number))
        }
        #expect(refusal(after: nil) { $0.previous = ReceiptCheckTests.digest } == .chainBroken(sequence: 1))
        #expect(refusal(after: first) { $0.previous = .zero } == .chainBroken(sequence: 2))
        #expect(refusal(after: first) { $0.periodStartNanoseconds = 11 } == .periodBroken(sequence: 2))
        #expect(refusal(after: first) { $0.periodEndNanoseconds = 9 } == .periodBroken(sequence: 2))
        #expect(refusal(after: nil) { $0.periodStartNanoseconds = 11 } == .periodBroken(sequence: 1))
        #expect(refusal(after: first) { $0.periodEndNanoseconds = 10 } == nil, "a period may be empty")
        // Boot clocks of two boots are not compared, but each period has its order.
        #expect(refusal(after: first) { ($0.bootID, $0.periodStartNanoseconds) = ("c", 0) } == nil)
        #expect(
            refusal(after: first) { ($0.bootID, $0.periodStartNanoseconds) = ("c", .max) } == .periodBroken(sequence: 2)
        )
        var last = first
        last.receipt.sequence = .max
        #expect(
            refusal(after: last) { $0.sequence = 0 } == .sequenceBroken(expected: 0, found: 0),
            "numbers do not begin anew")
        #expect(refusal(after: nil) { $0.events = [Untrusted](repeating: "a", count: 64) } == nil)
        #expect(refusal(after: nil) { $0.events = [Untrusted](repeating: "a", count: 65) } == .tooManyEvents(65))
    }

    @Test("a bill that cannot be computed, or is one unit off or beyond the deposit, is not signed for")
    func money() {
        var terms = ReceiptCheckTests.terms
        terms.rates.coreHour = 3_600_000_000_000
        func refusal(_ core: UInt64, _ amount: Amount, deposit: Amount) -> ReceiptError? {
            let check = ReceiptCheck(lease: ReceiptCheckTests.lease, terms: terms, deposit: deposit)
            var receipt = ReceiptCheckTests.receipt(1, core: core, elapsed: 0)
            receipt.amount = amount
            return Self.refusal(receipt, check)
        }
        #expect(refusal(100, 100, deposit: 100) == nil)
        #expect(refusal(100, 99, deposit: 100) == .amountWrong(sequence: 1, expected: 100, found: 99))
        #expect(refusal(100, 101, deposit: 200) == .amountWrong(sequence: 1, expected: 100, found: 101))
        #expect(refusal(100, 100, deposit: 99) == .overDeposit(deposit: 99, asked: 100))
        terms.rates.coreHour = Amount(.max)
        let error = refusal(.max, 1, deposit: 100)
        #expect(
            error == .priceUnknown(.overflow(usage: "everything used", rate: Amount(.max)))
                || error == .priceUnknown(.overflow(usage: "\(UInt64.max) ns of CPU", rate: Amount(.max))))
    }

    @Test("a clock that has run since the beginning of time bounds, and wraps nothing")
    func clocks() {
        let receipt = Self.receipt { $0.leaseNanoseconds = .max }
        #expect(Self.refusal(receipt, seen: .max) == nil)
        var terms = Self.check.terms
        (terms.startsAt, terms.endsAt) = (.max, 0)
        let odd = ReceiptCheck(lease: ReceiptCheckTests.lease, terms: terms, deposit: terms.deposit, openedAt: 0)
        // All of the time is before such a start, so the tolerance and the drift are left.
        #expect(
            Self.refusal(receipt, odd, seen: 10 * Self.second)
                == .impossible("lease time in ns", most: 5_010_000_000, found: UInt128(UInt64.max)))
        #expect(
            Self.refusal(Self.receipt { $0.coreNanoseconds = 500_000_001 }, odd, seen: nil)
                == .impossible("CPU time in ns", most: 500_000_000, found: 500_000_001))
    }

    @Test("whatever is wrong, no voucher is signed and the lease is closed")
    func remedy() {
        let errors: [ReceiptError] = [
            .wrongLease(expected: .zero, found: .zero), .sequenceBroken(expected: 1, found: 2),
            .chainBroken(sequence: 1),
            .usageFell("a", from: 2, to: 1), .amountWrong(sequence: 1, expected: 1, found: 2),
            .priceUnknown(.overflow(usage: "a", rate: 1)), .impossible("a", most: 1, found: 2),
            .overDeposit(deposit: 1, asked: 2), .periodBroken(sequence: 1), .afterFinal(sequence: 1),
            .tooManyEvents(65),
        ]
        #expect(Set(errors.map(\.description)).count == errors.count)
        for error in errors {
            guard case .fix(let text) = error.remedy else { continue }
            #expect(text.hasPrefix("No voucher was signed") && text.contains("gcx lease close"))
        }
        #expect(errors.allSatisfy { if case .fix = $0.remedy { true } else { false } })
    }

    @Test(
        "a job goes on up to the credit, and up to what the deposit holds until the next look",
        arguments: [
            (0, 0, true, false), (10, 0, true, false), (11, 0, false, false), (11, 1, true, false),
            (0, 50, true, false),
            (95, 95, true, false), (96, 96, false, true), (95, 84, false, false), (.max, .max, false, true),
            (.max, 0, false, true),
        ] as [(UInt128, UInt128, Bool, Bool)])
    func credit(_ metered: UInt128, _ vouched: UInt128, _ runs: Bool, _ isSpent: Bool) {
        let policy = CreditPolicy(creditLimit: 10, deposit: 100, reserve: 5)
        #expect(policy.decide(metered: Amount(metered), vouched: Amount(vouched)) == (runs ? .run : .pause))
        #expect(policy.isSpent(metered: Amount(metered)) == isSpent)
        let boundless = CreditPolicy(creditLimit: Amount(.max), deposit: Amount(.max), reserve: 0)
        #expect(boundless.decide(metered: Amount(metered), vouched: Amount(vouched)) == .run)
    }
}
