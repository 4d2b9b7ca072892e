import GCXModel

/// Text in columns of a terminal.
enum TextLayout {
    static func padded(_ text: String, _ width: Int, right: Bool = false) -> String {
        let cut = cut(text, width)
        // bounded here: joins texts; a width less what is no wider
        let space = String(repeating: " ", count: max(0, width - cut.count))
        return right ? space + cut : cut + space
    }

    /// Lines of whole words, the second and later ones indented by `hanging`, or else twice; a word longer than a line is cut.
    static func wrapped(_ text: String, width: Int, indent: Int, hanging: Int? = nil) -> [String] {
        // bounded here: joins texts; twice an indent of the code
        let (margin, rest) = (
            String(repeating: " ", count: indent), String(repeating: " ", count: hanging ?? 2 * indent)
        )
        return text.split(separator: " ").reduce(into: [String]()) { lines, word in
            // bounded: lengths of texts in memory
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = last + " " + word  // bounded: joins texts; the last one is there
            } else {
                lines.append(cut((lines.isEmpty ? margin : rest) + word, width))  // bounded: joins texts
            }
        }
    }

    static func cut(_ line: String, _ width: Int) -> String {
        line.count <= width ? line : String(line.prefix(max(0, width - 1))) + "…"  // bounded: a terminal's width
    }

    /// Text that came from files and devices, without what a terminal would obey, what turns the direction of writing, and
    /// what cannot be seen.
    static func harmless(_ text: String) -> String {
        String(text.map { $0.unicodeScalars.contains(where: PlainText.isHidden) ? "?" : $0 })
    }
}

/// With what bars are drawn.
package enum BarStyle: Sendable {
    /// Block characters, for a terminal.
    case blocks
    /// ASCII, for mail and logs.
    case plain

    /// A bar `width` wide, filled to `share` of 1; a share above 1 fills it.
    package func bar(_ share: Double, width: Int) -> String {
        let bounded = min(1, max(0, share.isNaN ? 0 : share))
        // bounded here: of a share from 0 to 1
        let full = Int((bounded * Double(width)).rounded())
        let (filled, empty) = self == .blocks ? ("█", "░") : ("#", ".")
        return String(repeating: filled, count: full) + String(repeating: empty, count: width - full)
    }

    /// Up to `width` samples, the last ones, each as high as it stands between least and greatest.
    package func trail(_ values: [Double], width: Int) -> String {
        guard self == .blocks, let least = values.min(), let greatest = values.max(), least < greatest else {
            return ""
        }
        let steps = Array("▁▂▃▄▅▆▇█")
        return String(
            values.suffix(width).map { value in
                // bounded here: of Doubles; a share is from 0 to 1, so the place is one of the steps
                let share = (value - least) / (greatest - least)
                // What is further apart than a Double holds has no place between them.
                return steps[Int((share.isFinite ? share : 0) * Double(steps.count - 1) + 0.5)]
            })
    }
}

/// The colours of a table.
struct Paint {
    func bold(_ text: String) -> StyledText { StyledText(text, .bold) }
    func dim(_ text: String) -> StyledText { StyledText(text, .dim) }
    func red(_ text: String) -> StyledText { StyledText(text, .red) }
    func green(_ text: String) -> StyledText { StyledText(text, .green) }
    func yellow(_ text: String) -> StyledText { StyledText(text, .yellow) }
}
