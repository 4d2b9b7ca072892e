import GCXModel
import Testing

@Suite("Money as people type and read it")
struct MoneyTests {
    private static let max128 = "340282366920938463463374607431768211455"
    private static func currency(_ symbol: String, _ decimals: Int) throws -> Currency {
        try #require(Currency(symbol: symbol, decimals: decimals))
    }

    static let amounts: [(String, String)] = [
        ("0", "0"), ("0.00", "0"), ("0 TEST", "0"), ("1.5 TEST", "1500000000"), ("1.5TEST", "1500000000"),
        ("  1.5  TEST  ", "1500000000"), ("0.04 TEST", "40000000"), ("0.000000001 TEST", "1"),
        ("1.500000000000 TEST", "1500000000"), ("1,234.5 TEST", "1234500000000"), ("1_000 TEST", "1000000000000"),
        ("5000000 base-units", "5000000"), ("5,000,000base-units", "5000000"), ("1 base unit", "1"),
        ("7.0 base-units", "7"), ("7 base units", "7"), ("\(max128) base-units", max128),
        ("340282366920938463463374607431.768211455 TEST", max128),
    ]

    @Test("an amount is exactly what was typed", arguments: amounts)
    func amount(text: String, units: String) throws {
        #expect(try TypedMoney(text).amount(in: .test).description == units)
    }

    static let refusals: [(String, MoneyError)] = [
        ("1.5", .withoutUnit("1.5")), ("9000000", .withoutUnit("9000000")), ("5,000,000", .withoutUnit("5,000,000")),
        ("-1 TEST", .signed("-1 TEST")), ("+1 TEST", .signed("+1 TEST")), ("1e6 TEST", .exponent("1e6 TEST")),
        ("1E-6TEST", .exponent("1E-6TEST")), ("0x10 TEST", .exponent("0x10 TEST")),
        ("1,5 TEST", .malformed("1,5 TEST")), ("0,001 TEST", .malformed("0,001 TEST")),
        ("007 TEST", .malformed("007 TEST")), (".5 TEST", .malformed(".5 TEST")), ("5. TEST", .malformed("5. TEST")),
        ("1.2.3 TEST", .malformed("1.2.3 TEST")), ("1,0000 TEST", .malformed("1,0000 TEST")),
        ("TEST", .malformed("TEST")), ("", .malformed("")), ("١ TEST", .malformed("١ TEST")),
        ("1 test", .unknownUnit("1 test")), ("1 TEST TEST", .unknownUnit("1 TEST TEST")),
        ("1 000 TEST", .unknownUnit("1 000 TEST")), ("1 €", .unknownUnit("1 €")), ("1M", .otherCurrency("1M", .test)),
        ("1 CREDIT", .otherCurrency("1 CREDIT", .test)), ("1.5 base-units", .partOfBaseUnit("1.5 base-units")),
        ("1 TEST/hour", .otherMeasure("1 TEST/hour", expected: [])),
        ("0.0000000015 TEST", .tooFine("0.0000000015 TEST", .test, below: 1, above: 2)),
        ("340282366920938463463374607431.768211456 TEST", .tooLarge("340282366920938463463374607431.768211456 TEST")),
        (
            "340282366920938463463374607431768211456 base-units",
            .tooLarge("340282366920938463463374607431768211456 base-units")
        ),
    ]

    @Test("what could be another amount than was meant is refused, with what to type", arguments: refusals)
    func refusal(text: String, error: MoneyError) {
        #expect(throws: error) { try TypedMoney(text).amount(in: .test) }
        #expect(error.remedy != .refuse, "it says what to type")
    }

