/// An account gives credit back, for what the operator paid outside the ledger. Signed by the account, which asks, and by the
/// operator, who says that it was paid.
package struct CreditRedemption: Codable, Equatable, Hashable, Sendable {
    /// Whose it was.
    package var account: Address
    /// How much.
    package var amount: Amount
    /// What the operator paid, for people: the number of a transfer or an invoice.
    package var reference: Untrusted
    /// Random, so that two of them never share a digest.
    package var nonce: Digest

    package init(account: Address, amount: Amount, reference: Untrusted, nonce: Digest) {
        self.account = account
        self.amount = amount
        self.reference = reference
        self.nonce = nonce
    }
}
