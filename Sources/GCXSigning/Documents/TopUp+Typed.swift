package import GCXModel

extension TopUp: TypedDocument {
    package static let schema = TypedSchema<TopUp>(
        "TopUp",
        .init("channel", \.channel),
        .init("deposit", \.deposit))
}
