import FoundationEssentials
import GCXLedger
import GCXModel
import GCXSigning

/// The embedded ledger: one file, one writer, every rule of ``LedgerState``, and a Merkle tree with a head for every size.
///
/// ```swift
/// let ledger = try SQLiteLedger(path: "/var/lib/gcx/ledger.sqlite", operatorKey: key, isTestNetwork: true) {
///     UInt64(Date().timeIntervalSince1970)
/// }
/// ```
/// The journal in the file is the truth. State and tree live in memory, are built from it when it is opened, and change
/// only after a write is on the disk. An entry and the signed head over it are written in one transaction.
///
/// Calls block one thread of the pool while the disk syncs: a few milliseconds, and only ``post(_:)`` does it. That is
/// also why nothing here awaits: between the check of an entry and its write nothing else can be posted.
package actor SQLiteLedger: TransparentLedger {
    private let store: JournalStore
    private let key: PrivateKey
    private let now: @Sendable () -> UInt64
    private let lock: LedgerLock
    private var state: LedgerState
    private var tree: MerkleTree
    private var lastHead: SignedTreeHead

    /// Opens a ledger or founds it.
    ///
    /// - Parameters:
    ///   - path: the SQLite file; `path.lock` appears beside it.
    ///   - operatorKey: signs the heads; its address names the ledger's domain. A file keeps its first operator.
    ///   - isTestNetwork: whether the operator can make money. A file keeps its first answer.
    ///   - now: Unix seconds; may jump, the ledger's own clock never goes back.
    /// - Throws: ``LedgerError/locked(path:)``, ``LedgerError/wrongOperator(expected:got:)``,
    ///   ``LedgerError/wrongNetwork(isTestNetwork:)``, ``LedgerError/corrupted(_:detail:)``, or a storage error.
    /// - Complexity: O(entries); hashes and rules are checked again, signatures only by ``LedgerVerifier``.
    package init(
        path: String, operatorKey: PrivateKey, isTestNetwork: Bool, now: @escaping @Sendable () -> UInt64
    ) throws(LedgerError) {
        lock = try LedgerLock(beside: path)
        store = try JournalStore.writing(path)
        key = operatorKey
        self.now = now
        let opened = try OpenedJournal(store, key: operatorKey, isTestNetwork: isTestNetwork, now: now())
        (state, tree, lastHead) = (opened.state, opened.tree, opened.head)
        try lock.mark()
    }

    /// Brings the file into the state in which it can be copied; call it last.
    package func settle() throws(LedgerError) { try store.settle() }

    @discardableResult
    package func post(_ entry: Entry) throws(LedgerError) -> PostReceipt {
        let key = entry.key(in: state.domain)
        if let index = state.position(of: key) { return try repeated(entry, at: index) }
        let posting = state.posting(at: now())
        let change = try state.check(entry, in: posting)
        let json = try PostedEntry.canonicalJSON(entry)
        guard json.count <= LedgerLimits.entryBytesMax else {
            throw .documentTooLarge(entry.kind, field: "body", max: LedgerLimits.entryBytesMax)
        }
        let posted = PostedEntry(
            index: posting.index, postedAt: posting.time, previous: state.chain, entry: entry, json: json)
        let head = signedHead(over: posted)
        try write(JournalRow(posted, key: key, json: json), key: key, head: head)
        state.commit(change, of: posted)
        tree.append(posted.leafHash)
        lastHead = head
        return PostReceipt(
            index: posted.index, entryHash: posted.entryHash, postedAt: posted.postedAt, duplicate: false)
    }

    private func repeated(_ entry: Entry, at index: UInt64) throws(LedgerError) -> PostReceipt {
        let stored = try self.entry(at: index)
        try state.requireSameStatement(entry, as: stored.entry)
        return PostReceipt(
            index: index, entryHash: stored.entryHash, postedAt: stored.postedAt, duplicate: true)
    }

    private func signedHead(over posted: PostedEntry) -> SignedTreeHead {
        var edge = tree.frontier
        edge.append(posted.leafHash)
        let head = TreeHead(size: edge.size, root: edge.root, chain: posted.entryHash, timestamp: posted.postedAt)
        return Signed(head, by: key, in: state.domain)
    }

    /// A failed commit may have reached the disk all the same, so the file is asked before it is called a failure.
    private func write(_ row: JournalRow, key: EntryKey, head: SignedTreeHead) throws(LedgerError) {
        let failure: LedgerError
        do throws(LedgerError) {
            return try store.append(row, head: head)
        } catch {
            failure = error
        }
        let found: JournalRow?
        do throws(LedgerError) {
            found = try store.row(row.index)
        } catch {
            throw .outcomeUnknown(key, after: .seconds(5))
        }
        guard found == row else { throw failure }
    }
}

