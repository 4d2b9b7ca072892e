package import GCXModel

extension SessionRevocation: TypedDocument {
    package static let schema = TypedSchema<SessionRevocation>(
        "SessionRevocation",
        .init("account", \.account),
        .init("audience", \.audience),
        .init("session", \.session),
        .init("at", \.at))
}
