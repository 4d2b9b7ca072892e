package import GCXModel

/// A redemption that the account asked for and the operator acknowledged.
package struct CountersignedRedemption: Codable, Equatable, Hashable, Sendable {
    package let redemption: CreditRedemption
    package let accountSignature: Signature
    package let operatorSignature: Signature

    /// Joins what the account signed with the operator's signature, unchecked.
    package init(_ asked: Signed<CreditRedemption>, operatorSignature: Signature) {
        redemption = asked.document
        accountSignature = asked.signature
        self.operatorSignature = operatorSignature
    }
}
