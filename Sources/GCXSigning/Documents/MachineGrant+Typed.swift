package import GCXModel

extension MachineGrant: TypedDocument {
    package static let schema = TypedSchema<MachineGrant>(
        "MachineGrant",
        .init("owner", \.owner),
        .init("machine", \.machine),
        .init("label", \.label),
        .init("issuedAt", \.issuedAt),
        .init("expiresAt", \.expiresAt),
        .init("nonce", \.nonce))
}
