import GCXModel
import GCXPricing
import Testing

@Suite("Prices as people type them")
struct TypedRateTests {
    static let rates: [(String, Priced, UInt64)] = [
        ("0.04 TEST/core-hour", .core, 40_000_000), ("0.04 TEST", .core, 40_000_000),
        ("0.00001 TEST/core-second", .core, 36_000_000), ("0.0006TEST/core-minute", .core, 36_000_000),
        ("0.96 TEST/core-day", .core, 40_000_000), ("0.005 TEST/GiB-hour", .memory, 5_000_000),
        ("0.0001 TEST/GiB-hour", .storage, 100_000), ("1.5 TEST/GPU-hour", .gpu, 1_500_000_000),
        ("0.01 TEST/GiB", .egress, 10_000_000), ("0.05TEST/hour", .lease, 50_000_000),
        ("24 base-units/core-day", .core, 1), ("3 base-units/core-second", .core, 10_800), ("0", .core, 0),
        // No whole number of base units a second, and one an hour.
        ("0.0000000001 TEST/core-second", .core, 360), ("0.25 base-units/core-second", .core, 900),
        ("0.00000000025 TEST/core-second", .core, 900),
    ]

    @Test("a rate is exactly what was typed, whatever time it is for", arguments: rates)
    func rate(text: String, priced: Priced, hourly: UInt64) throws {
        #expect(try TypedRate.hourly(TypedMoney(text), of: priced, in: .test) == Amount(UInt128(hourly)))
    }

    static let refusals: [(String, Priced, [String])] = [
        ("1 base-units/core-day", .core, ["0 TEST/core-hour", "0.000000001 TEST/core-hour"]),
        ("0.1 TEST/core-day", .core, ["0.004166666 TEST/core-hour", "0.004166667 TEST/core-hour"]),
        ("0.0400000001 TEST/core-hour", .core, ["0.04 TEST/core-hour", "0.040000001 TEST/core-hour"]),
        ("0.00000000000000000000001 TEST/core-second", .core, ["0 TEST/core-hour", "0.000000001 TEST/core-hour"]),
        ("0.5 base-units", .lease, ["0 TEST/hour", "0.000000001 TEST/hour"]),
    ]

    @Test("a rate that would have to be rounded is refused, with the nearest that are none", arguments: refusals)
    func uneven(text: String, priced: Priced, nearest: [String]) throws {
        #expect(throws: MoneyError.unevenRate(text, nearest: nearest)) {
            try TypedRate.hourly(TypedMoney(text), of: priced, in: .test)
        }
        for text in nearest { _ = try TypedRate.hourly(TypedMoney(text), of: priced, in: .test) }
    }

    @Test(
        "the price of something else, and of more than there is, is refused",
        arguments: [
            ("1 TEST/core-hour", .memory), ("1 TEST/GiB-hour", .egress), ("1 TEST/GiB", .storage),
            ("1 TEST/core-week", .core), ("1 TEST/", .core), ("1 CREDIT/core-hour", .core),
            ("340282366920938463463374607431 TEST/core-second", .core),
        ] as [(String, Priced)])
    func refused(text: String, priced: Priced) {
        #expect(throws: MoneyError.self) { try TypedRate.hourly(TypedMoney(text), of: priced, in: .test) }
    }

    @Test("a rate is shown as it may be typed", arguments: Priced.allCases)
    func shown(priced: Priced) throws {
        for units in [0, 1, 40_000_000, UInt64.max] {
            let rate = Amount(UInt128(units))
            let text = Audience.$current.withValue(Audience(currency: .test)) { priced.text(rate) }
            #expect(try TypedRate.hourly(TypedMoney(text), of: priced, in: .test) == rate)
        }
        #expect(Priced.core.text(7) == "7 base units/core-hour")
    }
}