    @Test("too many digits are answered with the nearest amounts there are")
    func nearest() throws {
        let fine = #expect(throws: MoneyError.self) {
            try TypedMoney("0.12345 USD").amount(in: Self.currency("USD", 2))
        }
        #expect(fine?.remedy == .fix("Give 0.12 USD or 0.13 USD."))
    }

    @Test(
        "an amount is shown whole, with its symbol and no digit too many",
        arguments: [
            (0, 9, "0 TEST"), (1, 9, "0.000000001 TEST"), (40_000_000, 9, "0.04 TEST"),
            (1_500_000_000, 9, "1.5 TEST"), (1_234_567_000_000_000, 9, "1,234,567 TEST"), (5, 0, "5 TEST"),
            (100, 2, "1 TEST"), (12_345, 2, "123.45 TEST"), (.max, 0, "18,446,744,073,709,551,615 TEST"),
        ] as [(UInt64, Int, String)])
    func shown(units: UInt64, decimals: Int, text: String) throws {
        #expect(try Self.currency("TEST", decimals).text(Amount(UInt128(units))) == text)
    }

    @Test("what is shown can be typed, and is the same amount, whatever the decimals")
    func roundTrip() throws {
        var generator = SystemRandomNumberGenerator()
        for decimals in 0...Limits.currencyDecimalsMax {
            let currency = try Self.currency("T0", decimals)
            for bits in 0..<128 {
                let amount = Amount(UInt128.random(in: .min ... .max, using: &generator) >> UInt128(bits))
                #expect(try TypedMoney(currency.text(amount)).amount(in: currency) == amount, "\(amount), \(decimals)")
            }
            #expect(try TypedMoney(currency.text(Amount(.max))).amount(in: currency) == Amount(.max))
        }
    }

    @Test("a currency of a stranger is read only where its symbol is one and its decimals are few")
    func strangers() throws {
        for (symbol, decimals) in [("", 9), ("test", 9), ("T\u{1B}", 9), ("9T", 9), ("TEST", 31), ("TEST", -1)] {
            let text = #"{"symbol":"\#(symbol == "T\u{1B}" ? "T\\u001b" : symbol)","decimals":\#(decimals)}"#
            #expect(throws: (any Error).self) { try StrictJSON.decode(Currency.self, from: Array(text.utf8)) }
        }
        let read = try StrictJSON.decode(Currency.self, from: Array(#"{"symbol":"TEST","decimals":9}"#.utf8))
        #expect(read == .test)
        #expect(Currency.unnamed(isTestNetwork: false) == .credit && Currency.unnamed(isTestNetwork: true) == .test)
    }

    @Test("without a currency money is in base units, and with one it is called by its name")
    func audience() {
        #expect(NumberText.amount(1_500_000_000) == "1,500,000,000 base units")
        Audience.$current.withValue(Audience(currency: .test)) {
            #expect(NumberText.amount(1_500_000_000) == "1.5 TEST")
        }
    }
}

@Suite("Times as people read them")
struct MomentTests {
    private static let noon: UInt64 = 1_795_780_800

    @Test(
        "a moment is shown by the reader's clock and with its zone",
        arguments: [
            (0, "2026-11-27 12:00:00Z"), (3_600, "2026-11-27 13:00:00+01:00"), (-18_000, "2026-11-27 07:00:00-05:00"),
            (20_700, "2026-11-27 17:45:00+05:45"), (-12_600, "2026-11-27 08:30:00-03:30"),
            (50_400, "2026-11-28 02:00:00+14:00"),
        ] as [(Int64, String)])
    func moment(east: Int64, text: String) {
        Audience.$current.withValue(Audience(secondsEast: { _ in east })) {
            #expect(RFC3339.moment(Self.noon) == text)
            #expect(RFC3339.nanoseconds(text) == Nanoseconds.of(seconds: Self.noon), "it can be typed")
            let fine = RFC3339.localText(Nanoseconds.of(seconds: Self.noon) + 1_000)
            #expect(RFC3339.nanoseconds(fine) == Nanoseconds.of(seconds: Self.noon) + 1_000)
        }
        #expect(RFC3339.moment(Self.noon).hasSuffix("Z"), "files and logs have UTC")
        #expect(RFC3339.text(Nanoseconds.of(seconds: Self.noon)) == "2026-11-27T12:00:00.000000Z")
    }

    @Test("a clock that says anything ends nothing", arguments: [Int64.min, -1, 59, Int64.max])
    func wild(east: Int64) {
        Audience.$current.withValue(Audience(secondsEast: { _ in east })) {
            for seconds in [0, 1, UInt64.max] { #expect(!RFC3339.moment(seconds).isEmpty) }
        }
    }
}
