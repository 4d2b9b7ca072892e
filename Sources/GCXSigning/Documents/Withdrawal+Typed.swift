package import GCXModel

extension Withdrawal: TypedDocument {
    package static let schema = TypedSchema<Withdrawal>(
        "Withdrawal",
        .init("subject", \.subject),
        .init("reason", \.reason),
        .init("issuedAt", \.issuedAt))
}
