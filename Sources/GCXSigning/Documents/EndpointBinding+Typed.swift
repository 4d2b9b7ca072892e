package import GCXModel

extension EndpointBinding: TypedDocument {
    package static let schema = TypedSchema<EndpointBinding>(
        "EndpointBinding",
        .init("subject", \.subject),
        .init("publicKey", \.publicKey),
        .init("endpoints", \.endpoints),
        .init("relays", \.relays),
        .init("notBefore", \.notBefore),
        .init("notAfter", \.notAfter),
        .init("sequence", \.sequence))
}
