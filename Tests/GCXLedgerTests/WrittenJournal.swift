import GCXLedger
import GCXModel
import GCXSigning
import Support

@testable import GCXLedgerSQLite

/// A ledger's file written row by row without the rules, well hashed and signed by the world's operator: what an older
/// ledger took, or what an operator wrote who keeps to none.
struct WrittenJournal {
    private let store: JournalStore
    private let world: TestWorld
    private var chain: Digest
    private var tree = MerkleTree()

    init(_ folder: Folder, _ world: TestWorld) throws {
        self.world = world
        chain = world.charter.genesis
        store = try JournalStore.writing(folder.ledger)
        try store.found(world.charter.values, head: head(at: world.clock.now))
    }

    mutating func append(_ entry: Entry, at time: UInt64? = nil) throws {
        let time = time ?? world.clock.now
        let posted = try PostedEntry(index: tree.size, postedAt: time, previous: chain, entry: entry)
        let json = try PostedEntry.canonicalJSON(entry)
        tree.append(posted.leafHash)
        chain = posted.entryHash
        try store.append(JournalRow(posted, key: entry.key(in: world.domain), json: json), head: head(at: time))
    }

    private func head(at time: UInt64) -> SignedTreeHead {
        let document = TreeHead(size: tree.size, root: tree.root(size: tree.size), chain: chain, timestamp: time)
        return Signed(document, by: world.operator, in: world.domain)
    }
}
