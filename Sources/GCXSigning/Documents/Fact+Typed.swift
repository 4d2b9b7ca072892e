package import GCXModel

extension Fact: TypedStructure {
    package static let schema = TypedSchema<Fact>(
        "Fact",
        .init("name", \.name),
        .init("value", \.value),
        .init("unit", \.unit),
        .init("level", \.level),
        .init("measuredAt", \.measuredAt))
}
