import GCXModel
import GCXPricing
import Testing

@Suite("What something costs at the most")
struct CeilingTests {
    private static let most = Amount(.max)
    private static let all = Resources(cores: .max, memoryBytes: .max, storageBytes: .max, gpus: .max)
    private static let one = Resources(cores: 1, memoryBytes: 1 << 30, storageBytes: 1 << 30, gpus: 1)

    private static func rates(_ edit: (inout Rates) -> Void) -> Rates {
        var rates = PricingTests.free
        edit(&rates)
        return rates
    }

    /// An hour of one of each at 7 an hour, in turn.
    private static let parts: [(String, Rates)] = [
        ("the lease", rates { $0.leaseHour = 7 }), ("a core", rates { $0.coreHour = 7 }),
        ("memory", rates { $0.memoryGiBHour = 7 }), ("a GPU", rates { $0.gpuHour = 7 }),
        ("storage", rates { $0.storageGiBHour = 7 }),
    ]

    @Test("each part costs its rate for an hour, and one unit is kept for rounding")
    func hour() throws {
        for (name, rates) in Self.parts {
            #expect(try Pricing.amountOwed(Pricing.fullUse(of: Self.one, seconds: 3_600), rates: rates) == 7, "\(name)")
            #expect(try Pricing.hourlyCeiling(Self.one, rates: rates) == 8, "\(name)")
            #expect(try Pricing.ceiling(Self.one, rates: rates, seconds: 0) == 1, "\(name)")
        }
    }

    @Test("what costs nothing has no ceiling above nothing, and egress is in none")
    func free() throws {
        #expect(try Pricing.ceiling(Self.all, rates: PricingTests.free, seconds: .max) == 0)
        #expect(try Pricing.ceiling(Self.one, rates: Self.rates { $0.egressGiB = Self.most }, seconds: 3_600) == 0)
        // A rate too small for one unit of what is used is a rate all the same.
        #expect(try Pricing.ceiling(Self.one, rates: Self.rates { $0.coreHour = 1 }, seconds: 1) == 1)
    }