// Reading.
extension SQLiteLedger {
    package func identity() -> LedgerIdentity {
        LedgerIdentity(
            domain: state.domain, operator: state.operator, isTestNetwork: state.isTestNetwork, ledgerTime: time)
    }

    package func account(_ address: Address) -> Account { state.account(address) }

    package func grant(_ digest: Digest) throws(LedgerError) -> GrantRecord { try state.grant(digest) }

    package func grants(of owner: Address) -> [GrantRecord] { state.grants(of: owner) }

    package func attestation(_ digest: Digest) throws(LedgerError) -> AttestationEntry {
        try state.attestation(digest)
    }

    package func offer(_ digest: Digest) throws(LedgerError) -> OfferRecord { try state.offer(digest) }

    package func offers(liveOnly: Bool) -> [OfferRecord] { state.offers(liveAt: liveOnly ? time : nil) }

    package func freeCapacity(of offer: Digest, from: UInt64, until: UInt64) throws(LedgerError) -> Resources {
        try state.freeCapacity(of: offer, from: from, until: until)
    }

    package func demand(_ digest: Digest) throws(LedgerError) -> DemandRecord { try state.demand(digest) }

    package func demands(liveOnly: Bool) -> [DemandRecord] { state.demands(liveAt: liveOnly ? time : nil) }

    package func lease(_ id: LeaseID) throws(LedgerError) -> LeaseRecord { try state.lease(id) }

    package func leases(of party: Address) -> [LeaseRecord] { state.leases(of: party) }

    package func ratings(of ratee: Address) -> [RatingRecord] { state.ratings(of: ratee) }

    /// Where all the money is.
    package func conservation() -> Conservation { state.conservation() }

    package func entry(at index: UInt64) throws(LedgerError) -> PostedEntry {
        guard index < state.size, let row = try store.row(index) else { throw .unknownEntry(index) }
        return try row.posted(in: state.domain)
    }

    package func entries(from index: UInt64, limit: Int) throws(LedgerError) -> [PostedEntry] {
        guard limit > 0, index < state.size else { return [] }
        let rows = try store.rows(from: index, limit: min(limit, LedgerLimits.pageEntriesMax))
        var page: [PostedEntry] = []
        for row in rows { page.append(try row.posted(in: state.domain)) }
        return page
    }

    package func head() -> SignedTreeHead { lastHead }

    package func inclusion(index: UInt64, treeSize: UInt64) throws(LedgerError) -> InclusionProof {
        guard index < treeSize, treeSize <= tree.size else {
            throw .unknownTree(from: index, to: treeSize, size: tree.size)
        }
        return InclusionProof(
            index: index, treeSize: treeSize, leafHash: tree.leaf(index),
            path: tree.inclusionPath(index: index, size: treeSize))
    }

    package func consistency(from: UInt64, to: UInt64) throws(LedgerError) -> ConsistencyProof {
        guard from <= to, to <= tree.size else { throw .unknownTree(from: from, to: to, size: tree.size) }
        // Nothing has to be proved about the empty tree.
        let path = from == 0 ? [] : tree.consistencyPath(from: from, to: to)
        return ConsistencyProof(from: from, to: to, path: path)
    }

    private var time: UInt64 { state.posting(at: now()).time }
}
