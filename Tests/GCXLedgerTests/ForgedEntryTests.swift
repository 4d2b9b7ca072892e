import Foundation
import GCXLedger
import GCXModel
import GCXSigning
import Support
import Testing

/// JSON that a stranger may post as an entry.
@Suite("an entry that is none")
struct ForgedEntryTests {
    private static let digits = String(repeating: "ab", count: 32)

    /// A claim with one part of its text replaced.
    private static let changes: [(String, String)] = [
        (#""kind":"claim""#, #""kind":"clame""#), (#""kind":"claim""#, #""kind":"Claim""#),
        (#""kind":"claim""#, #""kind":"topUp""#), (#""kind":"claim""#, #""kind":"finalize""#),
        (#""kind":"claim""#, #""kind":1"#), (#""kind":"claim""#, #""kind":null"#), (#","kind":"claim""#, ""),
        (#""kind":"claim""#, #""kind":"claim","kind":"claim""#), (#""kind":"claim""#, #""kind":"claim","more":1"#),
        (#""body":"#, #""bodies":"#), (#""document":{"#, #""document":{"memo":"","#),
        (#""document":{"#, #""document":{"cumulative":"1","#), (#""cumulative":"600""#, #""cumulative":600"#),
        (#""cumulative":"600""#, #""cumulative":"-600""#), (#""cumulative":"600""#, #""cumulative":"+600""#),
        (#""cumulative":"600""#, #""cumulative":"0600""#), (#""cumulative":"600""#, #""cumulative":"600.0""#),
        (#""cumulative":"600""#, #""cumulative":"6e2""#), (#""cumulative":"600""#, #""cumulative":" 600""#),
        (#""cumulative":"600""#, #""cumulative":"0x258""#), (#""cumulative":"600""#, #""cumulative":"""#),
        (#""cumulative":"600""#, #""cumulative":null"#), (#""cumulative":"600","#, ""),
        (#""cumulative":"600""#, #""cumulative":"340282366920938463463374607431768211456""#),
        (#""cumulative":"600""#, #""cumulative":["600"]"#),
        (#""channel":"0x\#(digits)""#, #""channel":"0x\#(digits)ab""#),
        (#""channel":"0x\#(digits)""#, #""channel":"0x\#(digits.dropLast(2))""#),
        (#""channel":"0x\#(digits)""#, #""channel":"0x\#(digits.dropLast())g""#),
        (#""channel":"0x\#(digits)""#, #""channel":"""#), (#""channel":"0x\#(digits)""#, #""channel":{}"#),
        (#""signature":"0x"#, #""signature":"0x00"#), (#""signature":"0x"#, #""signatures":"0x"#),
    ]

    private func claim() throws -> String {
        let world = try TestWorld()
        let channel = try #require(Digest(Self.digits))
        return String(decoding: try PostedEntry.canonicalJSON(.claim(world.voucher(channel, 600))), as: UTF8.self)
    }

    @Test("is refused by its reader, with its place and without a type of ours", arguments: changes.indices)
    func refused(_ index: Int) throws {
        let (old, new) = Self.changes[index]
        let (good, bad) = (try claim(), try claim().replacingOccurrences(of: old, with: new))
        #expect(throws: Never.self) { try StrictJSON.decode(Entry.self, from: good.utf8) }
        try #require(bad != good, "\(old) is not in \(good)")
        let error = #expect(throws: JSONError.self, "\(new)") { try StrictJSON.decode(Entry.self, from: bad.utf8) }
        for word in ["Swift", "Decoding", "CodingKey", "Optional"] {
            #expect(error?.description.contains(word) == false, "\(new): \(error?.description ?? "")")
        }
    }

    @Test("the largest amount is read, and is the largest amount")
    func largest() throws {
        let text = try claim().replacingOccurrences(of: "\"600\"", with: "\"\(UInt128.max)\"")
        guard case .claim(let voucher) = try StrictJSON.decode(Entry.self, from: text.utf8) else {
            throw ConformanceFailure("no claim")
        }
        #expect(voucher.document.cumulative == Amount(.max))
    }

    @Test("what stands for a document of another kind is not read as it", arguments: EntryKind.allCases)
    func kinds(_ kind: EntryKind) throws {
        // Documents of the same members are told apart by their signatures.
        let alike: [Set<EntryKind>] = [[.creditIssued, .faucet], [.topUp, .claim]]
        for entry in try Samples.entries() where entry.kind != kind {
            let text = String(decoding: try PostedEntry.canonicalJSON(entry), as: UTF8.self)
            let other = text.replacingOccurrences(of: "\"kind\":\"\(entry.kind)\"", with: "\"kind\":\"\(kind)\"")
            let read = try? StrictJSON.decode(Entry.self, from: other.utf8)
            #expect(
                read == nil || alike.contains { $0.isSuperset(of: [kind, entry.kind]) }, "\(entry.kind) as \(kind)")
        }
    }

    @Test("cut anywhere, it is not read, and nothing ends the reader")
    func cut() throws {
        for entry in try Samples.entries() {
            let bytes = try PostedEntry.canonicalJSON(entry)
            for count in stride(from: 0, to: bytes.count, by: 13) {
                #expect(throws: JSONError.self) { try StrictJSON.decode(Entry.self, from: bytes.prefix(count)) }
            }
        }
    }
}
