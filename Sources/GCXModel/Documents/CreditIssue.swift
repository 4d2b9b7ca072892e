/// The operator of a private ledger promises an account so much: money on this ledger, and a debt outside it. Signed by the
/// ledger's operator.
package struct CreditIssue: Codable, Equatable, Hashable, Sendable {
    /// Who gets it.
    package var account: Address
    /// How much.
    package var amount: Amount
    /// What the operator got for it, for people: the number of a transfer or an invoice.
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
