package import GCXModel

extension FaucetGrant: TypedDocument {
    package static let schema = TypedSchema<FaucetGrant>(
        "FaucetGrant",
        .init("account", \.account),
        .init("amount", \.amount),
        .init("nonce", \.nonce))
}
