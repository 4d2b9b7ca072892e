import GCXModel
import Testing

@testable import gcx

/// What people type for a value, and what it means; nil where it is refused.
@Suite("Values as people type them") struct ArgumentFormTests {
    private static let max128 = "340282366920938463463374607431768211455"

    static let amountTexts: [(String, String?)] = [
        ("0", "0"), ("5000000", "5000000"), ("5,000,000", "5000000"), ("5_000_000", "5000000"),
        ("5,000_000", "5000000"),
        ("500,000", "500000"), (max128, max128), ("340,282,366,920,938,463,463,374,607,431,768,211,455", max128),
        ("1,5", nil),
        ("1.5", nil), ("1,50", nil), ("1,5000", nil), ("5000,000", nil), (",500", nil), ("500,", nil), ("5,,000", nil),
        ("", nil),
        (",", nil), ("-1", nil), ("+1", nil), ("0,001", nil), ("1e6", nil), ("1 000", nil), ("0x10", nil), ("١", nil),
        ("1M", nil),
        ("340282366920938463463374607431768211456", nil),
    ]

    @Test("money is a whole number, with commas between every three digits or none", arguments: amountTexts)
    func amount(text: String, value: String?) { #expect(Amount(argument: text)?.description == value) }

    static let spanTexts: [(String, UInt64?)] = [
        ("1", 1), ("90", 90), ("90s", 90), ("15m", 900), ("12h", 43_200), ("30d", 2_592_000),
        ("315576000", 315_576_000),
        ("315576001", nil), ("3653d", nil), ("0", nil), ("0s", nil), ("", nil), ("s", nil), ("-1", nil), ("+5", nil),
        ("+5m", nil),
        ("1.5h", nil), ("1h30m", nil), ("1 h", nil), ("5M", nil), ("5w", nil), ("18446744073709551616", nil),
        ("18446744073709551615d", nil), ("５m", nil),
    ]

    @Test("a span is seconds or one unit, from a second to ten years", arguments: spanTexts)
    func span(text: String, seconds: UInt64?) { #expect(Span(argument: text)?.seconds == seconds) }

    @Test(
        "a size is above nothing",
        arguments: [("1", 1), ("512M", 512 << 20), ("0", nil), ("0.0001K", nil), ("-1", nil), ("", nil)]
            as [(String, UInt64?)])
    func size(text: String, bytes: UInt64?) { #expect(ByteSize(argument: text)?.bytes == bytes) }

    static let requirementTexts: [(String, Constraint?)] = [
        ("cpu.cores>=8", Constraint(fact: "cpu.cores", minimum: 8, maximum: .max, levelMin: .claimed)),
        ("cpu.cores<=8@L1", Constraint(fact: "cpu.cores", minimum: 0, maximum: 8, levelMin: .measured)),
        ("cpu.cores=8@L4", Constraint(fact: "cpu.cores", minimum: 8, maximum: 8, levelMin: .hardware)),
        ("a>=18446744073709551615", Constraint(fact: "a", minimum: .max, maximum: .max, levelMin: .claimed)),
        ("a>=18446744073709551616", nil), ("a>=-1", nil), ("a>=+1", nil), ("a>=1.5", nil), ("a>=", nil), (">=8", nil),
        ("=8", nil),
        ("a>8", nil), ("a==8", nil), ("a", nil), ("", nil), ("@L1", nil), ("a>=8@", nil), ("a>=8@L", nil),
        ("a>=8@L5", nil),
        ("a>=8@L01", nil), ("a>=8@L+1", nil), ("a>=8@l1", nil), ("a>=8@L1@L1", nil), ("a>= 8", nil), ("a>=8 ", nil),
        ("a>=8G", nil),
    ]

    @Test("a requirement is a fact, a sign, a whole number and perhaps a level", arguments: requirementTexts)
    func requirement(text: String, constraint: Constraint?) {
        #expect(Requirement(argument: text)?.constraint == constraint)
    }

    static let momentTexts: [(String, UInt64?)] = [
        ("0", 0), ("1795780800", 1_795_780_800_000_000_000), ("2026-11-27T12:00:00Z", 1_795_780_800_000_000_000),
        ("+5", nil), ("-5", nil),
        ("18446744073", nil), ("18446744072", 18_446_744_072_000_000_000), ("18446744073709551616", nil), ("", nil),
        ("soon", nil),
        ("2026-11-27", nil),
    ]

    @Test("a moment is Unix seconds or a date with its zone", arguments: momentTexts)
    func moment(text: String, nanoseconds: UInt64?) { #expect(TimePoint(argument: text)?.nanoseconds == nanoseconds) }
}
