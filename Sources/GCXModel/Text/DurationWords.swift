extension Duration {
    /// A span as people say it: `40 ms`, `1.5 s`, `5 min`, `2 h`; what is less than the next smaller unit is left out.
    package var words: String {
        let (seconds, attoseconds) = components
        if seconds < 0 { return "no time" }
        if seconds >= 7_200 { return "\(seconds / 3_600) h" }
        if seconds >= 120 { return "\(seconds / 60) min" }
        let tenths = attoseconds / 100_000_000_000_000_000
        if seconds > 0 { return tenths == 0 || seconds >= 10 ? "\(seconds) s" : "\(seconds).\(tenths) s" }
        let milliseconds = attoseconds / 1_000_000_000_000_000
        return milliseconds > 0 ? "\(milliseconds) ms" : "less than 1 ms"
    }
}
