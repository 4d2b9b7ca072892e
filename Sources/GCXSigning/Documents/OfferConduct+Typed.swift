package import GCXModel

extension OfferConduct: TypedStructure {
    package static let schema = TypedSchema<OfferConduct>(
        "OfferConduct",
        .init("endpoints", \.endpoints),
        .init("signSeconds", \.signSeconds),
        .init("idleSeconds", \.idleSeconds),
        .init("reservationPercent", \.reservationPercent))
}
