/// Money out of nothing, on a test network only. Signed by the ledger's operator.
package struct FaucetGrant: Codable, Equatable, Hashable, Sendable {
    /// Who gets it.
    package var account: Address
    /// How much.
    package var amount: Amount
    /// Random, so that two grants never share a digest.
    package var nonce: Digest

    package init(account: Address, amount: Amount, nonce: Digest) {
        self.account = account
        self.amount = amount
        self.nonce = nonce
    }
}
