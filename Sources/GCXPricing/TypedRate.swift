package import GCXModel

/// What a price is for, and how it is typed: `0.04 TEST/core-hour`.
package enum Priced: String, CaseIterable, Sendable {
    case lease, core, memory, gpu, storage, egress

    /// What stands behind the slash, before the time.
    private var noun: String {
        switch self {
        case .lease: ""
        case .core: "core-"
        case .memory, .storage: "GiB-"
        case .gpu: "GPU-"
        case .egress: "GiB"
        }
    }

    /// The measure in which rates are kept.
    package var hourly: String { self == .egress ? noun : "\(noun)hour" }

    /// Every measure that is understood, with how many seconds it lasts; egress has no time, and counts as an hour.
    var measures: [(name: String, seconds: UInt128)] {
        guard self != .egress else { return [(noun, 3_600)] }
        return [("hour", 3_600), ("second", 1), ("minute", 60), ("day", 86_400)].map { ("\(noun)\($0)", $1) }
    }

    /// A rate as people read it, and may type it again.
    package func text(_ rate: Amount) -> String { "\(NumberText.amount(rate))/\(hourly)" }
}

/// A price that a person typed, as the whole number of base units an hour that documents hold.
package enum TypedRate {
    /// Base units an hour (egress: a GiB), exactly what was typed: nothing is rounded.
    ///
    /// `1 TEST/core-day` is refused, for a 24th of it is no whole number of base units; `0.24 TEST/core-day` is taken.
    ///
    /// - Parameters:
    ///   - money: with its measure behind the slash; without one it is for an hour.
    ///   - currency: of the ledger.
    /// - Throws: `MoneyError`, with the nearest rates where it is not exact.
    /// - Complexity: one product of 256 bits and one division.
    package static func hourly(
        _ money: TypedMoney, of priced: Priced, in currency: Currency
    ) throws(MoneyError) -> Amount {
        let measure = money.measure ?? priced.hourly
        guard let seconds = priced.measures.first(where: { $0.name == measure })?.seconds else {
            throw .otherMeasure(money.text, expected: priced.measures.map(\.name))
        }
        let decimals = try money.decimals(in: currency)
        // Further digits make no rate exact: an hour has 5² in its seconds, which is good for two.
        let kept = money.fraction.prefix(decimals + 3)  // bounded: 30 decimals at most
        let isCut = money.fraction.dropFirst(kept.count).contains { $0 != "0" }
        let shift = decimals - kept.count  // bounded: lengths of short texts
        let written = TypedMoney.plain(money.whole + kept)  // bounded: joins texts
        guard let digits = UInt128(written),
            let product = UInt256.product(digits, 3_600, power(max(shift, 0))),
            // bounded: 86,400 and 10³ at most
            let (quotient, remainder) = product.divided(by: seconds * power(max(-shift, 0)))
        else { throw .tooLarge(money.text) }
        guard remainder == 0, !isCut else {
            let nearest = [Amount(quotient), Amount(quotient).adding(1)].compactMap(\.self)
            throw .unevenRate(money.text, nearest: nearest.map { "\(currency.text($0))/\(priced.hourly)" })
        }
        return Amount(quotient)
    }

    /// Ten to a power of 30 at most.
    private static func power(_ exponent: Int) -> UInt128 {
        // bounded here: 10³⁰ is below 2¹⁰⁰
        (0..<min(exponent, Limits.currencyDecimalsMax)).reduce(UInt128(1)) { power, _ in power * 10 }
    }
}
