package import GCXModel

extension CloseRequest: TypedDocument {
    package static let schema = TypedSchema<CloseRequest>(
        "CloseRequest",
        .init("channel", \.channel),
        .init("requester", \.requester),
        .init("requestedAt", \.requestedAt))
}
