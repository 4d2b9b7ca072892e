/// Numbers as people read them. Programs get the exact ones.
package enum NumberText {
    /// `1234567` as `1,234,567`; what is no row of digits stays as it is.
    package static func count(_ number: some CustomStringConvertible) -> String {
        let digits = Array(number.description)
        guard digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return number.description }
        return String(
            digits.enumerated().reversed().reduce(into: []) { text, item in
                let fromEnd = digits.count - 1 - item.offset  // bounded: places in the list of digits
                if fromEnd > 0, fromEnd.isMultiple(of: 3) { text.append(",") }
                text.append(item.element)
            }.reversed())
    }

    /// A number with what it counts: `1 core`, `12 cores`, `0 entries`, `1.50 cores`.
    ///
    /// - Parameters:
    ///   - number: a whole number, or one that is written already.
    ///   - noun: of one thing, in English: `core`, `base unit`; the plural is made at its end.
    package static func count(_ number: some CustomStringConvertible, _ noun: String) -> String {
        "\(count(number)) \(isOne(number) ? noun : plural(noun))"
    }

    /// The same with a word that agrees: `1 entry waits`, `2 entries wait`.
    package static func count(
        _ number: some CustomStringConvertible, _ noun: String, one: String, many: String
    ) -> String {
        "\(count(number, noun)) \(form(of: number, one: one, many: many))"
    }

    /// The word that agrees with a number.
    package static func form(of number: some CustomStringConvertible, one: String, many: String) -> String {
        isOne(number) ? one : many
    }

    private static func isOne(_ number: some CustomStringConvertible) -> Bool { number.description == "1" }

    /// The plural of an English noun that has a regular one, and of `axis`.
    package static func plural(_ noun: String) -> String {
        if noun.hasSuffix("axis") { return "\(noun.dropLast(2))es" }
        let beforeLast = noun.dropLast().last
        if noun.hasSuffix("y"), let beforeLast, !"aeiou".contains(beforeLast) { return "\(noun.dropLast())ies" }
        let isHissing = ["s", "x", "z", "ch", "sh"].contains { noun.hasSuffix($0) }
        return isHissing ? "\(noun)es" : "\(noun)s"
    }

    /// Money, with its unit: what it is called for ``Audience/current``, base units where that is not known.
    package static func amount(_ amount: Amount) -> String {
        Audience.current.currency?.text(amount) ?? count(amount, "base unit")
    }

    /// Bytes in the largest binary unit that leaves a whole part, with one digit after the point.
    package static func size(_ bytes: UInt64) -> String {
        var (value, unit) = (bytes, 0)
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        var rest: UInt64 = 0
        // bounded here: six units, of which the last ends the loop; the rest is below 1,024
        while value >= 1_024, unit < units.count - 1 { (rest, value, unit) = (value % 1_024, value / 1_024, unit + 1) }
        return unit == 0 ? "\(value) B" : "\(value).\(rest * 10 / 1_024) \(units[unit])"
    }

    /// A time in nanoseconds: to the millisecond below a minute, and in two units above it.
    package static func span(nanoseconds: UInt64) -> String {
        let millis = nanoseconds / 1_000_000
        guard millis < 60_000 else { return span(seconds: Nanoseconds.wholeSeconds(in: nanoseconds)) }
        // bounded here: below a minute, so three digits at most
        return "\(millis / 1_000).\(padded(millis % 1_000, 3)) s"
    }

    /// A time in seconds, in its two largest units: `45 s`, `2 min 05 s`, `1 h 30 min`, `3 d 04 h`.
    package static func span(seconds: UInt64) -> String {
        switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3_600: pair(seconds / 60, "min", seconds % 60, "s")
        case ..<86_400: pair(seconds / 3_600, "h", seconds % 3_600 / 60, "min")
        default: pair(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h")
        }
    }

    private static func pair(_ large: UInt64, _ unit: String, _ small: UInt64, _ part: String) -> String {
        small == 0 ? "\(count(large)) \(unit)" : "\(count(large)) \(unit) \(padded(small, 2)) \(part)"
    }

    /// Bytes held over time: `1.5 GiB h`, or in smaller units what is less than a tenth of that.
    package static func held(_ byteSeconds: ByteSeconds) -> String {
        // bounded here: constants, none of them 0
        let unit = UInt128(1) << 30
        let tenths = byteSeconds.value / (unit * 360)
        guard tenths == 0 else { return "\(count(tenths / 10)).\(tenths % 10) GiB h" }
        return "\(count(byteSeconds.value / (UInt128(1) << 20))) MiB s"
    }

    private static func padded(_ number: UInt64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits  // bounded: 20 digits at most
    }
}
