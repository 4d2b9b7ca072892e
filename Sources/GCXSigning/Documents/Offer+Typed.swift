package import GCXModel

extension Offer: TypedDocument {
    package static let schema = TypedSchema<Offer>(
        "Offer",
        .init("offerID", \.offerID),
        .init("revision", \.revision),
        .init("owner", \.owner),
        .init("machine", \.machine),
        .init("grant", \.grant),
        .init("issuedAt", \.issuedAt),
        .init("expiresAt", \.expiresAt),
        .init("availableFrom", \.availableFrom),
        .init("availableUntil", \.availableUntil),
        .init("leaseSecondsMin", \.leaseSecondsMin),
        .init("leaseSecondsMax", \.leaseSecondsMax),
        .init("receiptSeconds", \.receiptSeconds),
        .init("graceSeconds", \.graceSeconds),
        .init("closeWindowSeconds", \.closeWindowSeconds),
        .init("creditLimit", \.creditLimit),
        .init("region", \.region),
        .init("isolation", \.isolation),
        .init("capacity", \.capacity),
        .init("rates", \.rates),
        .init("facts", \.facts),
        .init("attestation", \.attestation),
        .init("referenceTable", \.referenceTable),
        .init("allow", \.allow),
        .init("deny", \.deny))

    /// Of an offer with a conduct: one member more, and so another type.
    package static let schemaWithConduct = schema.adding(
        .init("conduct", type: OfferConduct.typedType) { ($0.conduct ?? .none).typedValue })

    package var ownSchema: TypedSchema<Offer> { conduct == nil ? Self.schema : Self.schemaWithConduct }
}
