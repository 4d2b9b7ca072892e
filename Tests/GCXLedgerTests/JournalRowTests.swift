import Foundation
import GCXLedger
import GCXModel
import GCXSigning
import Support
import Testing

/// Rows and heads as an auditor reads them, believed in nothing.
@Suite("the rows of a journal")
struct JournalRowTests {
    private let scene: LeaseScene
    private let rows: [JournalRow]

    init() throws {
        scene = try LeaseScene(.rated)
        rows = try scene.book.rows()
    }

    private static func text(_ change: @escaping @Sendable (String) -> String) -> @Sendable (inout JournalRow) -> Void {
        { $0.entry = Array(change(String(decoding: $0.entry, as: UTF8.self)).utf8) }
    }

    /// What is changed in the row of a claim, and a word of what is said to it.
    private static let changes: [(String, word: String, @Sendable (inout JournalRow) -> Void)] = [
        ("nothing in the entry", "cannot be read", { $0.entry = [] }),
        ("half an entry", "cannot be read", { $0.entry.removeLast($0.entry.count / 2) }),
        ("bytes that are no text", "cannot be read", { $0.entry[20] = 0xFF }),
        ("a space at the end", "not in canonical form", text { $0 + " " }),
        ("a space inside", "not in canonical form", text { $0.replacingOccurrences(of: ":{", with: ": {") }),
        (
            "an escaped letter", "not in canonical form",
            text { $0.replacingOccurrences(of: "\"claim\"", with: "\"\\u0063laim\"") }
        ),
        ("digits in capitals", "not in canonical form", text { $0.uppercased(after: "\"signature\":\"0x") }),
        ("a field that nobody knows", "cannot be read", text { String($0.dropLast()) + ",\"memo\":\"\"}" }),
        ("a field twice", "cannot be read", text { String($0.dropLast()) + ",\"kind\":\"claim\"}" }),
        ("another kind", "cannot be read", text { $0.replacingOccurrences(of: "\"claim\"", with: "\"topUp\"") }),
        ("another amount", "the entry hashes to", text { $0.replacingOccurrences(of: "\"600\"", with: "\"601\"") }),
        ("a short link", "the hash of the entry before has 31 bytes", { $0.previous.removeLast() }),
        ("no link", "the hash of the entry before has 0 bytes", { $0.previous = [] }),
        ("another link", "the entry hashes to", { $0.previous[0] ^= 1 }),
        ("another hash", "the entry hashes to", { $0.entryHash[31] ^= 1 }),
        ("no hash", "the entry hashes to", { $0.entryHash = [] }),
        ("another leaf", "its leaf hashes to", { $0.leafHash[0] ^= 0x80 }),
        ("the hash as its leaf", "its leaf hashes to", { $0.leafHash = $0.entryHash }),
        ("another key", "its key is", { $0.key = "claim:\(Digest.zero)" }),
        ("another place", "the entry hashes to", { $0.index += 1 }),
        ("the last place", "the entry hashes to", { $0.index = .max }),
        ("a second later", "the entry hashes to", { $0.postedAt += 1 }),
    ]

    @Test("each changed part of a row is named", arguments: changes.indices)
    func changed(_ index: Int) throws {
        let (name, word, change) = Self.changes[index]
        var row = rows[5]
        #expect(try row.posted(in: scene.world.domain).entry.kind == .claim)
        change(&row)
        let error = #expect(throws: LedgerError.self, "\(name)") { try row.posted(in: scene.world.domain) }
        guard case .corrupted(row.index, let detail) = error else { throw ConformanceFailure("\(name): no \(word)") }
        #expect(detail.contains(word), "\(name): \(detail.shown)")
    }

    @Test("a row in another domain is another's: its key is")
    func foreign() throws {
        let other = try TestWorld(founding: .random())
        let error = #expect(throws: LedgerError.self) { try rows[5].posted(in: other.domain) }
        #expect(error?.description.contains("its key is") == true)
    }

    private func audit(_ rows: [JournalRow], heads: [SignedTreeHead]? = nil) -> VerifyReport {
        var audit = Audit(scene.world.charter)
        for row in rows { audit.take(row) }
        for head in heads ?? self.heads() { audit.take(head) }
        return audit.report()
    }

    /// The operator's heads over the scene's journal, one of each size.
    private func heads(
        by key: PrivateKey? = nil, in domain: EIP712Domain? = nil, _ edit: (inout TreeHead) -> Void = { _ in }
    ) -> [SignedTreeHead] {
        var tree = MerkleTree()
        func head(_ chain: Digest, _ time: UInt64) -> SignedTreeHead {
            var document = TreeHead(
                size: tree.size, root: tree.root(size: tree.size), chain: chain, timestamp: time)
            edit(&document)
            return Signed(document, by: key ?? scene.world.operator, in: domain ?? scene.world.domain)
        }
        var heads = [head(scene.world.charter.genesis, scene.world.clock.now)]
        for posted in scene.book.journal {
            tree.append(posted.leafHash)
            heads.append(head(posted.entryHash, posted.postedAt))
        }
        return heads
    }

    @Test("as it was written it is sound, and counts")
    func sound() {
        let report = audit(rows)
        #expect(report.problems == [] && report.entries == 8 && report.heads == 9)
        #expect(report.money.minted == 50_000 && report.operator == scene.world.operator.address)
    }

