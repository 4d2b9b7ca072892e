package import GCXModel

/// What the operator of a private ledger promised in all, and what of it came back.
package struct Credit: Codable, Equatable, Sendable {
    package var issued: Amount
    package var redeemed: Amount

    package init(issued: Amount = .zero, redeemed: Amount = .zero) {
        self.issued = issued
        self.redeemed = redeemed
    }

    /// What the operator owes; nothing less than zero, whatever a ledger elsewhere says.
    package var outstanding: Amount { issued.subtracting(redeemed) ?? .zero }
}
