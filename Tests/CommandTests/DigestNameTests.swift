import GCXModel
import Testing

@testable import gcx

@Suite("Ids as people type them")
struct DigestNameTests {
    private static func id(_ beginning: String) throws -> Digest {
        try #require(Digest("0x" + beginning + String(repeating: "0", count: 64 - beginning.count)))
    }

    @Test(
        "four digits are a name, with 0x or without, in either case",
        arguments: [
            ("0x46de", "0x46de"), ("46de", "0x46de"), ("0X46DE", "0x46de"), ("46DECC3D", "0x46decc3d"),
            ("0x46d", nil), ("46d", nil), ("0x46dg", nil), ("0x", nil), ("", nil), ("46de ", nil), ("-46de", nil),
            ("4６de", nil), ("0x0x46de", nil),
        ] as [(String, String?)])
    func names(text: String, name: String?) {
        #expect(DigestName(argument: text)?.text == name)
        #expect((LeaseName(argument: text) != nil) == (name != nil))
    }

    @Test("no more digits than an id has")
    func longest() throws {
        let whole = try Self.id("46de").description
        #expect(DigestName(argument: whole)?.text == whole)
        #expect(DigestName(argument: String(whole.dropFirst(2)))?.text == whole)
        #expect(DigestName(argument: whole + "0") == nil)
    }

    @Test("an id that is whole is asked about without a list, and a beginning is looked for")
    func found() async throws {
        let ids = [try Self.id("46decc3d"), try Self.id("46decc4d")]
        let whole = try #require(DigestName(argument: "\(ids[0])"))
        let lost: () async throws -> [Digest] = { throw CancellationError() }
        #expect(try await whole.digest(of: "job", among: lost) == ids[0])
        let one = try #require(DigestName(argument: "46decc3"))
        #expect(try await one.digest(of: "job") { ids + ids } == ids[0], "one that is listed twice is one")
    }

    @Test("where two begin so, both are listed with what tells them apart, and with enough digits to type")
    func ambiguous() throws {
        let known = [
            DigestName.Candidate(id: try Self.id("46decc3d01"), words: "running  make"),
            DigestName.Candidate(id: try Self.id("46decc3d02"), words: "ended  true"),
            DigestName.Candidate(id: try Self.id("46de11"), words: "open"),
            DigestName.Candidate(id: try Self.id("99"), words: "other"),
        ]
        let name = try #require(DigestName(argument: "46de"))
        let error = try #require(throws: CommandError.self) { try name.one(of: "job", among: known) }
        #expect(
            error.description == """
                3 jobs begin with 0x46de:
                  0x46de1100  open
                  0x46decc3d01  running  make
                  0x46decc3d02  ended  true
                """)
        for text in ["46de1100", "46decc3d01", "46decc3d02"] {
            _ = try #require(DigestName(argument: text)).one(of: "job", among: known)
        }
    }

    @Test("what nobody knows is said to be unknown, and many are counted")
    func fewAndMany() throws {
        let name = try #require(DigestName(argument: "aaaa"))
        let none = try #require(throws: CommandError.self) { try name.one(of: "offer", among: []) }
        #expect(none.description == "no offer begins with 0xaaaa")
        let many = try (10..<30).map { DigestName.Candidate(id: try Self.id("aaaa\($0)"), words: "") }
        let error = try #require(throws: CommandError.self) { try name.one(of: "offer", among: many) }
        #expect(error.description.hasPrefix("20 offers begin with 0xaaaa:\n  0xaaaa1000\n"))
        #expect(error.description.hasSuffix("\n  and 10 more"))
    }
}
