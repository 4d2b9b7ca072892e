import FoundationEssentials
import GCXModel
import Testing

/// A document like ours: a few fields, one of each form.
private struct Sample: Codable, Equatable {
    enum Colour: String, Codable, CaseIterable { case red, green }
    enum End: Codable, Equatable {
        case exited(code: Int32)
        case lost
    }
    struct Part: Codable, Equatable { var name: String }

    var count: UInt64
    var level: Int8?
    var share: Double?
    var colour: Colour?
    var end: End?
    var owner: Address?
    var parts: [Part]?
    var labels: [String: Int]?

    init(count: UInt64) { self.count = count }
}

private func read(
    _ text: String, _ unknownFields: StrictJSON.UnknownFields = .refused
) throws(JSONError) -> Sample {
    try StrictJSON.decode(Sample.self, from: text.utf8, unknownFields: unknownFields)
}

/// What reading the text says.
private func refusal(_ text: String) -> String { refusal(Array(text.utf8)) }

private func refusal(_ bytes: [UInt8]) -> String {
    do throws(JSONError) {
        return "read as \(try StrictJSON.decode(Sample.self, from: bytes))"
    } catch {
        return error.description
    }
}

@Suite("Strict JSON")
struct StrictJSONTests {
    @Test("what our encoder writes is read as the same value")
    func roundTrip() throws {
        var sample = Sample(count: .max)
        (sample.level, sample.share, sample.colour, sample.end) = (-128, 0.1, .green, .exited(code: -7))
        (sample.owner, sample.parts) = (Address.random(), [.init(name: "a\u{1}\"\\/\u{7F}é€😀"), .init(name: "")])
        sample.labels = Dictionary(uniqueKeysWithValues: (0..<100).map { ("label \($0)", $0) })
        for options: JSONEncoder.OutputFormatting in [[], [.prettyPrinted, .sortedKeys]] {
            let encoder = JSONEncoder()
            encoder.outputFormatting = options
            #expect(try StrictJSON.decode(Sample.self, from: encoder.encode(sample)) == sample)
        }
        #expect(try read(#"{"count":0,"end":{"lost":{}}}"#).end == .lost)
    }

    @Test(
        "an integer is plain digits in the range of its field",
        arguments: [
            "600.0000000000000001", "600.0", "6e2", "6E+2", "-0", "-1", "18446744073709551616", "1e400", "\"600\"",
            "true", "null", "[600]",
        ])
    func integers(text: String) {
        let found = refusal("{\"count\":\(text)}")
        #expect(found.hasPrefix("`count` takes a whole number from 0 to 18446744073709551615 in plain digits, not "))
    }

    @Test("a signed integer ends at its bounds", arguments: ["-129", "128", "-0", "0.0"])
    func signed(text: String) {
        #expect(refusal("{\"count\":1,\"level\":\(text)}").contains("`level` takes a whole number from -128 to 127"))
    }

    @Test("a number with a point or an exponent is taken where a field is measured, and only there")
    func fractions() throws {
        #expect(try read(#"{"count":1,"share":6.02e2}"#).share == 602)
        #expect(try read(#"{"count":1,"share":-0}"#).share == 0)
        #expect(refusal(#"{"count":1,"share":1e999}"#) == "`share` takes a number, not 1e999")
    }

