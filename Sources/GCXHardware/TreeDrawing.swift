import GCXModel

/// A line of a drawing and what hangs below it.
struct TreeNode {
    enum Style { case plain, bold, warning }

    let label: String
    let children: [TreeNode]
    let style: Style

    init(_ label: String, _ children: [TreeNode] = [], style: Style = .plain) {
        self.label = label
        self.children = children
        self.style = style
    }
}

/// Draws nodes with box characters.
struct Canvas {
    let width: Int

    func draw(_ root: TreeNode) -> StyledText {
        var lines = [line("", root)]
        append(root.children, below: "", to: &lines)
        return .lines(lines)
    }

    private func append(_ nodes: [TreeNode], below indent: String, to lines: inout [StyledText]) {
        for (index, node) in nodes.enumerated() {
            // bounded here: of the place in a list; joins texts
            let isLast = index == nodes.count - 1
            lines.append(line(indent + (isLast ? "└─ " : "├─ "), node))
            append(node.children, below: indent + (isLast ? "   " : "│  "), to: &lines)
        }
    }

    private func line(_ indent: String, _ node: TreeNode) -> StyledText {
        let room = max(width - indent.count, 1)  // bounded: a terminal's width, and an indent as deep as the inventory
        // Names come from devices and files: no control character of theirs reaches the terminal.
        let label = String(node.label.map { $0.unicodeScalars.allSatisfy(isPrintable) ? $0 : "?" })
        // bounded: joins texts; `room` is 1 or more
        return indent + painted(label.count > room ? label.prefix(room - 1) + "…" : label, node.style)
    }

    private func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: false
        default: true
        }
    }

    private func painted(_ text: String, _ style: TreeNode.Style) -> StyledText {
        switch style {
        case .plain: StyledText(text)
        case .bold: StyledText(text, .bold)
        case .warning: StyledText(text, .yellow)
        }
    }
}

/// `23.5 GiB`: one decimal, rounded down, none when it is zero.
func bytes(_ count: UInt64) -> String {
    // bounded here: seven units, of which the last ends the loop; the rest is below 1,024
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var (whole, rest, unit) = (count, UInt64(0), 0)
    while whole >= 1024 && unit < units.count - 1 {
        (whole, rest, unit) = (whole / 1024, whole % 1024, unit + 1)
    }
    let tenth = rest * 10 / 1024
    return tenth == 0 ? "\(whole) \(units[unit])" : "\(whole).\(tenth) \(units[unit])"
}

/// `050` for 50.
func threeDigits(_ number: UInt64) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, 3 - text.count)) + text  // bounded: joins texts
}
