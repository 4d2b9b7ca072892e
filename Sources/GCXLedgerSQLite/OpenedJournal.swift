import GCXLedger
import GCXModel
import GCXSigning

/// A journal read from its file, with the state and the tree that follow from it.
struct OpenedJournal {
    private(set) var state: LedgerState
    private(set) var tree = MerkleTree()
    let head: SignedTreeHead

    init(_ store: JournalStore, key: PrivateKey, isTestNetwork: Bool, now: UInt64) throws(LedgerError) {
        state = LedgerState(operator: key.address, isTestNetwork: isTestNetwork)
        if try store.meta(.format) == nil {
            head = Signed(
                TreeHead(size: 0, root: Merkle.emptyRoot, chain: .zero, timestamp: now), by: key, in: state.domain)
            try store.found(LedgerMeta(state).values, head: head)
            return
        }
        try LedgerMeta(store).require(key.address, isTestNetwork: isTestNetwork)
        guard let last = try store.lastHead() else { throw .corrupted(nil, detail: "no signed head is in the file") }
        head = last
        var page = try store.rows(from: 0, limit: LedgerLimits.pageEntriesMax)
        while !page.isEmpty {
            for row in page { try replay(row) }
            page = try store.rows(from: tree.size, limit: LedgerLimits.pageEntriesMax)
        }
        guard last.document.size == tree.size, last.document.root == tree.root(size: tree.size) else {
            throw .corrupted(nil, detail: "the last signed head is not that of the \(tree.size) entries in the file")
        }
    }

    private mutating func replay(_ row: JournalRow) throws(LedgerError) {
        let posted = try row.posted()
        do throws(LedgerError) {
            try state.apply(posted, checksSignatures: false)
        } catch .corrupted(let index, let detail) {
            throw .corrupted(index, detail: detail)
        } catch {
            throw .corrupted(row.index, detail: "the rules refuse it: \(error)")
        }
        tree.append(posted.leafHash)
    }
}

/// What the file says it is.
struct LedgerMeta {
    let `operator`: Address
    let isTestNetwork: Bool

    init(_ state: LedgerState) {
        self.operator = state.operator
        isTestNetwork = state.isTestNetwork
    }

    /// - Throws: ``LedgerError/unknownFormat(found:known:)`` for a file of another version.
    init(_ store: JournalStore) throws(LedgerError) {
        guard let format = try store.meta(.format) else {
            throw .corrupted(nil, detail: "the file does not say which format it has")
        }
        guard format == Schema.format else { throw .unknownFormat(found: format, known: Schema.format) }
        guard let text = try store.meta(.operator), let address = Address(text) else {
            throw .corrupted(nil, detail: "the file does not name its operator")
        }
        guard let flag = try store.meta(.isTestNetwork).flatMap(Bool.init) else {
            throw .corrupted(nil, detail: "the file does not say whether it is a test network")
        }
        self.operator = address
        isTestNetwork = flag
    }

    var values: [MetaName: String] {
        [.format: Schema.format, .operator: self.operator.description, .isTestNetwork: String(isTestNetwork)]
    }

    func require(_ address: Address, isTestNetwork asked: Bool) throws(LedgerError) {
        guard address == self.operator else { throw .wrongOperator(expected: self.operator, got: address) }
        guard asked == isTestNetwork else { throw .wrongNetwork(isTestNetwork: isTestNetwork) }
    }
}
