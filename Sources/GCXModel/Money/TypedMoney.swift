/// Money as a person types it, before anybody knows which ledger it is for: `1.5 TEST`, `5,000,000 base-units`, and behind a
/// slash what it is the price of: `0.04 TEST/core-hour`.
///
/// A number alone is refused, but for 0: it was base units once, a person means whole units, and between the two lie nine
/// digits.
package struct TypedMoney: Equatable, Sendable {
    package enum Unit: Equatable, Sendable {
        case baseUnits
        case symbol(String)
    }

    /// Digits before the point, without a zero too many; and behind it, as typed.
    package let whole: String
    package let fraction: String
    package let unit: Unit
    /// What stands behind the slash.
    package let measure: String?
    /// As it was typed.
    package let text: String

    /// What is accepted, for people: the rest of the sentence `Give`.
    package static let form =
        "an amount with its unit: 1.5TEST in the ledger's currency (`gcx ledger identity` names it), or 5000000base-units"

    /// - Throws: ``MoneyError``: what is wrong whatever the ledger is.
    package init(_ text: String) throws(MoneyError) {
        self.text = text
        var rest = text[...].drop { $0 == " " }
        if let first = rest.first, first == "-" || first == "+" { throw .signed(text) }
        let number = rest.prefix { $0.isASCII && ($0.isNumber || ".,_".contains($0)) }
        rest = rest.dropFirst(number.count)
        guard !Self.isExponent(rest) else { throw .exponent(text) }
        guard let (whole, fraction) = Self.parts(of: number) else { throw .malformed(text) }
        let words = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(Self.trimmed)
        measure = words.dropFirst().first
        guard let name = words.first, !name.isEmpty else {
            guard whole == "0", fraction.allSatisfy({ $0 == "0" }) else { throw .withoutUnit(text) }
            (self.whole, self.fraction, unit) = (whole, "", .baseUnits)
            return
        }
        (self.whole, self.fraction) = (whole, fraction)
        if ["base-unit", "base-units", "base unit", "base units"].contains(name) {
            unit = .baseUnits
        } else if Currency.isSymbol(name) {
            unit = .symbol(name)
        } else {
            throw .unknownUnit(text)
        }
    }

    /// The amount on a ledger of this currency, exactly.
    ///
    /// - Throws: ``MoneyError``: other money, more decimals than there are, a price where an amount belongs.
    package func amount(in currency: Currency) throws(MoneyError) -> Amount {
        guard measure == nil else { throw .otherMeasure(text, expected: []) }
        let decimals = try decimals(in: currency)
        let kept = String(fraction.prefix(decimals))
        // bounded: 30 zeros at most
        let zeros = String(repeating: "0", count: max(0, decimals - kept.count))
        let digits = Self.plain(whole + kept + zeros)  // bounded: joins texts
        guard let amount = Amount(digits) else { throw .tooLarge(text) }
        guard fraction.dropFirst(decimals).allSatisfy({ $0 == "0" }) else {
            guard unit != .baseUnits else { throw .partOfBaseUnit(text) }
            throw .tooFine(text, currency, below: amount, above: amount.adding(1))
        }
        return amount
    }

    /// Digits behind the point of what it is counted in.
    ///
    /// - Throws: ``MoneyError/otherCurrency(_:_:)``.
    package func decimals(in currency: Currency) throws(MoneyError) -> Int {
        switch unit {
        case .baseUnits: return 0
        case .symbol(currency.symbol): return currency.decimals
        case .symbol: throw .otherCurrency(text, currency)
        }
    }

    /// Without the zeros before it.
    package static func plain(_ digits: String) -> String {
        let rest = digits.drop { $0 == "0" }
        return rest.isEmpty ? "0" : String(rest)
    }
}

// Reading.
extension TypedMoney {
    /// `1e6` and `0x10`: letters that touch the number and belong to it.
    private static func isExponent(_ rest: Substring) -> Bool {
        guard let letter = rest.first, "eExX".contains(letter), let next = rest.dropFirst().first else { return false }
        return next.isNumber || ((next == "+" || next == "-") && "eE".contains(letter))
    }

    /// The digits before and behind the point; nil for what is no decimal number. A comma or an underscore may stand between
    /// every three digits before the point, and nowhere else: `1,5` is no amount, and `0,001` is none.
    private static func parts(of number: Substring) -> (whole: String, fraction: String)? {
        let halves = number.split(separator: ".", omittingEmptySubsequences: false)
        guard halves.count <= 2, let before = halves.first else { return nil }
        let groups = before.split(omittingEmptySubsequences: false) { $0 == "," || $0 == "_" }
        // bounded: constants
        let isGrouped = (1...3).contains(groups.first?.count ?? 0) && groups.dropFirst().allSatisfy { $0.count == 3 }
        guard groups.count == 1 || isGrouped else { return nil }
        let whole = groups.joined()
        guard isDigits(whole[...]), whole == "0" || !whole.hasPrefix("0") else { return nil }
        guard let fraction = halves.dropFirst().first else { return (whole, "") }
        return isDigits(fraction) ? (whole, String(fraction)) : nil
    }

    private static func isDigits(_ text: Substring) -> Bool {
        // bounded: constants
        !text.isEmpty && text.utf8.count <= digitsMax && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    /// More than 2^128 has with all its decimals: what is longer is a mistake, and is read by nobody.
    private static let digitsMax = 64
}
