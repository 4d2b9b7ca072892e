/// What a ledger's money is called, and where its decimal point stands: `1.5 TEST` is 1,500,000,000 base units where TEST
/// has nine decimals.
///
/// Documents and JSON hold base units; this is for people alone. It is part of what a ledger says of itself, so that nobody
/// can move the point later.
package struct Currency: Codable, Equatable, Hashable, Sendable {
    /// Capital letters and digits, a letter first: no unit of another kind looks like it.
    package let symbol: String
    /// Digits behind the point of one whole unit.
    package let decimals: Int
    /// The contract of the token; nil for the ledger's own money.
    package let token: Address?

    /// Nil unless the symbol is one, and the decimals leave room for a whole part.
    package init?(symbol: String, decimals: Int, token: Address? = nil) {
        guard Self.isSymbol(symbol), (0...Limits.currencyDecimalsMax).contains(decimals) else { return nil }
        (self.symbol, self.decimals, self.token) = (symbol, decimals, token)
    }

    private init(named symbol: String) {
        (self.symbol, decimals, token) = (symbol, Self.decimalsOfOurs, nil)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let symbol = try container.decode(String.self, forKey: .symbol)
        let decimals = try container.decode(Int.self, forKey: .decimals)
        let token = try container.decodeIfPresent(Address.self, forKey: .token)
        guard let currency = Self(symbol: symbol, decimals: decimals, token: token) else {
            throw DecodingError.dataCorruptedError(
                forKey: .symbol, in: container,
                debugDescription: "a currency has a symbol of \(Self.symbolForm) and at most "
                    + NumberText.count(Limits.currencyDecimalsMax, "decimal"))
        }
        self = currency
    }

    /// What a ledger's money is called that does not say so itself.
    package static func unnamed(isTestNetwork: Bool) -> Currency { isTestNetwork ? test : credit }

    /// Play money of a test network.
    package static let test = Currency(named: "TEST")
    /// The promise of a private ledger's operator.
    package static let credit = Currency(named: "CREDIT")

    /// Nine: a core-second of our cheapest machine is still many base units, and a screen holds them all.
    package static let decimalsOfOurs = 9

    /// What makes a symbol, for people.
    package static let symbolForm = "1 to \(Limits.currencySymbolBytesMax) capital letters and digits, a letter first"

    package static func isSymbol(_ text: String) -> Bool {
        let letters = text.utf8
        // bounded: constants
        guard let first = letters.first, (0x41...0x5A).contains(first),
            letters.count <= Limits.currencySymbolBytesMax
        else { return false }
        // bounded: constants
        return letters.allSatisfy { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) }
    }
}

extension Currency {
    /// All of an amount, exactly: `1,234.5 TEST`, `0.000000001 TEST`, `0 TEST`.
    ///
    /// What it prints, ``TypedMoney`` reads as the same amount.
    package func text(_ amount: Amount) -> String { "\(number(amount)) \(symbol)" }

    /// The same without the symbol.
    package func number(_ amount: Amount) -> String {
        let digits = amount.description
        // bounded here: 30 decimals at most, and no more zeros are put before than lack; joins texts
        let lacking = max(0, decimals + 1 - digits.count)
        let all = String(repeating: "0", count: lacking) + digits
        let fraction = String(all.suffix(decimals).reversed().drop { $0 == "0" }.reversed())
        let whole = NumberText.count(String(all.dropLast(decimals)))
        return fraction.isEmpty ? whole : "\(whole).\(fraction)"
    }
}
