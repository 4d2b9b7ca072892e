/// Names and values, a line each, for people: `payer     0x90F8…`.
///
/// A value that is longer than the line goes on below itself, between words; a word is never cut, so that an id can be copied.
package struct TextFields: Sendable {
    private var rows: [(name: String, value: String)] = []
    /// Columns that a name takes at the least, with the space behind it.
    private let indentMin: Int

    /// - Parameter indentMin: columns before the values, where the names need no more: for several that stand below each other.
    package init(indentMin: Int = 0) { self.indentMin = indentMin }

    /// Adds a line; a name that is empty goes on with the field before.
    package mutating func add(_ name: String, _ value: String) { rows.append((name, SafeText.show(value))) }

    /// Adds a line where there is something to say.
    package mutating func add(_ name: String, _ value: String?) {
        if let value { add(name, value) }
    }

    /// The lines, parted by newlines.
    ///
    /// - Parameter width: columns of the terminal; nil for as many as it takes.
    package func text(width: Int?) -> String { lines(width: width).joined(separator: "\n") }

    package func lines(width: Int?) -> [String] {
        // bounded here: lengths of texts in memory
        let indent = max((rows.map { TextWidth.columns($0.name) }.max() ?? 0) + 2, indentMin)
        return rows.flatMap { row in
            let value = Self.wrapped(row.value, to: width.map { max($0 - indent, 1) })
            let name = row.name + String(repeating: " ", count: max(indent - TextWidth.columns(row.name), 0))
            let space = String(repeating: " ", count: indent)
            return value.enumerated().map { ($0.offset == 0 ? name : space) + $0.element }
        }
    }

    /// The text in lines of at most so many columns, unless a word is longer.
    package static func wrapped(_ text: String, to width: Int?) -> [String] {
        guard let width, TextWidth.columns(text) > width else { return [text] }
        var lines = [""]
        var used = 0
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            let columns = TextWidth.columns(word)
            // bounded here: lengths of texts in memory; there is always a last line
            if used > 0, used + 1 + columns > width {
                lines.append(String(word))
                used = columns
            } else {
                lines[lines.count - 1] += used > 0 ? " \(word)" : "\(word)"
                used += (used > 0 ? 1 : 0) + columns
            }
        }
        return lines
    }
}
