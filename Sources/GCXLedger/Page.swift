import GCXModel

/// A part of a list, bounded in items and bytes, and where the list goes on.
package struct Page<Item: Sendable>: Sendable {
    package var items: [Item]
    /// What to ask for next; nil at the end of the list. A page may be empty and the list go on: what was looked at did
    /// not count.
    package var next: UInt64?

    package init(items: [Item], next: UInt64?) {
        self.items = items
        self.next = next
    }
}

/// A part of the journal as it is stored, without having been read and written again.
package struct JournalPage: Sendable {
    /// A JSON array of entries at their places, as ``PostedEntry`` writes them.
    package var json: [UInt8]
    /// The index to go on with; nil at the end of the journal.
    package var next: UInt64?

    package init(json: [UInt8], next: UInt64?) {
        self.json = json
        self.next = next
    }

    /// - Throws: ``LedgerError/corrupted(_:detail:)`` when the hashes beside a row are not those of its bytes.
    /// - Complexity: two hashes over the bytes; nothing is decoded.
    package init(_ rows: [JournalRow], size: UInt64) throws(LedgerError) {
        json = [UInt8(ascii: "[")]
        for row in rows {
            if json.count > 1 { json.append(UInt8(ascii: ",")) }
            try row.appendWire(to: &json)
        }
        json.append(UInt8(ascii: "]"))
        // bounded: the index is below the size, for the row is in the journal
        next = rows.last.flatMap { $0.index + 1 < size ? $0.index + 1 : nil }
    }
}

extension JournalRow {
    /// The row as ``PostedEntry`` writes itself: sorted keys, no white space.
    func appendWire(to json: inout [UInt8]) throws(LedgerError) {
        guard let before = Digest(bytes: previous) else {
            throw .corrupted(
                index, detail: "the hash of the entry before has \(NumberText.count(previous.count, "byte"))")
        }
        let bytes = PostedEntry.canonicalBytes(index: index, postedAt: postedAt, previous: before, json: entry)
        let (hash, leaf) = (Merkle.sha256(bytes), Merkle.leaf(bytes))
        guard hash.bytes == entryHash, leaf.bytes == leafHash else {
            throw .corrupted(index, detail: "the entry hashes to \(hash), not \(Hex.encode(entryHash))")
        }
        json += "{\"entry\":".utf8
        // bounded: joins bytes
        json += entry
        json += ",\"entryHash\":\"\(hash)\",\"index\":\(index),\"leafHash\":\"\(leaf)\",".utf8
        json += "\"postedAt\":\(postedAt),\"previous\":\"\(before)\"}".utf8
    }
}
