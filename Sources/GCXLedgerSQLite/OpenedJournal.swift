import GCXLedger
import GCXModel
import GCXSigning

/// A journal read from its file, with the state and the tree that follow from it.
struct OpenedJournal {
    private(set) var state: LedgerState
    private(set) var tree = MerkleTree()
    let head: SignedTreeHead

    /// - Parameter new: what the ledger is when it has to be founded.
    init(_ store: JournalStore, key: PrivateKey, founding new: LedgerCharter, now: UInt64) throws(LedgerError) {
        // A file that has lost its word about itself is damaged; a ledger founded over it would hide whose money is in it.
        if try store.isEmpty() {
            state = LedgerState(new)
            head = Signed(
                TreeHead(size: 0, root: Merkle.emptyRoot, chain: state.chain, timestamp: now), by: key, in: state.domain
            )
            try store.found(state.charter.values, head: head)
            return
        }
        let charter = try LedgerCharter(store)
        guard charter.operator == key.address else {
            throw .wrongOperator(expected: charter.operator, got: key.address)
        }
        state = LedgerState(charter)
        guard let last = try store.lastHead() else { throw .corrupted(nil, detail: "no signed head is in the file") }
        head = last
        var page = try store.rows(from: 0, limit: LedgerLimits.pageEntriesMax)
        while !page.isEmpty {
            for row in page { try replay(row) }
            page = try store.rows(from: tree.size, limit: LedgerLimits.pageEntriesMax)
        }
        guard last.document.size == tree.size, last.document.root == tree.root(size: tree.size),
            last.document.chain == state.chain
        else {
            throw .corrupted(
                nil,
                detail:
                    "the last signed head is not that of the \(NumberText.count(tree.size, "entry")) in the file, or of its charter "
                    + "(format, operator, is_test_network, founding, currency)")
        }
        guard (try? last.signer(in: state.domain)) == key.address else {
            throw .corrupted(nil, detail: "the last head is not signed by the operator \(key.address)")
        }
        // Last, so that a file that was changed is not taken for another network's.
        guard charter.isTestNetwork == new.isTestNetwork else {
            throw .wrongNetwork(isTestNetwork: charter.isTestNetwork)
        }
        guard new.currency == nil || charter.money == new.currency else {
            throw .wrongCurrency(charter.money)
        }
    }

    private mutating func replay(_ row: JournalRow) throws(LedgerError) {
        let posted = try row.posted(in: state.domain)
        do throws(LedgerError) {
            try state.apply(posted, checksSignatures: false)
        } catch .corrupted(let index, let detail) {
            throw .corrupted(index, detail: detail)
        } catch {
            throw .corrupted(row.index, detail: "the rules refuse it: \(error.description)")
        }
        tree.append(posted.leafHash)
    }
}

// What the file says it is.
extension LedgerCharter {
    /// - Throws: `LedgerError.unknownFormat` for a file of another version.
    init(_ store: JournalStore) throws(LedgerError) {
        guard let text = try store.meta(.format) else {
            throw .corrupted(nil, detail: "the file does not say which format it has")
        }
        guard let format = Format.allCases.first(where: { "\($0.rawValue)" == text }) else {
            throw .unknownFormat(found: Untrusted(text), known: "\(Format.current.rawValue)")
        }
        guard let text = try store.meta(.operator), let address = Address(text) else {
            throw .corrupted(nil, detail: "the file does not name its operator")
        }
        guard let flag = try store.meta(.isTestNetwork).flatMap(Bool.init) else {
            throw .corrupted(nil, detail: "the file does not say whether it is a test network")
        }
        self.init(
            format: format, operator: address, isTestNetwork: flag,
            founding: try store.meta(.founding).flatMap { Digest($0) },
            currency: try Self.currency(store.meta(.currency)))
        guard !hasOwnDomain || founding != nil else {
            throw .corrupted(nil, detail: "the file does not name its founding, which makes it one of its own")
        }
    }

    private static func currency(_ text: String?) throws(LedgerError) -> Currency? {
        guard let text else { return nil }
        guard let currency = Currency(charterText: text) else {
            throw .corrupted(nil, detail: "the file names a currency that is none")
        }
        return currency
    }

    var values: [MetaName: String] {
        var values: [MetaName: String] = [
            .format: "\(format.rawValue)", .operator: self.operator.description, .isTestNetwork: String(isTestNetwork),
        ]
        // bounded here: a dictionary
        values[.founding] = founding?.description
        values[.currency] = currency?.charterText
        return values
    }
}
