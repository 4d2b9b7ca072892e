package import GCXModel
package import GCXSigning

/// A row of a journal as it was stored, believed in nothing.
package struct JournalRow: Equatable, Sendable {
    package var index: UInt64
    package var key: String
    package var postedAt: UInt64
    /// Canonical JSON of the entry.
    package var entry: [UInt8]
    package var previous: [UInt8]
    package var entryHash: [UInt8]
    package var leafHash: [UInt8]

    package init(
        index: UInt64, key: String, postedAt: UInt64, entry: [UInt8], previous: [UInt8], entryHash: [UInt8],
        leafHash: [UInt8]
    ) {
        self.index = index
        self.key = key
        self.postedAt = postedAt
        self.entry = entry
        self.previous = previous
        self.entryHash = entryHash
        self.leafHash = leafHash
    }

    package init(_ posted: PostedEntry, key: EntryKey, json: [UInt8]) {
        self.init(
            index: posted.index, key: key.description, postedAt: posted.postedAt, entry: json,
            previous: posted.previous.bytes, entryHash: posted.entryHash.bytes, leafHash: posted.leafHash.bytes)
    }

    /// The entry, once its bytes are canonical and the key and every hash beside them are theirs.
    package func posted(in domain: EIP712Domain) throws(LedgerError) -> PostedEntry {
        let decoded: Entry
        do { decoded = try StrictJSON.decode(Entry.self, from: entry) } catch {
            throw .corrupted(index, detail: "the entry cannot be read: \(error.description)")
        }
        guard try PostedEntry.canonicalJSON(decoded) == entry else {
            throw .corrupted(index, detail: "the entry is not in canonical form")
        }
        guard let before = Digest(bytes: previous) else {
            throw .corrupted(
                index, detail: "the hash of the entry before has \(NumberText.count(previous.count, "byte"))")
        }
        let posted = PostedEntry(index: index, postedAt: postedAt, previous: before, entry: decoded, json: entry)
        guard posted.entryHash.bytes == entryHash else {
            throw .corrupted(index, detail: "the entry hashes to \(posted.entryHash), not \(Hex.encode(entryHash))")
        }
        guard posted.leafHash.bytes == leafHash else {
            throw .corrupted(index, detail: "its leaf hashes to \(posted.leafHash), not \(Hex.encode(leafHash))")
        }
        let key = decoded.key(in: domain)
        guard key.description == self.key else {
            throw .corrupted(index, detail: "its key is \(key), not “\(self.key)”")
        }
        return posted
    }
}

/// What an audit found. Sound when there is no problem.
package struct VerifyReport: Codable, Equatable, Sendable {
    /// One thing that is wrong; `index` is the entry it concerns, or nil.
    package struct Problem: Codable, Equatable, Sendable, CustomStringConvertible {
        package var index: UInt64?
        package var detail: Untrusted

        package init(index: UInt64?, detail: Untrusted) {
            self.index = index
            self.detail = detail
        }

        package var description: String { index.map { "entry \($0): \(detail.shown)" } ?? detail.shown }
    }

    package var entries: UInt64
    package var heads: UInt64
    /// Root over all entries read.
    package var root: Digest
    package var `operator`: Address
    package var isTestNetwork: Bool
    /// Whether the journal proves ``isTestNetwork``. False for a ledger that was founded before it did: then it is the
    /// file's own word.
    package var isTestNetworkCovered: Bool
    /// The version of its rules, ``LedgerCharter/Format``.
    package var format: UInt64
    /// What was signed for it: on this ledger only, or on every ledger of the operator's that is as old.
    package var domain: EIP712Domain
    package var money: Conservation
    package var problems: [Problem]

    package var isSound: Bool { problems.isEmpty }

    /// Whether what was signed for this ledger is void on every other of its operator.
    package var hasOwnDomain: Bool { domain != .embedded(operator: self.operator) }
}

