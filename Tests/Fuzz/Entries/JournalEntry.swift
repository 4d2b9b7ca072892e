import GCXLedger
import GCXModel
import GCXSigning
import Support

extension FuzzEntry {
    /// The audit of a journal that somebody else wrote: rows and heads, whatever stands in their columns.
    ///
    /// A line is a row. Its first byte says which of its columns are what they should be, numbers for the others follow, and
    /// then the entry.
    static let journal = FuzzEntry(name: "journal") { bytes in
        guard let scene = try? Scene.made.get() else { return }
        var audit = Audit(scene.world.charter)
        var (chain, rows) = (scene.world.charter.genesis, UInt64(0))
        for line in bytes.split(separator: UInt8(ascii: "\n")).prefix(32) {
            var reader = ByteReader(Array(line))
            let odd = JournalOddity(rawValue: reader.byte())
            if odd.contains(.isHead) {
                let head = TreeHead(
                    size: odd.contains(.index) ? reader.number() : rows, root: .zero, chain: chain,
                    timestamp: reader.number())
                audit.take(scene.world.sign(head, by: scene.world.operator))
                continue
            }
            var row = row(&reader, odd, at: rows, after: chain, in: scene.world.domain)
            if odd.contains(.hash) { row.entryHash = Array(row.entryHash.dropLast()) }
            audit.take(row)
            chain = Digest(bytes: row.entryHash) ?? .zero
            rows += 1
        }
        let report = audit.report()
        precondition(report.entries == rows, "a row is not counted")
        precondition(report.money.isKept, "money came from nowhere, or went there")
        _ = report.problems.map(\.description)
    } seeds: {
        let lines = Scene.seeds.map { [0, 4, 0, 0, 0, 0, 0x69, 0x78, 0, 0] + $0 }
        let heads: [[UInt8]] = [[128, 0, 5], [130, 1, 0, 0, 7]]
        return [Array((lines + heads).joined(separator: [10]))] + lines + heads + [lines[0] + [10] + [1] + lines[0]]
    }

    private static func row(
        _ reader: inout ByteReader, _ odd: JournalOddity, at place: UInt64, after chain: Digest, in domain: EIP712Domain
    ) -> JournalRow {
        let index = odd.contains(.index) ? reader.number() : place
        let time = reader.number()
        let previous = odd.contains(.previous) ? reader.bytes(32) : chain.bytes
        let json = reader.remaining()
        guard !odd.contains(.key), let entry = try? StrictJSON.decode(Entry.self, from: json) else {
            return JournalRow(
                index: index, key: String(decoding: json.prefix(80), as: UTF8.self), postedAt: time, entry: json,
                previous: previous, entryHash: chain.bytes, leafHash: previous)
        }
        let posted = PostedEntry(
            index: index, postedAt: time, previous: Digest(bytes: previous) ?? .zero, entry: entry, json: json)
        var row = JournalRow(posted, key: entry.key(in: domain), json: json)
        row.previous = previous
        return row
    }
}

/// What of a row is not as its entry says.
private struct JournalOddity: OptionSet {
    let rawValue: UInt8

    static let previous = JournalOddity(rawValue: 1)
    static let index = JournalOddity(rawValue: 2)
    static let key = JournalOddity(rawValue: 4)
    static let hash = JournalOddity(rawValue: 8)
    /// It is no row, but a signed head.
    static let isHead = JournalOddity(rawValue: 128)
}
