package import GCXModel

extension Voucher: TypedDocument {
    package static let schema = TypedSchema<Voucher>(
        "Voucher",
        .init("channel", \.channel),
        .init("cumulative", \.cumulative),
        .init("receipt", \.receipt))
}
