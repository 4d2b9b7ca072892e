package import GCXModel

extension CreditIssue: TypedDocument {
    package static let schema = TypedSchema<CreditIssue>(
        "CreditIssue",
        .init("account", \.account),
        .init("amount", \.amount),
        .init("reference", \.reference),
        .init("nonce", \.nonce))
}
