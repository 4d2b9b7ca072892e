import GCXMetering
import GCXModel
import GCXPricing
import Testing

@Suite("The buyer's check of receipts")
struct ReceiptCheckTests {
    static let lease = Digest(checkedBytes: [UInt8](repeating: 7, count: 32))
    static let rates = Rates(
        leaseHour: 0, coreHour: 3_600_000_000_000, memoryGiBHour: 0, gpuHour: 0, storageGiBHour: 0, egressGiB: 0)
    static let terms = LeaseTerms(
        offer: .zero, demand: .zero, payer: .zero, payee: .zero, machine: .zero, session: .zero,
        resources: Resources(cores: 2, memoryBytes: 1 << 30, storageBytes: 1 << 30, gpus: 0), rates: rates, startsAt: 0,
        endsAt: 3_600, deposit: 100_000_000_000, burst: 100_000_000_000, hourlyCap: 7_200_000_000_000,
        closeWindowSeconds: 60, receiptSeconds: 10, creditLimit: 1, graceSeconds: 1, salt: .zero)
    static let check = ReceiptCheck(lease: lease, terms: terms, deposit: terms.deposit)
    static let digest = Digest(checkedBytes: [UInt8](repeating: 9, count: 32))

    static func receipt(_ sequence: UInt64, core: UInt64, elapsed: UInt64) -> Receipt {
        var usage = Usage.zero
        (usage.coreNanoseconds, usage.leaseNanoseconds) = (core, elapsed)
        return Receipt(
            lease: lease, sequence: sequence, previous: sequence == 1 ? .zero : digest, bootID: "b",
            periodStartNanoseconds: (sequence - 1) * 10, periodEndNanoseconds: sequence * 10, issuedAt: 0, usage: usage,
            amount: Amount(UInt128(core)), logDigest: .zero, samplesDigest: .zero, isFinal: false, events: [])
    }

    static let first = receipt(1, core: 10_000_000_000, elapsed: 10_000_000_000)
    static let second = receipt(2, core: 20_000_000_000, elapsed: 20_000_000_000)

    static func refused(_ change: (inout Receipt) -> Void) -> ReceiptError? {
        var receipt = second
        change(&receipt)
        do {
            try check.check(receipt, after: (first, digest), elapsedNanoseconds: 30_000_000_000)
            return nil
        } catch {
            return error
        }
    }

    @Test("an honest chain passes")
    func honest() throws {
        try Self.check.check(Self.first, after: nil, elapsedNanoseconds: 10_000_000_000)
        #expect(Self.refused { _ in } == nil)
    }