    @Test(
        "a field that is there twice is refused by its path",
        arguments: [
            (#"{"count":1,"count":2}"#, "count"), (#"{"count":1,"c\u006funt":2}"#, "count"),
            (#"{"parts":[{"name":"a"},{"name":"b","name":"b"}],"count":1}"#, "parts[1].name"),
            (#"{"count":1,"labels":{"é":1,"e\#u{301}":2}}"#, "labels.e\u{301}"),
            (#"{"count":1,"foreign":{"a":{"b":1,"b":1}}}"#, "foreign.a.b"),
        ])
    func duplicates(text: String, path: String) {
        #expect(refusal(text) == "the field `\(path)` is there twice")
        #expect(throws: JSONError.duplicateField(path)) { try read(text, .tolerated) }
    }

    @Test("a field that is there twice is found among thousands")
    func duplicateAmongMany() {
        let fields = (0..<5_000).map { "\"label \($0)\":1" } + ["\"label 17\":2"]
        #expect(
            refusal("{\"count\":1,\"labels\":{\(fields.joined(separator: ","))}}")
                == "the field `labels.label 17` is there twice")
    }

    @Test(
        "a field that nothing reads is refused by its path, or passed over where that is asked for",
        arguments: [
            (#"{"count":1,"cuont":2}"#, "cuont"),
            (#"{"count":1,"parts":[{"name":"a"},{"nam":1,"name":"b"}]}"#, "parts[1].nam"),
            (#"{"count":1,"end":{"lost":{"code":1}}}"#, "end.lost.code"),
            (#"{"count":1,"end":{"lost":{},"found":{}}}"#, "end.found"), (#"{"count":1,"":null}"#, ""),
        ])
    func unknown(text: String, path: String) throws {
        #expect(throws: JSONError.unknownField(path)) { try read(text) }
        #expect(try read(text, .tolerated).count == 1)
    }

    @Test("a missing field, a wrong form and a wrong value are told in plain words, with their path")
    func words() {
        #expect(refusal(#"{"level":1}"#) == "the field `count` is missing")
        #expect(refusal(#"{"count":1,"parts":[{}]}"#) == "the field `parts[0].name` is missing")
        #expect(refusal("[]") == "the document takes an object, not a list")
        #expect(refusal(#"{"count":1,"parts":{}}"#) == "`parts` takes a list, not an object")
        #expect(refusal(#"{"count":1,"colour":"blue"}"#) == "`colour` takes one of red, green, not the text “blue”")
        #expect(
            refusal(#"{"count":1,"end":{"found":{}}}"#)
                == "`end` takes an object with one field, the name of a case, not this object")
        #expect(
            refusal(#"{"count":1,"owner":"0x12"}"#) == "`owner`: 20 bytes in hexadecimal stand here, not “0x12”")
        #expect(
            refusal("{\"count\":1,\"parts\":[{\"name\":7}]}") == "`parts[0].name` takes a text in quotes, not 7")
    }

    @Test("an error quotes an excerpt and spells out what a terminal would obey")
    func excerpts() {
        let text = #"{"count":"\u001b[31m\u202e\#(String(repeating: "x", count: 100_000))"}"#
        let found = refusal(text)
        #expect(found.contains("\\u{001B}[31m\\u{202E}xxx") && found.utf8.count < 250)
        #expect(refusal(#"{"count":1,"\u001b[2J":1}"#) == "the field `\\u{001B}[2J` is not known here")
    }

    @Test(
        "what is not JSON is refused with its line and column",
        arguments: [
            ("", "line 1, column 1: a value"), ("{\"count\":1}x", "line 1, column 12: the end of the text"),
            ("{\"count\":1} {}", "line 1, column 13: the end of the text"),
            ("{\n \"count\":01}", "line 2, column 11: a number without zeros"),
            ("{\"count\":1,}", "column 12: a field's name in quotes"),
            ("{count:1}", "column 2: a field's name in quotes"),
            ("{\"count\":+1}", "column 10: a value"), ("{\"count\":.5}", "column 10: a value"),
            ("{\"count\":1.}", "column 12: a digit"),
            ("{\"count\":NaN}", "column 10: a value"),
            ("{\"count\":0x10}", "column 11: a comma or the end of the object"),
            ("{\"count\":1 /* one */}", "column 12: a comma"), ("{'count':1}", "column 2"),
            ("{\"count\":1", "the end of the object"),
            ("{\"count", "the quote that ends the text"),
            ("{\"a\nb\":1}", "column 4: an escape in place of the control character"),
            ("{\"\\x\":1}", "an escape that JSON knows"), ("{\"\\u12\":1}", "an escape that JSON knows"),
            ("{\"\\ud800\":1}", "both halves of a surrogate pair"), ("{\"\\ud800\\u0041\":1}", "both halves"),
            ("{\"\\udc00\":1}", "both halves"), ("{\"count\":1,\"level\":nul}", "a value"),
            ("\u{A0}{\"count\":1}", "a value"),
            ("{\"count\":1}\u{0}", "the end of the text"),
        ])
    func syntax(text: String, says: String) { #expect(refusal(text).contains(says)) }

    @Test("only UTF-8 is read, without a mark before it")
    func encodings() {
        let plain = Array(#"{"count":1}"#.utf8)
        #expect(refusal([0xEF, 0xBB, 0xBF] + plain).contains("byte order mark"))
        #expect(refusal(plain.flatMap { [$0, 0] }).contains("looks like UTF-16"))
        #expect(refusal(plain.flatMap { [0, $0] }).contains("looks like UTF-16"))
        #expect(refusal([0xFF, 0xFE] + plain.flatMap { [$0, 0] }).contains("looks like UTF-16"))
        #expect(refusal(plain.flatMap { [$0, 0, 0, 0] }).contains("UTF-32"))
        // A byte that is none, an overlong slash, half a pair, a code point beyond the last.
        for bytes: [UInt8] in [[0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82]] {
            #expect(refusal(Array("{\"".utf8) + bytes + Array("\":1}".utf8)).contains("not UTF-8"))
        }
    }

    @Test("depth, count and size have their bounds")
    func bounds() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(refusal(deep) == "the nesting of objects and lists has more than \(Limits.jsonDepthMax) levels")
        let nested = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(refusal("{\"count\":1,\"x\":\(nested(Limits.jsonDepthMax - 1))}") == "the field `x` is not known here")
        #expect(refusal("{\"count\":1,\"x\":\(nested(Limits.jsonDepthMax))}").contains("levels"))
        let many = String(repeating: "0,", count: Limits.jsonValuesMax)
        #expect(refusal("[\(many)0]") == "the text has more than \(Limits.jsonValuesMax) names and values")
        #expect(throws: JSONError.tooLarge("the text", max: 5, unit: "bytes")) {
            try StrictJSON.decode([Int].self, from: "[1, 2]".utf8, bytesMax: 5)
        }
    }

    @Test("a large object costs its size, not the square of it")
    func largeObject() throws {
        let fields = (0..<200_000).map { "\"label \($0)\":\($0)" }.joined(separator: ",")
        let start = ContinuousClock.now
        #expect(try read("{\"count\":1,\"labels\":{\(fields)}}").labels?.count == 200_000)
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test("a list has as many elements as are read, and no more")
    func lists() {
        #expect(throws: JSONError.self) { try StrictJSON.decode(Range<Int>.self, from: "[1]".utf8) }
        #expect(throws: JSONError.unknownField("[2]")) { try StrictJSON.decode(Range<Int>.self, from: "[1,2,3]".utf8) }
    }
}

@Suite("Plain text")
struct PlainTextTests {
    @Test(
        "a character that moves others or cannot be seen is named",
        arguments: [
            ("a\u{0}", "U+0000"), ("\u{1B}[31m", "U+001B"), ("a\nb", "U+000A"), ("\t", "U+0009"), ("\u{7F}", "U+007F"),
            ("\u{9B}31m", "U+009B"), ("\u{202E}txt", "U+202E"), ("\u{2066}", "U+2066"), ("\u{2028}", "U+2028"),
            ("\u{2029}", "U+2029"), ("a\u{200B}b", "U+200B"), ("\u{FEFF}", "U+FEFF"), ("\u{E000}", "U+E000"),
            ("\u{378}", "U+0378"), ("\u{E0041}", "U+E0041"), ("\u{3164}", "U+3164"), ("\u{FFFF}", "U+FFFF"),
        ])
    func hidden(text: String, name: String) throws {
        #expect(try #require(PlainText.refusal(of: text)).hasPrefix("holds \(name), "))
    }

    @Test(
        "text of every script may stand",
        arguments: ["", "rack 4, left", "Zürich", "e\u{301}", "東京", "Москва", "القاهرة", "नमस्ते", "❤️ 5 of 5", "a b"])
    func plain(text: String) { #expect(PlainText.refusal(of: text) == nil) }
}
