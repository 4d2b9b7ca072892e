import FoundationEssentials
package import GCXLedger
package import GCXModel

/// Replays a ledger file from the first byte and reports everything that is wrong with it. It never changes the file,
/// and it may run while the ledger serves.
package enum LedgerVerifier {
    /// - Parameter expectedOperator: whom the reader trusts. Without it the file's own word is taken, and a file that
    ///   somebody forged as a whole, with a key of their own, is sound.
    /// - Parameter kept: a head the reader kept from earlier. Without one, a ledger from which the last entries were
    ///   taken away together with their heads is sound.
    /// - Throws: when there is no ledger there to be read at all. A damaged one is a report with problems.
    /// - Complexity: O(entries × log entries); about 50 µs an entry for its signature in a release build.
    package static func verify(
        _ path: String, expectedOperator: Address? = nil, kept: SignedTreeHead? = nil
    ) throws(LedgerError) -> VerifyReport {
        let store = try JournalStore.reading(path)
        let charter = try LedgerCharter(store)
        var audit = Audit(charter)
        // Said once: held against another operator every head and every entry would be wrong for this one reason.
        if let expectedOperator, expectedOperator != charter.operator {
            audit.note(nil, "the file names \(charter.operator) as its operator, not \(expectedOperator)")
        }
        do throws(LedgerError) {
            audit = try replay(store, into: audit)
        } catch {
            audit.note(nil, Untrusted(error.description))
        }
        if let kept { audit.compare(kept) }
        return audit.report()
    }

    /// What the file calls its money. It is its own word until the file is verified.
    package static func currency(of path: String) throws(LedgerError) -> Currency {
        try LedgerCharter(JournalStore.reading(path)).money
    }

    private static func replay(_ store: JournalStore, into start: Audit) throws(LedgerError) -> Audit {
        try store.snapshot("reading the ledger") { reader in
            var audit = start
            for problem in try reader.integrityProblems() { audit.note(nil, "SQLite: \(problem)") }
            do {
                try reader.forEachRow { audit.take($0) }
                try reader.forEachHead { audit.take($0) }
            } catch {
                // What was read before the file broke off stays in the report.
                audit.note(nil, Untrusted(storeError(error, in: "reading the file to its end").description))
            }
            return audit
        }
    }
}
