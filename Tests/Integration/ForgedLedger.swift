import GCXLedger
import GCXModel
import GCXSigning

@testable import GCXLedgerSQLite

/// A ledger's file written row by row without the ledger's rules, well hashed and signed by its operator: what an older
/// ledger took, or what somebody evil made.
struct ForgedLedger {
    let domain: EIP712Domain
    private let store: JournalStore
    private let key: PrivateKey
    private let time: UInt64
    private var chain: Digest
    private var tree = MerkleTree()

    /// - Parameters:
    ///   - format: ledgers of the first format had no charter and looked at no text.
    ///   - time: Unix seconds of all rows that name none.
    init(at path: String, operator key: PrivateKey, format: LedgerCharter.Format, time: UInt64) throws {
        let charter = LedgerCharter(
            format: format, operator: key.address, isTestNetwork: true,
            founding: format == .ofLedger ? .random() : nil)
        (self.key, self.time, domain) = (key, time, charter.domain)
        chain = charter.genesis
        store = try JournalStore.writing(path)
        let empty = TreeHead(size: 0, root: Merkle.emptyRoot, chain: chain, timestamp: time)
        try store.found(charter.values, head: Signed(empty, by: key, in: domain))
    }

    mutating func append(_ entry: Entry, at time: UInt64? = nil) throws {
        try append(PostedEntry.canonicalJSON(entry), key: entry.key(in: domain).description, at: time)
    }

    /// Any bytes in the place of an entry.
    mutating func append(_ bytes: [UInt8], key name: String, at time: UInt64? = nil) throws {
        let time = time ?? self.time
        let canonical = PostedEntry.canonicalBytes(index: tree.size, postedAt: time, previous: chain, json: bytes)
        let (hash, leaf) = (Merkle.sha256(canonical), Merkle.leaf(canonical))
        let row = JournalRow(
            index: tree.size, key: name, postedAt: time, entry: bytes, previous: chain.bytes, entryHash: hash.bytes,
            leafHash: leaf.bytes)
        tree.append(leaf)
        chain = hash
        let head = TreeHead(size: tree.size, root: tree.root(size: tree.size), chain: chain, timestamp: time)
        try store.append(row, head: Signed(head, by: key, in: domain))
    }

    /// Leaves a file that can be copied, or changed by hand.
    func close() throws { try store.settle() }
}
