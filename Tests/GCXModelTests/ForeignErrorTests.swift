import Foundation
import GCXModel
import Testing

@Suite("Errors that are no type of ours")
struct ForeignErrorTests {
    private struct Strange: Error, CustomStringConvertible {
        let description = "SecretLibrary.Internals(code: 7)"
    }

    private struct Ours: WordedError {
        let description = "the lamp is broken"
    }

    private struct Shape: Codable {
        struct Part: Codable { let size: Double }
        let parts: [Part]
    }

    @Test("one of ours is told as it is, a strange one without its own text")
    func words() {
        #expect(ForeignError.words(Ours()) == "the lamp is broken")
        #expect(ForeignError.words(CancellationError()) == "it was stopped before its end")
        #expect(ForeignError.words(Strange()) == ForeignError.unknown)
        #expect(ForeignError.words(CocoaError(.fileNoSuchFile)) == ForeignError.unknown)
        #expect(!ForeignError.isKnown(Strange()) && ForeignError.isKnown(Ours()))
    }

    @Test("what could not be read or written as JSON is told by its place")
    func json() throws {
        let missing = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Shape.self, from: Data(#"{"parts":[{"size":1},{}]}"#.utf8))
        }
        #expect(ForeignError.words(try #require(missing)) == "the field `parts[1].size` is missing")
        let endless = #expect(throws: EncodingError.self) {
            try JSONEncoder().encode(Shape(parts: [.init(size: .infinity)]))
        }
        #expect(ForeignError.words(try #require(endless)) == "parts[0].size cannot be written as JSON")
    }

    @Test(
        "a database's codes are told in words, and which of them are of the file",
        arguments: [
            (5, "another process is writing to it", false),
            (8, "the file or its directory may not be written to", false),
            (11, "the file is damaged", false), (13, "the disk is full", false), (26, "the file is no database", true),
            (14, "there is no such file, or this user may not open it", true),
            (99, "the database gave up (code 99)", false),
        ] as [(Int32, String, Bool)])
    func database(code: Int32, words: String, isOfFile: Bool) {
        #expect(DatabaseWords.text(code: code) == words)
        #expect(DatabaseWords.isOfFile(code: code) == isOfFile)
    }

    @Test(
        "a span is told in the unit that people use for its length",
        arguments: [
            (.milliseconds(1_500), "1.5 s"), (.seconds(5), "5 s"), (.microseconds(1_500), "1 ms"),
            (.zero, "less than 1 ms"),
            (.seconds(60), "60 s"), (.seconds(300), "5 min"), (.seconds(86_400), "24 h"), (.seconds(-1), "no time"),
            (.milliseconds(12_900), "12 s"),
        ] as [(Duration, String)])
    func span(_ span: Duration, words: String) { #expect(span.words == words) }
}
