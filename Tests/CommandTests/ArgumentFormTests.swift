import GCXModel
import Testing

@testable import gcx

/// What people type for a value, and what it means; nil where it is refused.
@Suite("Values as people type them") struct ArgumentFormTests {
    @Test(
        "money names its unit, or is nothing",
        arguments: [
            ("0", true), ("1.5TEST", true), ("1.5 TEST", true), ("5,000,000base-units", true), ("0.05TEST/hour", true),
            ("5000000", false), ("1.5", false), ("1e6TEST", false), ("-1TEST", false), ("1,5TEST", false), ("", false),
        ] as [(String, Bool)])
    func money(text: String, isMoney: Bool) { #expect((TypedMoney(argument: text) != nil) == isMoney) }

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
