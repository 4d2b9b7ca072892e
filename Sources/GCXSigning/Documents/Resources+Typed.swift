package import GCXModel

extension Resources: TypedStructure {
    package static let schema = TypedSchema<Resources>(
        "Resources",
        .init("cores", \.cores),
        .init("memoryBytes", \.memoryBytes),
        .init("storageBytes", \.storageBytes),
        .init("gpus", \.gpus))
}
