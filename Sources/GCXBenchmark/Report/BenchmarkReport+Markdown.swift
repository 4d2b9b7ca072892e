extension BenchmarkReport {
    /// The report as a table to paste into an issue or a chat that reads Markdown.
    ///
    /// - Parameter subject: the machine and the day; without, the table stands alone.
    package func markdown(_ subject: BenchmarkSubject? = nil) -> String {
        let head = (subject?.lines ?? []).map { "\($0.name): \(Self.escaped($0.value))" } + [Self.escaped(headline)]
        let rows = groups.flatMap { group, axes in
            ["| **\(group.rawValue)** | | | | |"] + axes.map(Self.row)
        }
        let notes = axes.compactMap { axis in
            axis.verdict.map { "- **\(Self.escaped(axis.title))**: \(Self.escaped($0))" }
        }
        let trouble =
            // bounded: joins lists
            circumstances.map { "- \(Self.escaped($0))" } + problems.map { "- failed: \(Self.escaped($0))" }
        let table = ["| benchmark | figure | spread | runs | of limit |", "|---|--:|--:|--:|--:|"] + rows
        return [
            // bounded here: joins lists and texts
            head.joined(separator: "  \n"), table.joined(separator: "\n"), (notes + trouble).joined(separator: "\n"),
        ]
        .filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    private static func row(_ axis: AxisResult) -> String {
        let figure = axis.steady ? axis.figure : "\(axis.figure) (unsteady)"
        let cells = [axis.title, figure, axis.spreadText, axis.runs, axis.limitText].map(escaped)
        return "| " + cells.joined(separator: " | ") + " |"
    }

    /// Text that came from the machine, with nothing left that Markdown or HTML would obey.
    private static func escaped(_ text: String) -> String {
        TextLayout.harmless(text).reduce(into: "") { result, character in
            switch character {
            case "<": result += "&lt;"
            case "&": result += "&amp;"
            case "|", "\\", "`", "*", "[", "]", "_", "#": result += "\\\(character)"
            default: result.append(character)
            }
        }
    }
}
