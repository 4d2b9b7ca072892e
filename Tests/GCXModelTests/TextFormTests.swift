import FoundationEssentials
import GCXModel
import Testing

/// A text, and the one form that its value is written in; nil where the text is none.
struct TextForm: Sendable, CustomTestStringConvertible {
    let text: String
    let form: String?
    var testDescription: String { PlainText.excerpt(text) }

    init(_ text: String, _ form: String?) { (self.text, self.form) = (text, form) }

    static func same(_ texts: String...) -> [TextForm] { texts.map { TextForm($0, $0) } }
    static func none(_ texts: String...) -> [TextForm] { texts.map { TextForm($0, nil) } }
}

@Suite("Values with a text form") struct TextFormTests {
    private func check<Value: LosslessStringConvertible & Equatable>(
        _ form: TextForm, as type: Value.Type, at location: SourceLocation = #_sourceLocation
    ) {
        let value = Value(form.text)
        #expect(value?.description == form.form, sourceLocation: location)
        guard let value else { return }
        #expect(Value(value.description) == value, "its own form is read back", sourceLocation: location)
    }

    private static let (max128, max64) = ("340282366920938463463374607431768211455", "18446744073709551615")

    static let amountForms =
        TextForm.same("0", "1", "10", max64, "18446744073709551616", max128)
        + TextForm.none(
            "", " ", "-0", "+0", "00", "007", "0x1", "1_000", "1,000", "1.", ".1", "1e1", "1 ", "\t1", "1\n", "１",
            "1\u{0}",
            "1\u{301}", "340282366920938463463374607431768211456", "9999999999999999999999999999999999999999", "nan")

    @Test("money and byte-seconds are plain digits below 2^128", arguments: amountForms)
    func amounts(_ form: TextForm) {
        check(form, as: Amount.self)
        check(form, as: ByteSeconds.self)
    }

    private static let ones = String(repeating: "1", count: 40)
    private static let letters = "0x" + String(repeating: "ab", count: 20)

    static let addressForms =
        TextForm.same("0x" + ones, letters)
        + [TextForm(ones, "0x" + ones), TextForm("0x" + String(repeating: "AB", count: 20), letters)]
        + TextForm.none(
            "", "0x", "0x1", "0X" + ones, "0x" + ones + "1", "0x" + ones + "11", "0x" + ones.dropLast(2), " 0x" + ones,
            "0x" + ones + "\n", "0x0x" + ones.dropLast(2), "0x" + ones.dropLast() + "g", "0x" + ones.dropLast(2) + "é",
            "0x" + String(repeating: "１", count: 40), "+x" + ones)

    @Test("an address is forty hexadecimal digits, written in one way", arguments: addressForms)
    func addresses(_ form: TextForm) { check(form, as: Address.self) }

    @Test("a digest is 32 bytes, a signature 65, and neither is the other")
    func lengths() {
        for count in 0...70 {
            let text = "0x" + String(repeating: "5a", count: count)
            #expect((Digest(text) != nil) == (count == 32) && (Signature(text) != nil) == (count == 65))
            #expect((Address(text) != nil) == (count == 20), "\(count) bytes")
        }
    }

    static let unitForms =
        TextForm.same("", "0", "0-3,8", "65535", "0-65535")
        + [
            TextForm("3,1,2", "1-3"), TextForm("1,1,1", "1"), TextForm(" 0-3 , 8\n", "0-3,8"), TextForm("007", "7"),
            TextForm("\n", ""),
        ]
        + TextForm.none(
            "1 2", "0 - 3", "0- 3", "+1", "-1", "1-+3", "1--3", "3-1", "1-", "-", ",", "1,", ",1", "1,,2", "1;2", "0x1",
            "١",
            "1.0", "65536", "0-65536", "18446744073709551616", "1\u{0}", "all")

    @Test(
        "a list of PUs is what the kernel writes: no blank within a number, no sign, no empty part",
        arguments: unitForms)
    func units(_ form: TextForm) throws {
        #expect(PUSet(list: form.text)?.description == form.form)
        let json = try JSONEncoder().encode([form.text])
        let read = try? StrictJSON.decode([PUSet].self, from: json)
        #expect(read?.first?.description == form.form, "and the same in JSON")
    }

