import GCXModel

// dictionaries: machinesOfOwner

// A lease has two sides, and money that goes from a pocket into another is no trade.
//
// Seen here is what the keys themselves signed: who paid, who is paid, which machines each of them calls its own. Two
// fresh keys of one person look like two people; what such a trade is worth is reputation's to judge.
extension LedgerState {
    /// Refuses a lease, or a word about one, when both sides are visibly one.
    ///
    /// A grant is the owner's word alone, so it only ever counts against the owner who signed it: nobody can make
    /// another's machine or customer look like kin. Withdrawn grants count too, or one would be withdrawn for the deal.
    ///
    /// - Parameter index: where the lease stands in the journal. Grants after it do not count, or a provider would
    ///   silence a buyer with a grant for the buyer's key.
    func requireTwoSides(of terms: LeaseTerms, at index: UInt64) throws(LedgerError) {
        func owns(_ owner: Address, _ key: Address) -> Bool {
            machinesOfOwner[owner]?[key].map { $0 < index } ?? false
        }
        guard terms.payer != terms.machine else {
            throw .notAllowed(terms.payer, reason: "a machine does not lease itself")
        }
        guard !owns(terms.payee, terms.payer) else {
            throw .notAllowed(terms.payer, reason: "it is a machine of the payee \(terms.payee), who would pay oneself")
        }
        guard !owns(terms.payer, terms.machine), !owns(terms.payer, terms.payee) else {
            throw .notAllowed(terms.payer, reason: "it granted the other side's key as a machine of its own")
        }
        guard terms.session != terms.payee, terms.session != terms.machine, !owns(terms.payee, terms.session) else {
            throw .notAllowed(terms.session, reason: "a key of the side that is paid cannot sign the payments")
        }
    }
}
