import GCXModel

/// Numbers as people read them.
enum Display {
    static func grouped(_ number: some CustomStringConvertible) -> String { NumberText.count(number) }
    static func count(_ number: some CustomStringConvertible, _ noun: String) -> String {
        NumberText.count(number, noun)
    }
    static func amount(_ amount: Amount) -> String { NumberText.amount(amount) }
    /// Money in a table: with its symbol, or base units alone where no ledger has said what its money is called.
    static func money(_ amount: Amount) -> String { Audience.current.currency?.text(amount) ?? grouped(amount) }
    /// The same as that, for the help of a command.
    static let moneyWords = "Money is in the ledger's currency; a number without a symbol is base units."
    static func bytes(_ count: UInt64) -> String { NumberText.size(count) }
    static func seconds(_ nanoseconds: UInt64) -> String { NumberText.span(nanoseconds: nanoseconds) }
    static func span(_ seconds: UInt64) -> String { NumberText.span(seconds: seconds) }

    /// How long ago a moment was, Unix seconds both.
    static func age(_ moment: UInt64, now: UInt64) -> String {
        moment <= now ? NumberText.span(seconds: now - moment) : "-"  // bounded: the smaller from the larger
    }

    /// A figure with its unit, in powers of ten; a duration in picoseconds in the unit that people use for its size.
    static func figure(_ value: UInt64, _ unit: Untrusted) -> String {
        unit == "ps" ? duration(picoseconds: value) : scaled(value, unit.shown)
    }

    private static func duration(picoseconds value: UInt64) -> String {
        for (power, name) in [
            (UInt64(1_000_000_000_000), "s"), (1_000_000_000, "ms"), (1_000_000, "µs"), (1_000, "ns"),
        ]
        where value >= power {
            // bounded: what is left of a number below 2^40, times ten
            return "\(value / power).\(value % power * 10 / power) \(name)"
        }
        return "\(value) ps"
    }

    private static func scaled(_ value: UInt64, _ unit: String) -> String {
        for (power, name) in [(UInt64(1_000_000_000_000), "T"), (1_000_000_000, "G"), (1_000_000, "M")]
        where value >= power {
            // bounded: what is left of a number below 2^40, times ten
            return "\(value / power).\(value % power * 10 / power) \(name)\(unit)"
        }
        return "\(grouped(value)) \(unit)"
    }
}
