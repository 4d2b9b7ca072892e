import FoundationEssentials
package import GCXLedger
import GCXLinux
package import GCXModel
package import GCXSigning

/// The embedded ledger: one file, one writer, every rule of `LedgerState`, and a Merkle tree with a head for every size.
///
/// ```swift
/// let ledger = try SQLiteLedger(path: "/var/lib/gcx/ledger.sqlite", operatorKey: key, isTestNetwork: true) {
///     UInt64(Date().timeIntervalSince1970)
/// }
/// ```
/// The journal in the file is the truth. State and tree live in memory, are built from it when it is opened, and change
/// only after a write is on the disk. An entry and the signed head over it are written in one transaction.
///
/// The actor's one thread is what all callers share, so only short work is done on it: lookups, pages of lists, and of
/// a post the check and the write, which waits for the disk for a few milliseconds. Between those two nothing awaits, so
/// nothing else can be posted. Documents are hashed and written as JSON before, and the journal is read by a connection
/// of its own, beside the actor.
package actor SQLiteLedger: TransparentLedger {
    private let store: JournalStore
    /// Reads beside the writer.
    private let reader: JournalStore
    /// Never changes, so that it can be read beside the actor.
    private let domain: EIP712Domain
    private let key: PrivateKey
    private let now: @Sendable () -> UInt64
    private let boot: @Sendable () -> UInt64
    private let lock: LedgerLock
    private var state: LedgerState
    private var tree: MerkleTree
    private var lastHead: SignedTreeHead
    private var clock: LedgerClock
    private var signs: SignBook

    /// Opens a ledger or founds it.
    ///
    /// - Parameters:
    ///   - path: the SQLite file; `path.lock` appears beside it.
    ///   - operatorKey: signs the heads. A file keeps its first operator.
    ///   - isTestNetwork: whether the operator can make money. A file keeps its first answer.
    ///   - currency: what a ledger's money is called that is founded now; nil takes the name of its kind. A file keeps its
    ///     first answer, and another one than that is refused.
    ///   - founding: makes a ledger that is founded now one of its own; a file keeps its first.
    ///   - boot: nanoseconds of a clock that never jumps.
    ///   - now: Unix seconds; may jump, the ledger's own clock neither goes back nor follows it far.
    /// - Throws: `LedgerError.locked`, `LedgerError.wrongOperator`,
    ///   `LedgerError.wrongNetwork`, `LedgerError.wrongCurrency`, `LedgerError.corrupted`, or a storage error.
    /// - Complexity: O(entries); hashes and rules are checked again, signatures only by ``LedgerVerifier``.
    package init(
        path: String, operatorKey: PrivateKey, isTestNetwork: Bool, currency: Currency? = nil,
        founding: Digest = .random(),
        boot: @escaping @Sendable () -> UInt64 = { BootClock.now() },
        now: @escaping @Sendable () -> UInt64
    ) throws(LedgerError) {
        lock = try LedgerLock(beside: path)
        store = try JournalStore.writing(path)
        key = operatorKey
        (self.now, self.boot) = (now, boot)
        reader = try JournalStore.reading(path)
        let charter = LedgerCharter(
            operator: operatorKey.address, isTestNetwork: isTestNetwork, founding: founding,
            currency: currency)
        let opened = try OpenedJournal(store, key: operatorKey, founding: charter, now: now())
        (state, tree, lastHead) = (opened.state, opened.tree, opened.head)
        clock = LedgerClock(
            taken: lastHead.document.timestamp, boot: boot(), isBounded: opened.state.charter.format >= .ofLedger)
        domain = opened.state.domain
        signs = SignBook(since: opened.state.posting(at: clock.shown(machine: now(), boot: boot())).time)
        try lock.mark()
    }

    /// Brings the file into the state in which it can be copied; call it last.
    package func settle() throws(LedgerError) { try store.settle() }

    @discardableResult
    package nonisolated func post(_ entry: Entry) async throws(LedgerError) -> PostReceipt {
        let draft = try Draft(entry: entry, key: entry.key(in: domain), json: PostedEntry.canonicalJSON(entry))
        switch try await write(draft) {
        case .written(let receipt): return receipt
        case .stands(let index): return try await repeated(draft, at: index)
        }
    }

    /// An entry with what can be computed without the book.
    private struct Draft: Sendable {
        let entry: Entry
        let key: EntryKey
        let json: [UInt8]
    }

    /// What became of a draft.
    private enum Outcome: Sendable {
        case written(PostReceipt)
        /// An entry of this key stands there already.
        case stands(at: UInt64)
    }

    private func write(_ draft: Draft) throws(LedgerError) -> Outcome {
        if let index = state.position(of: draft.key) { return .stands(at: index) }
        let since = boot()
        let posting = state.posting(
            of: draft.entry, at: try clock.time(of: draft.entry, machine: now(), boot: since))
        let change = try state.check(draft.entry, key: draft.key, in: posting)
        try state.requireSize(draft.json.count, of: draft.entry.kind)
        let posted = PostedEntry(
            index: posting.index, postedAt: posting.time, previous: state.chain, entry: draft.entry, json: draft.json)
        let head = signedHead(over: posted)
        try write(JournalRow(posted, key: draft.key, json: draft.json), key: draft.key, head: head)
        state.commit(change, of: posted)
        clock.take(draft.entry, at: posting.time, boot: since)
        tree.append(posted.leafHash)
        lastHead = head
        return .written(
            PostReceipt(index: posted.index, entryHash: posted.entryHash, postedAt: posted.postedAt, duplicate: false))
    }

    /// The receipt of the entry that stands there, if `draft` says the same.
    private nonisolated func repeated(_ draft: Draft, at index: UInt64) async throws(LedgerError) -> PostReceipt {
        guard let row = try await reader.rowsAside(from: index, limit: 1).first else { throw .unknownEntry(index) }
        let stored = try row.posted(in: domain)
        try draft.entry.requireSame(as: stored.entry, key: draft.key)
        return PostReceipt(index: index, entryHash: stored.entryHash, postedAt: stored.postedAt, duplicate: true)
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
            domain: state.domain, operator: state.operator, isTestNetwork: state.isTestNetwork, ledgerTime: time,
            format: state.charter.format.rawValue, credit: state.isTestNetwork ? nil : state.credit,
            currency: state.charter.money)
    }

    package func account(_ address: Address) -> Account { state.account(address) }

    package func grant(_ digest: Digest) throws(LedgerError) -> GrantRecord { try state.grant(digest) }

    package func grants(of owner: Address) -> [GrantRecord] { state.grants(of: owner) }

    package func attestation(_ digest: Digest) throws(LedgerError) -> AttestationEntry {
        try state.attestation(digest)
    }

    package func offer(_ digest: Digest) throws(LedgerError) -> OfferRecord { try state.offer(digest) }

    package func offers(liveOnly: Bool) -> [OfferRecord] {
        guard liveOnly else { return state.offers(liveAt: nil) }
        let time = time
        return state.offers(liveAt: time).filter { signs.isAlive($0, at: time) }
    }

    package nonisolated func see(_ sign: Signed<SignOfLife>) async throws(LedgerError) {
        // A key is recovered beside the actor.
        try await hear(sign.document, by: try? sign.signer(in: domain))
    }

    private func hear(_ sign: SignOfLife, by signer: Address?) throws(LedgerError) {
        try signs.take(sign, by: signer, of: state, at: time)
    }

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

    package func grants(of owner: Address, from: UInt64) -> Page<GrantRecord> { state.grants(of: owner, from: from) }

    package func offers(liveOnly: Bool, from: UInt64) -> Page<OfferRecord> {
        guard liveOnly else { return state.offers(liveAt: nil, from: from) }
        let time = time
        return state.offers(liveAt: time, from: from) { signs.isAlive($0, at: time) }
    }

    package func demands(liveOnly: Bool, from: UInt64) -> Page<DemandRecord> {
        state.demands(liveAt: liveOnly ? time : nil, from: from)
    }

    package func leases(of party: Address, from: UInt64) -> Page<LeaseRecord> { state.leases(of: party, from: from) }

    package func ratings(of ratee: Address, from: UInt64) -> Page<RatingRecord> {
        state.ratings(of: ratee, from: from)
    }

    private var size: UInt64 { state.size }

    package nonisolated func entry(at index: UInt64) async throws(LedgerError) -> PostedEntry {
        guard index < (await size), let row = try await reader.rowsAside(from: index, limit: 1).first else {
            throw .unknownEntry(index)
        }
        return try row.posted(in: domain)
    }

    package nonisolated func entries(from index: UInt64, limit: Int) async throws(LedgerError) -> [PostedEntry] {
        var page: [PostedEntry] = []
        for row in try await rows(from: index, limit: limit, size: await size) {
            page.append(try row.posted(in: domain))
        }
        return page
    }

    package nonisolated func page(from index: UInt64, limit: Int) async throws(LedgerError) -> JournalPage {
        let size = await size
        return try JournalPage(try await rows(from: index, limit: limit, size: size), size: size)
    }

    /// What is written but not yet in the book is not shown.
    private nonisolated func rows(from index: UInt64, limit: Int, size: UInt64) async throws(LedgerError)
        -> [JournalRow]
    {
        guard limit > 0, index < size else { return [] }
        // bounded: the index is below the size
        let count = min(limit, LedgerLimits.pageEntriesMax, Int(clamping: size - index))
        return try await reader.rowsAside(from: index, limit: count)
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

    private var time: UInt64 { state.posting(at: clock.shown(machine: now(), boot: boot())).time }
}
