package import GCXModel
package import GCXSigning

/// The operator's word on the whole journal at one size. Signed by the operator, in the ledger's domain.
///
/// Two heads of one size with different roots prove that the operator showed two journals.
package struct TreeHead: Codable, Equatable, Hashable, Sendable {
    /// Entries in the journal.
    package var size: UInt64
    /// RFC 9162 root over their leaf hashes.
    package var root: Digest
    /// Hash of the last entry; for an empty journal the digest of its charter, zero where it has none.
    package var chain: Digest
    /// The ledger's Unix seconds when the last entry was posted, or the ledger was made.
    package var timestamp: UInt64

    package init(size: UInt64, root: Digest, chain: Digest, timestamp: UInt64) {
        self.size = size
        self.root = root
        self.chain = chain
        self.timestamp = timestamp
    }
}

extension TreeHead: TypedDocument {
    package static let schema = TypedSchema<TreeHead>(
        "TreeHead",
        .init("size", \.size),
        .init("root", \.root),
        .init("chain", \.chain),
        .init("timestamp", \.timestamp))
}

package typealias SignedTreeHead = Signed<TreeHead>
