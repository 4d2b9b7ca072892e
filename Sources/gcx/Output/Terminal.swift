import FoundationEssentials
import GCXModel
import Glibc

/// Standard output and standard error, and what the terminal behind them can do.
enum Terminal {
    static let isTerminal = isatty(STDOUT_FILENO) == 1
    /// Colour only where somebody sees it and has not said no (no-color.org).
    static let hasColour =
        isTerminal && getenv("NO_COLOR") == nil && getenv("TERM").map { String(cString: $0) } != "dumb"

    /// Whether both standard files are the same, so that a reader sees what is written to them as one.
    static var isOneFile: Bool {
        var (output, error) = (stat(), stat())
        guard fstat(STDOUT_FILENO, &output) == 0, fstat(STDERR_FILENO, &error) == 0 else { return false }
        return output.st_dev == error.st_dev && output.st_ino == error.st_ino
    }

    /// Columns, 100 where nobody says.
    static var width: Int {
        var size = winsize()
        // bounded here: a constant of the kernel, and 16 bits
        guard isTerminal, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
        return Int(size.ws_col)
    }

    static func say(_ text: String = "") { write(text + "\n", to: STDOUT_FILENO) }
    static func say(_ text: StyledText) { write(text + "\n", to: STDOUT_FILENO) }
    static func complain(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    /// A terminal gets no control character in a text but newline and tab, whoever wrote it and whatever type it had; a file
    /// or a pipe gets the text as it is.
    static func write(_ text: String, to file: Int32) { write(StyledText(text), to: file) }

    static func write(_ text: StyledText, to file: Int32) {
        let isRead = isatty(file) == 1
        write(Array((isRead ? text.safe(colour: hasColour) : text.text(colour: false)).utf8), to: file)
    }

    /// Clears the screen and goes to its top.
    static func clearScreen() { if isTerminal { write(Array("\u{1B}[2J\u{1B}[H".utf8), to: STDOUT_FILENO) } }

    /// Writes `text` over the line where the cursor is.
    static func replaceLine(_ text: String, on file: Int32) {
        write(Array("\r\u{1B}[2K".utf8), to: file)
        write(text, to: file)
    }

    /// All bytes, or as many as the reader wants.
    static func write(_ bytes: [UInt8], to file: Int32) { _ = isRead(bytes, from: file) }

    /// The same; false when nobody reads any more.
    static func isRead(_ bytes: [UInt8], from file: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// `gcx job logs | head` ends quietly.
    static func ignoreBrokenPipe() { signal(SIGPIPE, SIG_IGN) }

    static func bold(_ text: String) -> StyledText { StyledText(text, .bold) }
    static func dim(_ text: String) -> StyledText { StyledText(text, .dim) }
    static func green(_ text: String) -> StyledText { StyledText(text, .green) }

    /// One of many documents for programs: a line each.
    static func jsonLine(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        say(document(try encoder.encode(value)))
    }

    /// A document for programs.
    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        say(document(try encoder.encode(value)))
    }

    /// JSON as it is, or for a terminal with what it would obey, or not show, as escapes of JSON.
    static func document(_ json: some Sequence<UInt8>) -> String {
        let text = String(decoding: Array(json), as: UTF8.self)
        return isTerminal ? SafeText.json(text) : text
    }
}

/// Columns of text, as wide as they have to be.
struct Table {
    private var rows: [[String]]

    init(_ header: [String]) { rows = [header] }

    mutating func add(_ row: [String]) { rows.append(row) }

    var text: String {
        // bounded here: a table begins with its heading, and every row has as many columns
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
                .trimmedEnd
        }.joined(separator: "\n")
    }
}

extension String {
    var trimmedEnd: String { String(reversed().drop { $0 == " " }.reversed()) }
}

/// Numbers as people read them.
enum Display {
    /// `1234567` as `1,234,567`.
    static func grouped(_ number: some CustomStringConvertible) -> String {
        let digits = Array(number.description)
        return String(
            digits.enumerated().reversed().reduce(into: []) { text, item in
                let fromEnd = digits.count - 1 - item.offset  // bounded: places in the list of digits
                if fromEnd > 0, fromEnd.isMultiple(of: 3) { text.append(",") }
                text.append(item.element)
            }.reversed())
    }

    static func amount(_ amount: Amount) -> String { "\(grouped(amount)) base units" }

    /// Bytes in the largest binary unit that leaves a whole part, with one digit after the point.
    static func bytes(_ count: UInt64) -> String {
        var (value, unit) = (count, 0)
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        var rest: UInt64 = 0
        // bounded here: six units, of which the last ends the loop; the rest is below 1,024
        while value >= 1_024, unit < units.count - 1 { (rest, value, unit) = (value % 1_024, value / 1_024, unit + 1) }
        return unit == 0 ? "\(value) B" : "\(value).\(rest * 10 / 1_024) \(units[unit])"
    }

    /// Nanoseconds as seconds with milliseconds.
    static func seconds(_ nanoseconds: UInt64) -> String {
        let millis = nanoseconds / 1_000_000
        let fraction = "\(millis % 1_000)"
        // bounded: joins texts; three digits at most
        return "\(millis / 1_000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction) s"
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
