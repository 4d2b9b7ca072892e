package import GCXModel

extension ClockOrder: TypedDocument {
    package static let schema = TypedSchema<ClockOrder>(
        "ClockOrder",
        .init("time", \.time),
        .init("position", \.position),
        .init("reason", \.reason))
}