    @Test("rows out of order, twice, or not there are named at their place")
    func order() {
        var swapped = rows
        swapped.swapAt(2, 3)
        var late = rows
        late[3].postedAt -= 1
        let cases: [(String, [JournalRow], UInt64, String)] = [
            ("swapped", swapped, 3, "entry 2 is missing before it"),
            ("the first is gone", Array(rows.dropFirst()), 1, "entry 0 is missing before it"),
            ("one is gone", Array(rows[..<4] + rows[5...]), 5, "entry 4 is missing before it"),
            ("one twice", Array(rows[...4] + rows[4...]), 4, "entry 5 is missing before it"),
            ("one of another time", late, 3, "the entry hashes to"),
        ]
        for (name, rows, index, word) in cases {
            let problems = audit(rows).problems
            #expect(problems.first?.index == index, "\(name): \(problems)")
            #expect(problems.first?.detail.contains(word) == true, "\(name): \(problems)")
        }
        let other = LedgerCharter(operator: scene.world.operator.address, isTestNetwork: true, founding: .zero)
        var audit = Audit(other)
        audit.take(rows[0])
        #expect(audit.report().problems.first?.detail.contains("hash of the entry before is another") == true)
    }

    @Test("each word of a head is held against the entries")
    func words() throws {
        let stranger = scene.world.stranger
        let elsewhere = try TestWorld(founding: .random()).domain
        let cases: [(String, [SignedTreeHead])] = [
            ("has another root", heads { $0.root = .zero }), ("has another last hash", heads { $0.chain = .zero }),
            ("has another time", heads { $0.timestamp += 1 }), ("is not signed by the operator", heads(by: stranger)),
            ("is not signed by the operator", heads(in: elsewhere)),
            ("entries is signed, but only 8 are here", heads { $0.size += 9 }),
            ("entries is signed, but only 8 are here", heads { $0.size = .max }),
        ]
        for (word, heads) in cases {
            let problems = audit(rows, heads: heads).problems
            // Each head is named; the head of nothing has no last entry whose time it could have.
            let named = problems.filter { $0.detail.contains(word) }
            #expect(named.count == (word == "has another time" ? 8 : 9), "\(word): \(problems)")
        }
        #expect(
            audit(rows, heads: []).problems.map(\.detail) == ["to 8 entries belong 9 signed heads, and the file has 0"])
        #expect(audit(rows, heads: heads().dropLast()).problems.count == 1)
        #expect(audit([], heads: [heads()[0]]).problems == [])
    }

    @Test("a page of rows is what they write, says where to go on, and shows no changed one")
    func pages() throws {
        let whole = try JournalPage(rows, size: 8)
        let read = try StrictJSON.decode([PostedEntry].self, from: whole.json, unknownFields: .tolerated)
        #expect(read == scene.book.journal && whole.next == nil)
        #expect(try JournalPage(Array(rows[2..<5]), size: 8).next == 5)
        #expect(try JournalPage([], size: 8).json == Array("[]".utf8))
        for (_, word, change) in Self.changes where word.contains("hashes") || word.contains("before has") {
            var changed = rows
            change(&changed[5])
            #expect(throws: LedgerError.self) { try JournalPage(changed, size: 8) }
        }
    }

    @Test("the next entry has its place, its link, its time and its size, or is refused by them")
    func apply() throws {
        let book = scene.book
        let (world, state) = (scene.world, book.state)
        let entry = Entry.faucet(world.faucet(world.buyer.address, 1))
        func refusal(_ index: UInt64, _ time: UInt64, _ previous: Digest, _ entry: Entry) -> LedgerError? {
            var state = state
            do throws(LedgerError) {
                let posted = try PostedEntry(index: index, postedAt: time, previous: previous, entry: entry)
                try state.apply(posted, checksSignatures: true)
                return nil
            } catch {
                #expect(state == book.state, "a refused entry left a trace")
                return error
            }
        }
        let now = world.clock.now
        #expect(refusal(8, now, state.chain, entry) == nil)
        for index in [0, 7, 9, UInt64.max] {
            #expect(refusal(index, now, state.chain, entry) == .corrupted(index, detail: "entry 8 was expected here"))
        }
        #expect(
            refusal(8, now, .zero, entry)
                == .corrupted(8, detail: "names \(Digest.zero) as the hash before it, which is \(state.chain)"))
        #expect(
            refusal(8, now - 1, state.chain, entry)
                == .corrupted(8, detail: "posted at \(now - 1), before the last at \(now)"))
        let long = Entry.grant(world.grant { $0.label = Untrusted(String(repeating: "x", count: 4_000)) })
        #expect(refusal(8, now, state.chain, long) == .documentTooLarge(.grant, field: "body", max: 2 << 10))
    }

    @Test("every entry of a journal, handed in again, is known and changes nothing")
    func replays() {
        for posted in scene.book.journal {
            let key = posted.entry.key(in: scene.world.domain)
            #expect(scene.book.refusal(of: posted.entry) == .keyReused(key))
            #expect(scene.book.state.position(of: key) == posted.index)
        }
    }
}

extension String {
    /// The same with the sixteen characters after `mark` in capitals.
    fileprivate func uppercased(after mark: String) -> String {
        guard let place = range(of: mark)?.upperBound else { return self }
        let digits = self[place...].prefix(16)
        return replacingOccurrences(of: digits, with: digits.uppercased())
    }
}
