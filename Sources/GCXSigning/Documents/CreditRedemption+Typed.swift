package import GCXModel

extension CreditRedemption: TypedDocument {
    package static let schema = TypedSchema<CreditRedemption>(
        "CreditRedemption",
        .init("account", \.account),
        .init("amount", \.amount),
        .init("reference", \.reference),
        .init("nonce", \.nonce))
}
