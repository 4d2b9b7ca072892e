package import GCXModel

extension Demand: TypedDocument {
    package static let schema = TypedSchema<Demand>(
        "Demand",
        .init("demandID", \.demandID),
        .init("revision", \.revision),
        .init("buyer", \.buyer),
        .init("issuedAt", \.issuedAt),
        .init("expiresAt", \.expiresAt),
        .init("startsFrom", \.startsFrom),
        .init("startsUntil", \.startsUntil),
        .init("durationSeconds", \.durationSeconds),
        .init("resources", \.resources),
        .init("constraints", \.constraints),
        .init("hourlyMax", \.hourlyMax),
        .init("budget", \.budget),
        .init("regions", \.regions),
        .init("isolationMin", \.isolationMin),
        .init("allow", \.allow),
        .init("deny", \.deny))
}
