import GCXJSON
import GCXModel
import Testing

@Suite("JSON as it is written")
struct CanonicalJSONTests {
    private struct Sample: Encodable {
        var zebra = UInt64.max
        var apple: String? = "a/b \"c\" \u{1} é"
        var missing: Int?
        var nested = ["y": [1, 2], "x": []]
    }

    @Test("its bytes never change: digests and signatures are made of them")
    func golden() throws {
        let text = String(decoding: try CanonicalJSON.bytes(Sample()), as: UTF8.self)
        #expect(
            text == #"{"apple":"a/b \"c\" \u0001 é","nested":{"x":[],"y":[1,2]},"zebra":18446744073709551615}"#)
    }

    @Test("for people it is the same, a member a line")
    func readable() throws {
        let text = String(decoding: try CanonicalJSON.readable(["b": "x/y", "a": ""]), as: UTF8.self)
        #expect(text == "{\n  \"a\" : \"\",\n  \"b\" : \"x/y\"\n}")
    }

    @Test("seconds become nanoseconds and back, and the most stays the most")
    func nanoseconds() {
        #expect(Nanoseconds.of(seconds: 3) == 3_000_000_000 && Nanoseconds.wholeSeconds(in: 2_999_999_999) == 2)
        #expect(Nanoseconds.of(seconds: .max) == .max)
    }
}
