package import GCXModel

extension LeaseTerms: TypedDocument {
    package static let schema = TypedSchema<LeaseTerms>(
        "LeaseTerms",
        .init("offer", \.offer),
        .init("demand", \.demand),
        .init("payer", \.payer),
        .init("payee", \.payee),
        .init("machine", \.machine),
        .init("session", \.session),
        .init("resources", \.resources),
        .init("rates", \.rates),
        .init("startsAt", \.startsAt),
        .init("endsAt", \.endsAt),
        .init("deposit", \.deposit),
        .init("burst", \.burst),
        .init("hourlyCap", \.hourlyCap),
        .init("closeWindowSeconds", \.closeWindowSeconds),
        .init("receiptSeconds", \.receiptSeconds),
        .init("creditLimit", \.creditLimit),
        .init("graceSeconds", \.graceSeconds),
        .init("salt", \.salt))
}
