/// Rows of short texts in columns, for people.
///
/// Where it has a width, ids are their first ten characters. Where that is too much, a table gives way in this order: texts are cut; then whole columns go, in the order that ``dropping`` names; at last what is left is cut, ids after all else.
///
/// ```swift
/// var table = TextTable([.id("lease"), .whole("state"), .number("owed"), .text("command", least: 12)], dropping: ["owed"])
/// table.add(["0x46de…", "running", "1,234", "/bin/sh -c 'wc -l'"])
/// print(table.text(width: 60))
/// ```
package struct TextTable: Sendable {
    package struct Column: Sendable, Equatable {
        enum Form: Sendable, Equatable {
            /// Stays as wide as it is.
            case whole
            /// Stays as wide as it is, and stands at the right.
            case number
            /// Its first ten characters say as much.
            case id
            /// May be cut, to so many columns at the least.
            case text(least: Int)
        }

        let title: String
        let form: Form

        package static func whole(_ title: String) -> Column { Column(title: title, form: .whole) }
        package static func number(_ title: String) -> Column { Column(title: title, form: .number) }
        package static func id(_ title: String) -> Column { Column(title: title, form: .id) }
        package static func text(_ title: String, least: Int) -> Column {
            Column(title: title, form: .text(least: least))
        }
    }

    private let columns: [Column]
    /// Titles of the columns that go, the first one first.
    package let dropping: [String]
    private var rows: [[String]]

    package var isEmpty: Bool { rows.isEmpty }

    package init(_ columns: [Column], dropping: [String] = []) {
        self.columns = columns
        self.dropping = dropping
        rows = []
    }

    /// Adds a row; what is missing is empty, and what is beyond the last column is left out.
    package mutating func add(_ row: [String]) {
        let cells = row.prefix(columns.count).map { SafeText.show($0) }
        // bounded: the smaller from the larger
        rows.append(cells + [String](repeating: "", count: columns.count - cells.count))
    }

    /// The table with its heading, its lines parted by newlines.
    ///
    /// - Parameter width: columns of the terminal; nil for as many as it takes, with ids whole.
    package func text(width: Int?) -> String {
        let layout = layout(width)
        // bounded here: places among the columns, which every row has
        let lines = ([columns.map(\.title)] + rows).map { row in
            layout.map { place, most in
                pad(columns[place].form == .id ? Self.id(row[place], most) : row[place], to: most, columns[place].form)
            }.joined(separator: Self.gap)
        }
        return lines.map(Self.trimmed).joined(separator: "\n")
    }

    /// Columns that a terminal of this width does not show, in the order of the table.
    package func dropped(width: Int?) -> [String] {
        let shown = Set(layout(width).map(\.place))
        return columns.indices.filter { !shown.contains($0) }.map { columns[$0].title }  // bounded: places in the list
    }

    /// For the help of a command: what goes first where there is little room.
    package var orderText: String {
        let hasIDs = columns.contains { $0.form == .id }
        let ids = hasIDs ? "On a terminal ids show their first ten characters; --no-trunc shows them whole. " : ""
        guard !dropping.isEmpty else { return "\(ids)On a narrow terminal long texts are cut." }
        return "\(ids)On a narrow terminal long texts are cut, then columns go, in this order: "
            + "\(dropping.joined(separator: ", ")). COLUMNS names a width for a pipe; --json has everything."
    }
}

// The layout.
extension TextTable {
    private static let gap = "  "
    /// Characters of an id that is shown short.
    private static let idColumns = 10

    private typealias Layout = [(place: Int, width: Int)]

    private func layout(_ width: Int?) -> Layout {
        let whole = columns.indices.map { (place: $0, width: natural($0)) }
        guard let width else { return whole }
        let brief = short(whole)
        guard Self.total(brief) > width else { return brief }
        for count in 0...dropping.count {
            let gone = Set(dropping.prefix(count))
            let kept = whole.filter { !gone.contains(columns[$0.place].title) }  // bounded: a place in the list
            if Self.total(kept) <= width { return kept }
            let limits = kept.map { least($0.place, $0.width) }
            if let fitting = Self.shrunk(short(kept), to: width, least: limits) { return fitting }
        }
        let gone = Set(dropping)
        let rest = short(whole.filter { !gone.contains(columns[$0.place].title) })  // bounded: a place in the list
        return Self.shrunk(rest, to: width, least: rest.map { isID($0.place) ? $0.width : 1 })
            ?? Self.shrunk(rest, to: width, least: rest.map { _ in 1 })
            ?? Array(rest.prefix(1).map { ($0.place, max(width, 1)) })
    }

    /// With ids as short as they are told.
    private func short(_ layout: Layout) -> Layout {
        layout.map { ($0.place, isID($0.place) ? min($0.width, Self.idColumns) : $0.width) }
    }

    /// The widest that may become narrower do, until all fit; nil where that is not enough.
    private static func shrunk(_ layout: Layout, to width: Int, least: [Int]) -> Layout? {
        for cap in stride(from: width, through: 0, by: -1) {
            let capped = zip(layout, least).map { ($0.place, max($1, min($0.width, cap))) }
            if total(capped) <= width { return capped }
        }
        return nil
    }

    /// - Parameter natural: the width of the column when nothing is cut.
    private func least(_ place: Int, _ natural: Int) -> Int {
        // bounded: a place in the list
        switch columns[place].form {
        case .text(let least): min(least, natural)
        case .id: min(Self.idColumns, natural)
        case .whole, .number: natural
        }
    }

    private func isID(_ place: Int) -> Bool { columns[place].form == .id }  // bounded: a place in the list

    private func natural(_ place: Int) -> Int {
        // bounded here: a place in the list, and every row has as many
        rows.reduce(TextWidth.columns(columns[place].title)) { max($0, TextWidth.columns($1[place])) }
    }

    private static func total(_ layout: Layout) -> Int {
        // bounded here: widths of texts in memory
        let gaps = max(layout.count - 1, 0) * gap.count
        return layout.reduce(gaps) { $0 + $1.width }
    }

    /// Whole, or its beginning without a mark that it was cut: what is there can be typed.
    private static func id(_ text: String, _ most: Int) -> String {
        text.count <= most ? text : String(text.prefix(min(most, idColumns)))
    }

    private func pad(_ text: String, to width: Int, _ form: Column.Form) -> String {
        // bounded here: widths of texts in memory; joins texts
        let cut = TextWidth.cut(text, to: width)
        let space = String(repeating: " ", count: max(width - TextWidth.columns(cut), 0))
        return form == .number ? space + cut : cut + space
    }

    private static func trimmed(_ line: String) -> String { String(line.reversed().drop { $0 == " " }.reversed()) }
}