    static let networkForms =
        TextForm.same(
            "0.0.0.0/0", "10.0.0.0/8", "128.0.0.0/1", "255.255.255.255", "255.255.255.254/31", "1.2.3.4")
        + [TextForm("1.2.3.4/32", "1.2.3.4"), TextForm("0.0.0.0/32", "0.0.0.0")]
        + TextForm.none(
            "", "/", "/8", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/8/8",
            "10.0.0.1/8", "128.0.0.0/0", "10.0.0.0 /8", "10.0.0.0/ 8", "10/8", "::/0", "1.2.3.4/３２", "0x0a.0.0.0/8")

    @Test("a network is an address and a prefix that covers it", arguments: networkForms)
    func networks(_ form: TextForm) { check(form, as: IPv4Network.self) }

    static let sizeTexts: [(String, UInt64?)] = [
        (max64, .max), ("18446744073709551616", nil), ("16383P", 16_383 << 50), ("16384P", nil),
        ("18446PB", 18_446_000_000_000_000_000),
        ("18447PB", nil), ("16383.999999999P", 18_446_744_073_708_425_716), ("0.999999999K", 1_023), ("0.0", 0),
        ("0.5", 0),
        ("1K", 1_024), ("1k", 1_024), ("1kIb", 1_024), ("1  G", 1 << 30), ("1\u{212A}", nil), ("1G\u{131}", nil),
        ("1Ｇ", nil),
        ("+1G", nil), ("1G ", nil), (" 1G", nil), ("1e3", nil), ("1E", nil), ("1Z", nil), ("0x10", nil), ("1,5G", nil),
        ("..", nil),
        (".", nil), ("1..5G", nil), ("1.5.", nil), ("1.\u{301}5G", nil), ("1.1234567890", nil), ("1KK", nil),
        ("1iB", nil), ("1Bi", nil),
    ]

