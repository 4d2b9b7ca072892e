package import GCXModel

extension RelayRegistration: TypedDocument {
    package static let schema = TypedSchema<RelayRegistration>(
        "RelayRegistration",
        .init("relay", \.relay),
        .init("machine", \.machine),
        .init("nonce", \.nonce),
        .init("at", \.at))
}
