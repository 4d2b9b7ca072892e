import GCXModel
import Testing

@Suite("Texts for people")
struct TextTableTests {
    private func table() -> TextTable {
        var table = TextTable(
            [.id("lease"), .whole("state"), .number("age"), .number("owed"), .text("command", least: 8)],
            dropping: ["age", "owed"])
        table.add([
            "0x" + String(repeating: "4", count: 64), "running", "5 min", "1,234", "/bin/sh -c 'wc -l /input/*'",
        ])
        table.add(["0x" + String(repeating: "5", count: 64), "ended", "1 d", "77", "true"])
        return table
    }

    @Test("with room enough all is there, numbers at the right")
    func whole() {
        let lines = table().text(width: nil).split(separator: "\n")
        #expect(lines[1].hasSuffix("  running  5 min  1,234  /bin/sh -c 'wc -l /input/*'"))
        #expect(lines[2].hasSuffix("  ended      1 d     77  true"))
        #expect(table().text(width: 200).split(separator: "\n")[1].hasPrefix("0x44444444  running  5 min"))
    }

    @Test("ids give way first, then texts, then columns in their order")
    func order() {
        #expect(
            table().text(width: 70).split(separator: "\n")[1]
                == "0x44444444  running  5 min  1,234  /bin/sh -c 'wc -l /input/*'")
        #expect(
            table().text(width: 50).split(separator: "\n")[1] == "0x44444444  running  5 min  1,234  /bin/sh -c 'wc…")
        #expect(table().text(width: 40).split(separator: "\n")[1] == "0x44444444  running  1,234  /bin/sh -c …")
        #expect(table().dropped(width: 40) == ["age"] && table().dropped(width: 30) == ["age", "owed"])
        #expect(table().orderText.contains("in this order: age, owed."))
    }

    @Test("wide characters take two columns, marks none, and a cut is no wider than it may be")
    func columns() {
        #expect(TextWidth.columns("漢字") == 4 && TextWidth.columns("e\u{301}") == 1 && TextWidth.columns("🙂") == 2)
        for most in 0...9 { #expect(TextWidth.columns(TextWidth.cut("ab漢字cd", to: most)) <= most) }
        #expect(TextWidth.cut("ab漢字cd", to: 5) == "ab漢…" && TextWidth.cut("abc", to: 3) == "abc")
    }

    @Test("a cell holds no line of its own, and a row with too few or too many of them is mended")
    func cells() {
        var table = TextTable([.whole("a"), .whole("b")])
        table.add(["x\ny"])
        table.add(["1", "2", "3"])
        #expect(table.text(width: nil) == "a     b\nx^Jy\n1     2")
    }

    @Test("a value goes on below itself, between words, and no word is cut")
    func fields() {
        var fields = TextFields()
        fields.add("payer", "0x" + String(repeating: "9", count: 40))
        fields.add("note", "one two three four five six")
        fields.add("left out", nil)
        #expect(
            fields.text(width: 20) == """
                payer  0x9999999999999999999999999999999999999999
                note   one two three
                       four five six
                """)
        #expect(fields.lines(width: nil).count == 2)
    }

    @Test("where nothing fits, an id still shows what tells it from others")
    func idLast() {
        var table = TextTable([.whole("state"), .id("lease"), .number("owed")])
        table.add(["closed with a refund", "0x" + String(repeating: "4", count: 64), String(repeating: "9", count: 30)])
        #expect(table.text(width: 20).split(separator: "\n")[1] == "cl…  0x44444444  99…")
    }

    @Test("fields that stand below each other begin at one column")
    func indent() {
        var fields = TextFields(indentMin: 6)
        fields.add("ok", "one two")
        #expect(fields.lines(width: 10) == ["ok    one", "      two"])
        fields.add("longer than that", "three")
        #expect(fields.lines(width: nil) == ["ok                one two", "longer than that  three"])
    }

    @Test(
        "a number and its noun agree",
        arguments: [
            ("0", "core", "0 cores"), ("1", "core", "1 core"), ("2", "core", "2 cores"), ("1.00", "core", "1.00 cores"),
            ("1", "entry", "1 entry"), ("2", "entry", "2 entries"), ("3", "process", "3 processes"),
            ("4", "day", "4 days"), ("5", "axis", "5 axes"), ("6", "match", "6 matches"), ("7", "box", "7 boxes"),
            ("8", "base unit", "8 base units"), ("1234567", "byte", "1,234,567 bytes"),
            ("-12", "thread", "-12 threads"),
        ])
    func plurals(number: String, noun: String, text: String) { #expect(NumberText.count(number, noun) == text) }

    @Test("so does what is said of them")
    func agreement() {
        #expect(NumberText.count(1, "entry", one: "waits", many: "wait") == "1 entry waits")
        #expect(NumberText.count(0, "entry", one: "waits", many: "wait") == "0 entries wait")
        #expect(NumberText.amount(1) == "1 base unit" && NumberText.amount(0) == "0 base units")
    }

    @Test("numbers, sizes, money and times are in people's units")
    func numbers() {
        #expect(NumberText.count(1_234_567) == "1,234,567" && NumberText.amount(12_345) == "12,345 base units")
        #expect(NumberText.size(1_023) == "1023 B" && NumberText.size(.max) == "16383.9 PiB")
        let spans: [(UInt64, String)] = [
            (0, "0 s"), (59, "59 s"), (60, "1 min"), (125, "2 min 05 s"), (3_600, "1 h"), (5_400, "1 h 30 min"),
            (90_000, "1 d 01 h"), (.max, "213,503,982,334,601 d 07 h"),
        ]
        for (seconds, text) in spans { #expect(NumberText.span(seconds: seconds) == text) }
        #expect(NumberText.span(nanoseconds: 1_234_567_890) == "1.234 s")
        #expect(NumberText.span(nanoseconds: 61_000_000_000) == "1 min 01 s")
        #expect(NumberText.held(ByteSeconds(UInt128(1 << 30) * 5_400)) == "1.5 GiB h")
        #expect(NumberText.held(ByteSeconds(UInt128(3 << 20))) == "3 MiB s" && NumberText.held(.zero) == "0 MiB s")
    }
}
