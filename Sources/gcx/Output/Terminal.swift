import FoundationEssentials
import GCXJSON
import GCXModel
import Glibc

/// Standard output and standard error, and what the terminal behind them can do.
enum Terminal {
    static let isTerminal = isatty(STDOUT_FILENO) == 1
    /// Colour only where somebody sees it and has not said no (no-color.org).
    static let hasColour =
        unsafe isTerminal && getenv("NO_COLOR") == nil && getenv("TERM").map { unsafe String(cString: $0) } != "dumb"

    /// Whether both standard files are the same, so that a reader sees what is written to them as one.
    static var isOneFile: Bool {
        var (output, error) = (stat(), stat())
        guard unsafe fstat(STDOUT_FILENO, &output) == 0, unsafe fstat(STDERR_FILENO, &error) == 0 else { return false }
        return output.st_dev == error.st_dev && output.st_ino == error.st_ino
    }

    /// Columns, 100 where nobody says.
    static var width: Int { tableWidth ?? 100 }

    /// What a table has to fit: the columns of the terminal, else what COLUMNS says; a pipe or a file gets all of it.
    static var tableWidth: Int? {
        var size = winsize()
        // bounded here: a constant of the kernel, and 16 bits
        if isTerminal, unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
            return Int(size.ws_col)
        }
        if let named = Environment.value("COLUMNS").flatMap({ Int($0) }), named > 0 { return named }
        return isTerminal ? 80 : nil
    }

    static func say(_ text: String = "") { write(text + "\n", to: STDOUT_FILENO) }

    /// - Parameter empty: what is said in place of a table without rows.
    static func say(_ table: TextTable, empty: String = "nothing to show") {
        guard !table.isEmpty else { return say(empty) }
        let room = Audience.current.hasWholeIDs ? nil : tableWidth
        say(table.text(width: room))
        let dropped = table.dropped(width: room)
        guard isTerminal, !dropped.isEmpty else { return }
        let hint = "no room for: \(dropped.joined(separator: ", "))"
        for line in TextFields.wrapped(hint, to: tableWidth) { say(dim(line)) }
    }

    static func say(_ fields: TextFields) { say(fields.text(width: tableWidth)) }
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
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// `gcx job logs | head` ends quietly.
    static func turnSignalsIntoErrors() { for number in [SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) } }

    static func bold(_ text: String) -> StyledText { StyledText(text, .bold) }
    static func dim(_ text: String) -> StyledText { StyledText(text, .dim) }
    static func green(_ text: String) -> StyledText { StyledText(text, .green) }

    /// One of many documents for programs: a line each.
    static func jsonLine(_ value: some Encodable) throws { say(try jsonText(value)) }

    /// The same as text.
    static func jsonText(_ value: some Encodable) throws -> String {
        document(MomentText.beside(try CanonicalJSON.bytes(value)))
    }

    /// A document for programs.
    static func json(_ value: some Encodable) throws {
        say(document(MomentText.beside(try CanonicalJSON.readable(value))))
    }

    /// JSON as it is, or for a terminal with what it would obey, or not show, as escapes of JSON.
    static func document(_ json: some Sequence<UInt8>) -> String {
        let text = String(decoding: Array(json), as: UTF8.self)
        return isTerminal ? SafeText.json(text) : text
    }
}

extension String {
    var trimmedEnd: String { String(reversed().drop { $0 == " " }.reversed()) }
}
