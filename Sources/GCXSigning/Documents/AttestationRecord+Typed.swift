package import GCXModel

extension AttestationRecord: TypedDocument {
    package static let schema = TypedSchema<AttestationRecord>(
        "AttestationRecord",
        .init("machine", \.machine),
        .init("inventory", \.inventory),
        .init("measuredAt", \.measuredAt),
        .init("kernelVersion", \.kernelVersion),
        .init("facts", \.facts),
        .init("contradictions", \.contradictions),
        .init("referenceTable", \.referenceTable),
        .init("samples", \.samples))
}
