package import GCXModel

extension SignOfLife: TypedDocument {
    package static let schema = TypedSchema<SignOfLife>(
        "SignOfLife",
        .init("machine", \.machine),
        .init("offer", \.offer),
        .init("at", \.at),
        .init("isLeaving", \.isLeaving))
}
