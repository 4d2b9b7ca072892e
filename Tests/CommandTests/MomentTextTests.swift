import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire
import Support
import Testing

@testable import gcx

@Suite("Times in JSON for programs")
struct MomentTextTests {
    private static let repository = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    private func beside(_ json: String) -> String {
        String(decoding: MomentText.beside(Array(json.utf8)), as: UTF8.self)
    }

    @Test("behind a number stands the moment, on one line and on many")
    func layouts() throws {
        #expect(
            beside(#"{"endedAt":1796025600,"id":7}"#)
                == #"{"endedAt":1796025600,"endedAtUTC":"2026-11-30T08:00:00Z","id":7}"#)
        let readable = try WireJSON.readable(["b": ["postedAt": 1_796_025_600]])
        #expect(
            String(decoding: MomentText.beside(readable), as: UTF8.self) == """
                {
                  "b" : {
                    "postedAt" : 1796025600,
                    "postedAtUTC" : "2026-11-30T08:00:00Z"
                  }
                }
                """)
        #expect(
            beside(#"[{"wallNanoseconds":1796025600000001000}]"#)
                == #"[{"wallNanoseconds":1796025600000001000,"wallUTC":"2026-11-30T08:00:00.000001Z"}]"#)
    }

    @Test(
        "nothing else is touched: no text that looks like one, no other number, nothing that stands for no moment",
        arguments: [
            #"{}"#, #"[]"#, #""endedAt""#, #"{"text":"\"endedAt\":1796025600,"}"#, #"{"endedAt":null}"#,
            #"{"endedAt":"x"}"#,
            #"{"endedAt":-1}"#, #"{"endedAt":1.5}"#, #"{"endedAt":0}"#, #"{"endedAt":18446744073709551615}"#,
            #"{"bootNanoseconds":1796025600000001000,"cores":3}"#, #"{"endedAt":[1,2],"b":["endedAt",3]}"#,
            #"{"a\\":{"b":[]}}"#,
        ])
    func untouched(json: String) { #expect(beside(json) == json) }

    @Test("what is signed is left as it was signed; what stands beside it is not")
    func signed() {
        let json =
            #"{"document":{"issuedAt":1796025600,"a":[{"measuredAt":1796025600}]},"terms":{"endsAt":1796025600}}"#
        #expect(beside(json) == json)
        #expect(
            beside(#"{"signed":{"document":{"issuedAt":1796025600}},"postedAt":1796025600}"#)
                == #"{"signed":{"document":{"issuedAt":1796025600}},"postedAt":1796025600,"postedAtUTC":"2026-11-30T08:00:00Z"}"#
        )
    }

    @Test("every field that a comment calls Unix seconds, or Unix nanoseconds, is known as a time")
    func names() throws {
        // What is signed, and what no document for programs holds.
        let others: Set<String> = ["timestamp", "from", "at"]
        var found: [String] = []
        for module in ["GCXLedger", "GCXWire", "GCXMarket"] {
            let files = try ChildProcess("find", ["\(Self.repository)/Sources/\(module)", "-name", "*.swift"]).run()
            for file in files.split(separator: "\n").map(String.init) {
                var isTime = false
                for line in try Files.text(file).split(separator: "\n").map({ $0.drop { $0 == " " } }) {
                    if line.hasPrefix("///") {
                        isTime = isTime || line.contains("Unix seconds") || line.contains("Unix nanoseconds")
                        continue
                    }
                    let words = line.split(separator: " ")
                    if isTime, let place = words.firstIndex(where: { $0 == "var" || $0 == "let" }),
                        line.contains("UInt64"),
                        words.first == "package", place + 1 < words.count
                    {
                        found.append(String(words[place + 1].prefix { $0.isLetter }))
                    }
                    isTime = false
                }
            }
        }
        #expect(found.count > 15, "\(found)")
        for name in found where !others.contains(name) { #expect(MomentText.name(of: name) != nil, "\(name)") }
    }
}
