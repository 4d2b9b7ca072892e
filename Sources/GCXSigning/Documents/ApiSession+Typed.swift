package import GCXModel

extension ApiSession: TypedDocument {
    package static let schema = TypedSchema<ApiSession>(
        "ApiSession",
        .init("account", \.account),
        .init("session", \.session),
        .init("audience", \.audience),
        .init("issuedAt", \.issuedAt),
        .init("expiresAt", \.expiresAt))
}