    @Test(
        "what is sent costs its bytes at the most, rounded up, and nothing where it is free",
        arguments: [
            (1 << 30, 1, 10, 11), (1 << 30, 60, 10, 601), (1, 1, 10, 0), (0, 3_600, 10, 0), (1 << 30, 0, 10, 0),
            (1 << 30, 3_600, 0, 0), (.max, .max, 1, 17_179_869_184),
            (.max, .max, 1 << 63, (UInt128(1) << 97) - (1 << 33) + 1),
        ] as [(UInt64, UInt64, UInt64, UInt128)])
    func egress(_ bytesPerSecond: UInt64, _ seconds: UInt64, _ rate: UInt64, _ ceiling: UInt128) throws {
        let rates = Self.rates { $0.egressGiB = Amount(UInt128(rate)) }
        #expect(
            try Pricing.egressCeiling(bytesPerSecond: bytesPerSecond, rates: rates, seconds: seconds) == Amount(ceiling)
        )
    }

    @Test("full use of the largest machine for all time is bounded, not wrapped")
    func largest() throws {
        let usage = Pricing.fullUse(of: Self.all, seconds: .max)
        #expect(usage.leaseNanoseconds == .max && usage.coreNanoseconds == .max && usage.gpuNanoseconds == .max)
        #expect(usage.memoryByteSeconds.value == UInt128(UInt64.max) * UInt128(UInt64.max))
        #expect(usage.storageByteSeconds == usage.memoryByteSeconds && usage.egressBytes == 0)
        #expect(Pricing.fullUse(of: Self.all, seconds: 0) == .zero)
        let dear = Rates(
            leaseHour: Self.most, coreHour: Self.most, memoryGiBHour: Self.most, gpuHour: Self.most,
            storageGiBHour: Self.most, egressGiB: Self.most)
        #expect(throws: PricingError.self) { try Pricing.ceiling(Self.all, rates: dear, seconds: .max) }
        #expect(throws: PricingError.self) {
            try Pricing.egressCeiling(bytesPerSecond: .max, rates: dear, seconds: .max)
        }
    }

    @Test("a bill of the largest amount is one, and one unit more is an error that names what was used")
    func brink() throws {
        var usage = Usage.zero
        usage.leaseNanoseconds = 3_600_000_000_000
        #expect(try Pricing.amountOwed(usage, rates: Self.rates { $0.leaseHour = Self.most }) == Self.most)
        usage.leaseNanoseconds += 1
        #expect(throws: PricingError.overflow(usage: "everything used", rate: Self.most)) {
            try Pricing.amountOwed(usage, rates: Self.rates { $0.leaseHour = Self.most })
        }
        // The ceiling of it has no room for its rounding.
        #expect(throws: PricingError.overflow(usage: "3600 s", rate: Self.most)) {
            try Pricing.hourlyCeiling(Self.one, rates: Self.rates { $0.leaseHour = Self.most })
        }
    }

    @Test(
        "an overflow names the part that is too much",
        arguments: [
            ("byte-seconds of memory", rates { $0.memoryGiBHour = most }),
            ("byte-seconds of storage", rates { $0.storageGiBHour = most }),
        ])
    func names(_ unit: String, _ rates: Rates) {
        var usage = Usage.zero
        (usage.memoryByteSeconds, usage.storageByteSeconds) = (ByteSeconds(.max), ByteSeconds(.max))
        let error = #expect(throws: PricingError.self) { try Pricing.amountOwed(usage, rates: rates) }
        #expect(error == .overflow(usage: "\(UInt128.max) \(unit)", rate: Self.most))
        #expect(error?.description.contains("does not fit in 128 bits") == true)
        #expect(error?.remedy == .fix("Lower the rates of the offer; no real token has amounts this large."))
    }

    @Test(
        "seconds that an amount pays for are rounded down, and one second more is not paid",
        arguments: [
            (0, 1), (1, 3_600), (1, 3_601), (10_000, 7), (UInt128.max, UInt128.max), (5, UInt128.max),
        ] as [(UInt128, UInt128)])
    func covered(_ amount: UInt128, _ hourly: UInt128) throws {
        #expect(Pricing.secondsCovered(by: Self.most, hourly: 1) == nil, "they are without end")
        let seconds = try #require(Pricing.secondsCovered(by: Amount(amount), hourly: Amount(hourly)))
        if let cost = try? Pricing.accrued(hourly: Amount(hourly), seconds: seconds) { #expect(cost <= Amount(amount)) }
        guard seconds < .max, let more = try? Pricing.accrued(hourly: Amount(hourly), seconds: seconds + 1) else {
            return
        }
        #expect(more >= Amount(amount), "\(seconds) s")
    }

    @Test("shares of an amount never add up to more than it", arguments: [1, 2, 3, 7, 1_000, UInt64.max])
    func shares(_ parts: UInt64) {
        for amount in [0, 1, 2, UInt128(parts), UInt128(parts) + 1, .max] {
            let share = Pricing.share(Amount(amount), parts: parts).value
            #expect(share * UInt128(parts) <= amount && amount - share * UInt128(parts) < UInt128(parts), "\(amount)")
        }
    }

    @Test(
        "a part of the bill and the rest of it are never more than the whole",
        arguments: [1, 2, UInt64.random(in: 3 ... .max)])
    func split(_ seed: UInt64) throws {
        var random = SplitMix(state: seed)
        for _ in 0..<200 {
            let (rates, first, second) = (
                PricingTests.rates(&random), PricingTests.usage(&random), PricingTests.usage(&random)
            )
            var whole = first
            whole.leaseNanoseconds += second.leaseNanoseconds
            whole.coreNanoseconds += second.coreNanoseconds
            whole.memoryByteSeconds = ByteSeconds(first.memoryByteSeconds.value + second.memoryByteSeconds.value)
            whole.gpuNanoseconds += second.gpuNanoseconds
            whole.storageByteSeconds = ByteSeconds(first.storageByteSeconds.value + second.storageByteSeconds.value)
            whole.egressBytes += second.egressBytes
            let parts =
                try Pricing.amountOwed(first, rates: rates).value + Pricing.amountOwed(second, rates: rates).value
            let owed = try Pricing.amountOwed(whole, rates: rates).value
            #expect(parts == owed || parts + 1 == owed, "seed \(seed)")
        }
    }
}
