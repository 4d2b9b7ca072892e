/// Why a text is no amount of money. In every case nothing was signed.
package enum MoneyError: RemediedError, Equatable {
    /// A sign: what is paid and asked for has none.
    case signed(String)
    /// `1e6`, or a number of another base.
    case exponent(String)
    /// Commas that do not stand between every three digits, a point without digits on both sides, a zero too many.
    case malformed(String)
    /// A number alone: it could be whole units or base units, which differ by a factor of a thousand million.
    case withoutUnit(String)
    /// Something behind the number that is no symbol and not `base-units`.
    case unknownUnit(String)
    /// The symbol of another currency than the ledger's.
    case otherCurrency(String, Currency)
    /// More decimals than the currency has; the nearest amounts that it has.
    case tooFine(String, Currency, below: Amount, above: Amount?)
    /// A part of a base unit.
    case partOfBaseUnit(String)
    /// More than 2^128 - 1 base units.
    case tooLarge(String)
    /// A price for something else than is sold here, or where an amount belongs.
    case otherMeasure(String, expected: [String])
    /// A price that is no whole number of base units an hour; the nearest ones that are, as they are typed.
    case unevenRate(String, nearest: [String])

    package var description: String { "“\(PlainText.excerpt(text))” \(reason)" }

    /// What is wrong with it: a sentence whose subject is missing.
    package var reason: String {
        switch self {
        case .signed: "has a sign, and money has none"
        case .exponent: "is not written out in decimal digits"
        case .malformed: "is no decimal number"
        case .withoutUnit: "names no unit, and a whole unit is many base units"
        case .unknownUnit: "names a unit that is none of money"
        case .otherCurrency(_, let currency): "is other money than the ledger's, which is \(currency.symbol)"
        case .tooFine(_, let currency, _, _):
            "has more than the \(NumberText.count(currency.decimals, "decimal")) of \(currency.symbol)"
        case .partOfBaseUnit: "is a part of a base unit, and there are none"
        case .tooLarge: "is more than any ledger can hold"
        case .otherMeasure(_, let expected):
            expected.isEmpty ? "is a price, and an amount belongs here" : "is the price of something else"
        case .unevenRate: "is no whole number of base units an hour"
        }
    }

    private var text: String {
        switch self {
        case .signed(let text), .exponent(let text), .malformed(let text), .withoutUnit(let text),
            .unknownUnit(let text), .otherCurrency(let text, _), .tooFine(let text, _, _, _),
            .partOfBaseUnit(let text), .tooLarge(let text), .otherMeasure(let text, _), .unevenRate(let text, _):
            text
        }
    }

    package var remedy: Remedy {
        switch self {
        case .signed, .exponent, .malformed, .withoutUnit, .unknownUnit: .fix("Give \(TypedMoney.form).")
        case .otherCurrency(_, let currency): .fix("Give it in \(currency.symbol), or in base-units.")
        case .tooFine(_, let currency, let below, let above):
            .fix("Give \([below, above].compactMap { $0.map(currency.text) }.joined(separator: " or ")).")
        case .partOfBaseUnit: .fix("Give a whole number of base-units.")
        case .tooLarge: .fix("Give at most \(Amount(.max)) base-units.")
        case .otherMeasure(_, let expected) where expected.isEmpty: .fix("Leave out the slash and what follows it.")
        case .otherMeasure(_, let expected): .fix("Give it for each \(expected.joined(separator: " or ")).")
        case .unevenRate(_, let nearest): .fix("Give \(nearest.joined(separator: " or ")).")
        }
    }
}