    @Test("each thing a provider could change is refused by its name")
    func tampered() {
        let other = Digest.random()
        #expect(Self.refused { $0.lease = other } == .wrongLease(expected: Self.lease, found: other))
        #expect(Self.refused { $0.sequence = 3 } == .sequenceBroken(expected: 2, found: 3))
        #expect(Self.refused { $0.previous = other } == .chainBroken(sequence: 2))
        #expect(Self.refused { $0.periodStartNanoseconds = 9 } == .periodBroken(sequence: 2))
        #expect(
            Self.refused { $0.usage.coreNanoseconds = 1 }
                == .usageFell("CPU time", from: 10_000_000_000, to: 1))
        #expect(
            Self.refused { $0.amount = Amount($0.amount.value + 1) }
                == .amountWrong(sequence: 2, expected: 20_000_000_000, found: 20_000_000_001))
        #expect(Self.refused { $0.events = Array(repeating: "x", count: 65) } == .tooManyEvents(65))
    }

    @Test("more core time than cores times what the buyer saw is not physical, nor more lease time than that")
    func physics() throws {
        let tooMuch = Self.refused {
            $0.usage.coreNanoseconds = 71_000_000_000
            $0.amount = 71_000_000_000
        }
        // Two cores, 30 s by the buyer's clock, 5 s of tolerance.
        let most = UInt128(2 * 35_030_000_000 + 500_000_000)
        #expect(tooMuch == .impossible("CPU time in ns", most: most, found: 71_000_000_000))
        // Nobody looked at a clock: the lease has an hour.
        let hours = Self.receipt(1, core: 7_201_000_000_000, elapsed: 3_600_000_000_000)
        let rich = ReceiptCheck(lease: Self.lease, terms: Self.terms, deposit: Amount(7_300_000_000_000))
        #expect(
            throws: ReceiptError.impossible(
                "CPU time in ns", most: 7_200_500_000_000, found: 7_201_000_000_000)
        ) { try rich.check(hours, after: nil, elapsedNanoseconds: nil) }
        guard case .impossible("lease time in ns", _, _) = Self.refused({ $0.usage.leaseNanoseconds = 90_000_000_000 })
        else {
            Issue.record("a lease time beyond the buyer's clock was not refused")
            return
        }
    }

    @Test("a job that ran for a moment may owe the core time in which its image was read")
    func readBefore() throws {
        let receipt = Self.receipt(1, core: 30_000_000_000, elapsed: 1_000_000)
        try Self.check.check(receipt, after: nil, elapsedNanoseconds: 20_000_000_000)
        #expect(throws: ReceiptError.self) {
            try Self.check.check(receipt, after: nil, elapsedNanoseconds: 5_000_000_000)
        }
    }

    @Test("a lease that opens before its start bills nothing for the time between, but what its image took to read")
    func waiting() throws {
        var terms = Self.terms
        terms.startsAt = 20
        let check = ReceiptCheck(lease: Self.lease, terms: terms, deposit: terms.deposit, openedAt: 0)
        let reading = Self.receipt(1, core: 30_000_000_000, elapsed: 10_000_000_000)
        try check.check(reading, after: nil, elapsedNanoseconds: 30_000_000_000)
        // 30 s since the opening, 10 s since the start, 5 s of tolerance and 30 ms of drift.
        let billed = Self.receipt(1, core: 0, elapsed: 20_000_000_000)
        #expect(throws: ReceiptError.impossible("lease time in ns", most: 15_030_000_000, found: 20_000_000_000)) {
            try check.check(billed, after: nil, elapsedNanoseconds: 30_000_000_000)
        }
        // Before the start there is the tolerance alone.
        #expect(throws: ReceiptError.impossible("lease time in ns", most: 5_010_000_000, found: 20_000_000_000)) {
            try check.check(billed, after: nil, elapsedNanoseconds: 10_000_000_000)
        }
    }

    @Test("more bytes than any machine sends are not physical, nor one byte of a job without a network")
    func egress() throws {
        var receipt = Self.first
        receipt.usage.egressBytes = 11 * MeteringLimits.egressBytesPerSecondMax
        try Self.check.check(receipt, after: nil, elapsedNanoseconds: nil)
        receipt.usage.egressBytes += 1
        #expect(throws: ReceiptError.self) { try Self.check.check(receipt, after: nil, elapsedNanoseconds: nil) }
        receipt.usage.egressBytes = 1
        let offline = ReceiptCheck(
            lease: Self.lease, terms: Self.terms, deposit: Self.terms.deposit, sendsNothing: true)
        #expect(throws: ReceiptError.impossible("egress in bytes", most: 0, found: 1)) {
            try offline.check(receipt, after: nil, elapsedNanoseconds: nil)
        }
        // What a job before it sent stays in the bill, and nothing comes to it.
        var second = Self.second
        second.usage.egressBytes = 1
        try offline.check(second, after: (receipt, Self.digest), elapsedNanoseconds: nil)
        second.usage.egressBytes = 2
        #expect(throws: ReceiptError.impossible("egress in bytes", most: 1, found: 2)) {
            try offline.check(second, after: (receipt, Self.digest), elapsedNanoseconds: nil)
        }
    }

    @Test("nothing follows a final receipt, and nothing goes beyond the deposit")
    func bounds() {
        var final = Self.first
        final.isFinal = true
        #expect(throws: ReceiptError.afterFinal(sequence: 2)) {
            try Self.check.check(Self.second, after: (final, Self.digest), elapsedNanoseconds: nil)
        }
        let poor = ReceiptCheck(lease: Self.lease, terms: Self.terms, deposit: 1)
        #expect(throws: ReceiptError.overDeposit(deposit: 1, asked: 10_000_000_000)) {
            try poor.check(Self.first, after: nil, elapsedNanoseconds: nil)
        }
    }

    @Test("receipts over the jobs of a lease pass the buyer's check, with the time between them")
    func jobsInTurn() throws {
        func sample(_ seconds: UInt64, _ job: UInt64, cpu: UInt64) -> RawSample {
            RawSample(
                bootID: "b", bootNanoseconds: seconds * 1_000_000_000, cgroupInode: job,
                cpuNanoseconds: cpu * 1_000_000_000, memoryCurrentBytes: 1 << 30)
        }
        var meter = Meter(beginning: sample(0, 1, cpu: 0))
        var last: (receipt: Receipt, digest: Digest)?
        func answer(_ job: UInt64, at second: UInt64, isFinal: Bool = false) throws {
            _ = meter.add(sample(second, job, cpu: 2))
            let events = meter.takeBeginning().map { [Untrusted($0.event)] } ?? []
            let context = ReceiptContext(
                lease: Self.lease, previous: last, issuedAt: 0, logDigest: .zero, samplesDigest: .zero,
                isFinal: isFinal, events: events)
            let receipt = try meter.receipt(context, rates: Self.rates, started: 0)
            try Self.check.check(receipt, after: last, elapsedNanoseconds: second * 1_000_000_000)
            last = (receipt, .random())
        }
        try answer(1, at: 1)
        meter.begin(2, at: sample(60, 2, cpu: 0))
        try answer(2, at: 61)
        #expect(last?.receipt.beginsJob == 2 && last?.receipt.periodStartNanoseconds == 1_000_000_000)
        meter.begin(3, at: sample(70, 3, cpu: 0))
        try answer(3, at: 71, isFinal: true)
        #expect(last?.receipt.amount == 6_000_000_000 && last?.receipt.usage.leaseNanoseconds == 3_000_000_000)
    }

    @Test("the meter's own receipts pass the buyer's check")
    func builtReceipts() throws {
        func sample(_ seconds: UInt64) -> RawSample {
            RawSample(
                bootID: "b", bootNanoseconds: seconds * 1_000_000_000, cgroupInode: 1,
                cpuNanoseconds: seconds * 1_500_000_000, memoryCurrentBytes: 1 << 20)
        }
        var meter = Meter(beginning: sample(0))
        var last: (receipt: Receipt, digest: Digest)?
        for second in UInt64(1)...4 {
            _ = meter.add(sample(second))
            let context = ReceiptContext(
                lease: Self.lease, previous: last, issuedAt: 0, logDigest: .zero, samplesDigest: .zero,
                isFinal: second == 4, events: [])
            let receipt = try meter.receipt(context, rates: Self.rates, started: 0)
            try Self.check.check(receipt, after: last, elapsedNanoseconds: second * 1_000_000_000)
            last = (receipt, .random())
        }
        #expect(last?.receipt.sequence == 4)
        #expect(last?.receipt.amount == 6_000_000_000)
    }
}
