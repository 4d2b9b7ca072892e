package import GCXModel

extension Constraint: TypedStructure {
    package static let schema = TypedSchema<Constraint>(
        "Constraint",
        .init("fact", \.fact),
        .init("minimum", \.minimum),
        .init("maximum", \.maximum),
        .init("levelMin", \.levelMin))
}