    @Test(
        "a size is exact to the byte, refused where it does not fit, and never another script's letters",
        arguments: sizeTexts)
    func sizes(text: String, bytes: UInt64?) { #expect(SizeText.bytes(text) == bytes) }

    @Test("a size that people are shown is read as one that is no larger, and nearly as large", arguments: 0...63)
    func shownSizes(bit: Int) throws {
        for bytes in [UInt64(1) << bit, (UInt64(1) << bit) - 1, (UInt64(1) << bit) | 12_345] {
            let shown = try #require(SizeText.bytes(NumberText.size(bytes)), "\(NumberText.size(bytes))")
            #expect(shown <= bytes && bytes - shown <= max(bytes / 9, 1), "\(bytes) is shown as \(shown)")
        }
    }

    static let momentTexts: [(String, UInt64?)] = [
        ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59.999999999Z", nil), ("1970-01-01T00:00:00+00:01", nil),
        ("1969-12-31T23:59:00-00:01", 0), ("1970-01-01T00:00:00-00:01", 60_000_000_000),
        ("2554-07-21T23:34:32.999999999Z", 18_446_744_072_999_999_999), ("2554-07-21T23:34:33Z", nil),
        ("2000-02-29T00:00:00Z", 951_782_400_000_000_000), ("1900-02-29T00:00:00Z", nil), ("2100-02-29T00:00:00Z", nil),
        ("2024-02-29T12:00:00Z", 1_709_208_000_000_000_000), ("2016-12-31T23:59:60Z", 1_483_228_800_000_000_000),
        ("2016-12-31T23:59:61Z", nil), ("2016-12-31T23:60:00Z", nil), ("2016-00-31T00:00:00Z", nil),
        ("2016-01-00T00:00:00Z", nil),
        ("2016-04-31T00:00:00Z", nil), ("0000-01-01T00:00:00Z", nil), ("2016-1-01T00:00:00Z", nil),
        ("+2016-01-01T00:00:00Z", nil),
        ("2016-01-01T00:00:00+24:00", nil), ("2016-01-01T00:00:00+01:60", nil), ("2016-01-01T00:00:00+0100", nil),
        ("2016-01-01T00:00:00", nil), ("2016-01-01T00:00Z", nil), ("2016-01-01", nil), ("２016-01-01T00:00:00Z", nil),
        ("2016-01-01T00:00:00,5Z", nil), ("2016-01-01_00:00:00Z", nil), ("2016-01-01T00:00:00Z ", nil),
    ]

    @Test("a moment is one that there was, from 1970 to the last that 64 bits count", arguments: momentTexts)
    func moments(text: String, nanoseconds: UInt64?) { #expect(RFC3339.nanoseconds(text) == nanoseconds) }

    @Test("any moment is written and read alike, to the microsecond, and none traps")
    func anyMoment() {
        var (generator, last) = (SystemRandomNumberGenerator(), UInt64(0))
        for _ in 0..<2_000 {
            last = generator.next() >> UInt64.random(in: 0..<64)
            let microseconds = last / 1_000 * 1_000
            #expect(RFC3339.nanoseconds(RFC3339.text(last)) == microseconds || last > .max - 1_000_000_000, "\(last)")
        }
        #expect(RFC3339.moment(.max).hasSuffix("Z") && RFC3339.text(.max) == "2554-07-21T23:34:33.709551Z")
        #expect(RFC3339.moment(0) == "1970-01-01 00:00:00Z")
    }

    static let statementTexts: [(String, UInt64?)] = {
        let digest = String(repeating: "0a", count: 32)
        return [
            ("output sha256:\(digest) of 0 bytes", 0), ("output sha256:\(digest) of \(max64) bytes", .max),
            ("output sha256:\(digest) of 18446744073709551616 bytes", nil),
            ("output sha256:\(digest) of -1 bytes", nil),
            ("output sha256:\(digest) of +1 bytes", nil), ("output sha256:\(digest) of 01 bytes", nil),
            ("output sha256:\(digest) of  1 bytes", nil), ("output sha256:\(digest) of 1 bytes ", nil),
            ("output sha256:\(digest) of 1 bytes too", nil), ("Output sha256:\(digest) of 1 bytes", nil),
            ("output sha256:\(digest.uppercased()) of 1 bytes", nil), ("output sha256:\(digest)0a of 1 bytes", nil),
            ("output sha256:\(digest.dropLast()) of 1 bytes", nil), ("output md5:\(digest) of 1 bytes", nil), ("", nil),
            ("output  of  bytes", nil),
        ]
    }()

    @Test("what a machine signs of an output has one form, or says nothing of it", arguments: statementTexts)
    func statements(event: String, bytes: UInt64?) {
        let statement = OutputStatement(event: Untrusted(event))
        #expect(statement?.bytes == bytes && (statement == nil || statement?.event == event))
    }

    @Test(
        "spans are said in the largest unit that leaves a whole number",
        arguments: [
            (.zero, "less than 1 ms"), (.nanoseconds(-1), "less than 1 ms"), (.seconds(-5), "no time"),
            (.milliseconds(1), "1 ms"),
            (.milliseconds(999), "999 ms"), (.seconds(1), "1 s"), (.milliseconds(1_550), "1.5 s"),
            (.milliseconds(9_999), "9.9 s"),
            (.milliseconds(10_500), "10 s"), (.seconds(119), "119 s"), (.seconds(120), "2 min"),
            (.seconds(7_199), "119 min"),
            (.seconds(7_200), "2 h"), (.seconds(Int64.max), "2562047788015215 h"),
        ] as [(Duration, String)])
    func spans(span: Duration, words: String) { #expect(span.words == words) }

    @Test(
        "numbers are grouped by three, spans have two units, and the largest of each have a form",
        arguments: [
            (NumberText.count(0), "0"), (NumberText.count(999), "999"), (NumberText.count(1_000), "1,000"),
            (NumberText.count(UInt64.max), "18,446,744,073,709,551,615"),
            (NumberText.amount(1_000_000), "1,000,000 base units"),
            (NumberText.size(0), "0 B"), (NumberText.size(1_023), "1023 B"), (NumberText.size(1_024), "1.0 KiB"),
            (NumberText.size(1_536), "1.5 KiB"), (NumberText.size(.max), "16383.9 PiB"),
            (NumberText.span(seconds: 0), "0 s"),
            (NumberText.span(seconds: 59), "59 s"), (NumberText.span(seconds: 60), "1 min"),
            (NumberText.span(seconds: 125), "2 min 05 s"),
            (NumberText.span(seconds: 3_600), "1 h"), (NumberText.span(seconds: 5_400), "1 h 30 min"),
            (NumberText.span(seconds: 273_600), "3 d 04 h"),
            (NumberText.span(seconds: .max), "213,503,982,334,601 d 07 h"),
            (NumberText.span(nanoseconds: 0), "0.000 s"), (NumberText.span(nanoseconds: 59_999_999_999), "59.999 s"),
            (NumberText.span(nanoseconds: 60_000_000_000), "1 min"), (NumberText.held(0), "0 MiB s"),
            (NumberText.held(ByteSeconds((UInt128(1) << 30) * 3_600)), "1.0 GiB h"),
        ])
    func numbers(shown: String, text: String) { #expect(shown == text) }
}