/// Replays a journal from its first row and believes nothing: bytes, hashes, chain, signatures, rules, tree, heads, money.
///
/// Give it every row in order, then every head in order, then ask for the report. It goes on after a problem as far as
/// that makes sense: an entry that the rules refuse is left out of the state, and later entries that lean on it are
/// reported too.
package struct Audit: Sendable {
    private var state: LedgerState
    private var tree = MerkleTree()
    private var chain: [Digest] = []
    private var times: [UInt64] = []
    private var heads: UInt64 = 0
    private var lastHeadSize: UInt64 = 0
    private var problems: [VerifyReport.Problem] = []

    package init(_ charter: LedgerCharter) { state = LedgerState(charter) }

    package mutating func take(_ row: JournalRow) {
        do throws(LedgerError) {
            try replay(row)
        } catch {
            note(row.index, Untrusted(error.description))
        }
    }

    /// A row: its hashes as stored go into tree and chain, so that the heads are judged against what is stored.
    private mutating func replay(_ row: JournalRow) throws(LedgerError) {
        defer {
            tree.append(Digest(bytes: row.leafHash) ?? .zero)
            chain.append(Digest(bytes: row.entryHash) ?? .zero)
            times.append(row.postedAt)
        }
        guard row.index == tree.size else {
            throw .corrupted(row.index, detail: "entry \(tree.size) is missing before it")
        }
        guard Digest(bytes: row.previous) == chain.last ?? state.charter.genesis else {
            throw .corrupted(row.index, detail: "the hash of the entry before is another")
        }
        let posted = try row.posted(in: state.domain)
        guard posted.postedAt >= times.last ?? 0 || posted.entry.setsClock else {
            throw .corrupted(row.index, detail: "posted at \(posted.postedAt), before the entry before it")
        }
        state.stand(before: posted)
        try state.apply(posted, checksSignatures: true)
    }

    package mutating func take(_ head: SignedTreeHead) {
        // bounded: heads are rows that were read one by one
        heads += 1
        lastHeadSize = max(lastHeadSize, head.document.size)
        compare(head)
    }

    /// Holds a head, of the journal or one that somebody kept, against the entries.
    package mutating func compare(_ head: SignedTreeHead) {
        let document = head.document
        let size = document.size
        guard size <= tree.size else {
            return note(
                nil,
                "the head of \(NumberText.count(size, "entry")) is signed, but only \(tree.size) \(NumberText.form(of: tree.size, one: "is", many: "are")) here"
            )
        }
        // bounded here: at most the size of the tree, and every leaf of that came with a link and a time
        let last = Int(size) - 1
        if document.root != tree.root(size: size) {
            note(nil, "the signed head of \(NumberText.count(size, "entry")) has another root than the entries")
        }
        if document.chain != (last < 0 ? state.charter.genesis : chain[last]) {
            note(nil, "the signed head of \(NumberText.count(size, "entry")) has another last hash than the entries")
        }
        if last >= 0, document.timestamp != times[last] {
            note(nil, "the signed head of \(NumberText.count(size, "entry")) has another time than its last entry")
        }
        if (try? head.signer(in: state.domain)) != state.operator {
            note(nil, "the head of \(NumberText.count(size, "entry")) is not signed by the operator \(state.operator)")
        }
    }

    /// Adds what the reader of the store found.
    package mutating func note(_ index: UInt64?, _ detail: Untrusted) {
        problems.append(.init(index: index, detail: detail))
    }

    package func report() -> VerifyReport {
        let money = state.conservation()
        var report = VerifyReport(
            entries: tree.size, heads: heads, root: tree.root(size: tree.size), operator: state.operator,
            isTestNetwork: state.isTestNetwork, isTestNetworkCovered: state.charter.isCovered,
            format: state.charter.format.rawValue, domain: state.domain, money: money, problems: problems)
        // Each entry was written together with a head, and the empty journal has one too.
        if heads != tree.size + 1 || lastHeadSize != tree.size {  // bounded: a tree in memory is never so large
            // bounded: a tree in memory is never so large
            let due = NumberText.count(tree.size + 1, "signed head")
            report.add("to \(NumberText.count(tree.size, "entry")) belong \(due), and the file has \(heads)")
        }
        if !money.isKept {
            report.add(
                "money is not conserved: \(money.made?.description ?? "less than nothing") was made, \(money.inAccounts) is in accounts and "
                    + "\(money.inEscrow) in escrow")
        }
        return report
    }
}

extension VerifyReport {
    fileprivate mutating func add(_ detail: Untrusted) { problems.append(.init(index: nil, detail: detail)) }
}
