import FoundationEssentials
import GCXJSON
package import GCXModel

/// An entry at its place in the journal.
///
/// The canonical bytes are defined here and nowhere else: the index (8 bytes, big-endian), the ledger's time (8 bytes,
/// big-endian), the hash of the entry before (32 bytes; for the first ``LedgerCharter/genesis``), then the entry as JSON with sorted keys, no
/// white space and no escaped slashes. Their SHA-256 is the entry's hash, which chains the journal; their RFC 9162 leaf
/// hash is what goes into the Merkle tree.
package struct PostedEntry: Equatable, Sendable {
    package let index: UInt64
    /// The ledger's Unix seconds; never decreases along the journal, except where the operator's `ClockOrder` stands.
    package let postedAt: UInt64
    /// Hash of the entry before; for the first the digest of the ledger's charter.
    package let previous: Digest
    package let entry: Entry
    /// SHA-256 of the canonical bytes.
    package let entryHash: Digest
    /// SHA-256 of 0x00 and the canonical bytes.
    package let leafHash: Digest
    /// Bytes of the entry as canonical JSON.
    package let jsonBytes: Int

    /// Cost: one JSON encoding and two hashes. Throws what JSON cannot carry, which no entry holds.
    package init(index: UInt64, postedAt: UInt64, previous: Digest, entry: Entry) throws(LedgerError) {
        self.init(
            index: index, postedAt: postedAt, previous: previous, entry: entry, json: try Self.canonicalJSON(entry))
    }

    /// For whoever has the canonical JSON of the entry at hand already.
    package init(index: UInt64, postedAt: UInt64, previous: Digest, entry: Entry, json: [UInt8]) {
        self.index = index
        self.postedAt = postedAt
        self.previous = previous
        self.entry = entry
        jsonBytes = json.count
        let bytes = Self.canonicalBytes(index: index, postedAt: postedAt, previous: previous, json: json)
        entryHash = Merkle.sha256(bytes)
        leafHash = Merkle.leaf(bytes)
    }

    /// The entry as it is stored and hashed.
    package static func canonicalJSON(_ entry: Entry) throws(LedgerError) -> [UInt8] {
        do {
            return try CanonicalJSON.bytes(entry)
        } catch {
            throw .malformed(
                entry.kind, field: "body", reason: "cannot be written as JSON: \(ForeignError.words(error))")
        }
    }

    package static func canonicalBytes(index: UInt64, postedAt: UInt64, previous: Digest, json: [UInt8]) -> [UInt8] {
        bigEndian(index) + bigEndian(postedAt) + previous.bytes + json  // bounded: joins bytes
    }

    private static func bigEndian(_ value: UInt64) -> [UInt8] {
        unsafe withUnsafeBytes(of: value.bigEndian) { unsafe Array($0) }
    }
}

/// The hashes are written for readers, and computed again, never believed, when read back.
extension PostedEntry: Codable {
    private enum Keys: String, CodingKey { case index, postedAt, previous, entry, entryHash, leafHash }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        try self.init(
            index: container.decode(UInt64.self, forKey: .index),
            postedAt: container.decode(UInt64.self, forKey: .postedAt),
            previous: container.decode(Digest.self, forKey: .previous),
            entry: container.decode(Entry.self, forKey: .entry))
        let claimed = try container.decode(Digest.self, forKey: .entryHash)
        guard claimed == entryHash else {
            throw DecodingError.dataCorruptedError(
                forKey: .entryHash, in: container,
                debugDescription: "entry \(index) hashes to \(entryHash), not \(claimed)")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(index, forKey: .index)
        try container.encode(postedAt, forKey: .postedAt)
        try container.encode(previous, forKey: .previous)
        try container.encode(entry, forKey: .entry)
        try container.encode(entryHash, forKey: .entryHash)
        try container.encode(leafHash, forKey: .leafHash)
    }
}
