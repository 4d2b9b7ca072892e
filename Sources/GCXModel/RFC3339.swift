/// Wall times as people write them: `2026-11-27T12:19:01.000001Z`.
package enum RFC3339 {
    /// UTC with microseconds, of nanoseconds since 1970.
    package static func text(_ nanoseconds: UInt64) -> String {
        let (date, clock) = parts(ofSeconds: nanoseconds / Nanoseconds.inSecond)
        return "\(date)T\(clock).\(padded(nanoseconds % Nanoseconds.inSecond / 1_000, 6))Z"
    }

    /// The same by the clock of ``Audience/current``: `2026-11-27T13:19:01.000001+01:00`.
    package static func localText(_ nanoseconds: UInt64) -> String {
        let (date, clock, zone) = local(Nanoseconds.wholeSeconds(in: nanoseconds))
        return "\(date)T\(clock).\(padded(nanoseconds % Nanoseconds.inSecond / 1_000, 6))\(zone)"
    }

    /// `2026-11-27 13:19:01+01:00`, of seconds since 1970: how people are told a moment, by the clock of ``Audience/current``
    /// and with its zone, because machine and reader may be far apart. In UTC it ends with `Z`.
    package static func moment(_ seconds: UInt64) -> String {
        let (date, clock, zone) = local(seconds)
        return "\(date) \(clock)\(zone)"
    }

    private static func local(_ seconds: UInt64) -> (date: String, clock: String, zone: String) {
        // bounded here: minutes of a day, whatever the clock says
        let minutes = max(-1_439, min(1_439, Audience.current.secondsEast(seconds) / 60))
        let apart = minutes.magnitude * 60
        let shown = minutes < 0 ? seconds - min(seconds, apart) : seconds.saturatingSum(apart)
        let (date, clock) = parts(ofSeconds: shown)
        guard minutes != 0 else { return (date, clock, "Z") }
        let (hour, minute) = (padded(minutes.magnitude / 60, 2), padded(minutes.magnitude % 60, 2))
        return (date, clock, "\(minutes < 0 ? "-" : "+")\(hour):\(minute)")
    }

    /// `2026-11-27` and `12:19:01`, in UTC, of seconds since 1970.
    ///
    /// Source: the days-to-civil algorithm for the proleptic Gregorian calendar: years begin in March, so that the leap
    /// day is a year's last.
    package static func parts(ofSeconds seconds: UInt64) -> (date: String, clock: String) {
        // bounded here: a day is below 2^48, and all that is taken off is a part of what it is taken off
        let shifted = seconds / 86_400 + 719_468
        let (era, day) = (shifted / 146_097, shifted % 146_097)
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365
        let dayOfYear = day - (365 * year + year / 4 - year / 100)
        let month = (5 * dayOfYear + 2) / 153
        let isNextYear = month >= 10
        let date = [
            padded(year + era * 400 + (isNextYear ? 1 : 0), 4), padded(isNextYear ? month - 9 : month + 3, 2),
            padded(dayOfYear - (153 * month + 2) / 5 + 1, 2),
        ]
        let clock = [seconds % 86_400 / 3_600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }
        return (date.joined(separator: "-"), clock.joined(separator: ":"))
    }

    /// Nanoseconds since 1970 of a date and time with its zone; nil when the text is none, or before 1970.
    ///
    /// Source: RFC 3339, section 5.6. A space may stand for the `T`; a leap second counts as the second after it.
    package static func nanoseconds(_ text: String) -> UInt64? {
        var rest = Array(text.utf8)[...]
        guard let year = number(&rest, 4), take(&rest, "-"), let month = number(&rest, 2), take(&rest, "-"),
            let day = number(&rest, 2), take(&rest, "Tt "), let hour = number(&rest, 2), take(&rest, ":"),
            let minute = number(&rest, 2), take(&rest, ":"), let second = number(&rest, 2),
            let fraction = fraction(&rest), let zone = zone(&rest), rest.isEmpty,
            // bounded: 28 days or more
            (1...12).contains(month), (1...days(in: month, of: year)).contains(day),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        // bounded: years, days, hours and minutes were looked at above; the sum is below 2^40
        let seconds = dayNumber(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - zone
        guard let whole = UInt64(exactly: seconds), whole < UInt64.max / Nanoseconds.inSecond else { return nil }
        return whole * Nanoseconds.inSecond + fraction  // bounded: whole is below the last second, fraction below one
    }

    private static func padded(_ number: UInt64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits  // bounded: 20 digits at most
    }

    private static func take(_ rest: inout ArraySlice<UInt8>, _ letters: StaticString) -> Bool {
        guard let first = rest.first, "\(letters)".utf8.contains(first) else { return false }
        rest = rest.dropFirst()
        return true
    }

    private static func number(_ rest: inout ArraySlice<UInt8>, _ digits: Int) -> Int64? {
        let part = rest.prefix(digits)
        guard part.count == digits, part.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        rest = rest.dropFirst(digits)
        return part.reduce(0) { $0 * 10 + Int64($1 - 0x30) }  // bounded: 4 digits at most, 0 to 9
    }

    /// Nanoseconds after the point; what is finer is left out.
    private static func fraction(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        guard take(&rest, ".") else { return 0 }
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty else { return nil }
        rest = rest.dropFirst(digits.count)
        // bounded here: nine digits, 0 to 9
        let nine = (Array(digits) + [UInt8](repeating: 0x30, count: 9)).prefix(9)
        return nine.reduce(0) { $0 * 10 + UInt64($1 - 0x30) }
    }

    /// Seconds east of UTC.
    private static func zone(_ rest: inout ArraySlice<UInt8>) -> Int64? {
        if take(&rest, "Zz") { return 0 }
        let sign: Int64 = rest.first == UInt8(ascii: "-") ? -1 : 1
        guard take(&rest, "+-"), let hours = number(&rest, 2), take(&rest, ":"), let minutes = number(&rest, 2),
            hours < 24, minutes < 60
        else { return nil }
        // bounded: below a day
        return sign * (hours * 3_600 + minutes * 60)
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        // bounded here: years of four digits
        let next = month == 12 ? dayNumber(year + 1, 1, 1) : dayNumber(year, month + 1, 1)
        return next - dayNumber(year, month, 1)
    }

    /// Days since 1970 of the Gregorian calendar; years begin in March here, so that the leap day is the last.
    private static func dayNumber(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        // bounded here: years of four or five digits, months of 1 to 12, days of two digits
        let years = month > 2 ? year : year - 1
        let leaps = years / 4 - years / 100 + years / 400
        let months = (month + 9) % 12
        return 365 * years + leaps + (153 * months + 2) / 5 + day - 1 - 719_468
    }
}
