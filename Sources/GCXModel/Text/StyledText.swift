/// Text of ours with our own styling beside it, not within: only so does an escape sequence reach a terminal.
package struct StyledText: Sendable, Equatable {
    /// What we ask of a terminal. The values are parameters of SGR (ECMA-48, 8.3.117).
    package enum Style: String, Sendable {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    private struct Span: Sendable, Equatable {
        var text: String
        var style: Style?
    }

    private var spans: [Span]

    package init(_ text: String, _ style: Style? = nil) { spans = [Span(text: text, style: style)] }

    private init(_ spans: [Span]) { self.spans = spans }

    /// The text, with the styling as ANSI escapes where `colour` says so.
    package func text(colour: Bool) -> String { rendered(colour: colour) { $0 } }

    /// The same for a terminal: whatever the text itself holds, the styling is the only thing that steers.
    package func safe(colour: Bool) -> String {
        rendered(colour: colour) { SafeText.showLines($0, bytesMax: .max) }
    }

    private func rendered(colour: Bool, _ text: (String) -> String) -> String {
        spans.map { span in
            guard colour, let style = span.style else { return text(span.text) }
            return "\u{1B}[\(style.rawValue)m\(text(span.text))\u{1B}[0m"
        }.joined()
    }

    // bounded: joins lists
    package static func + (left: StyledText, right: StyledText) -> StyledText { StyledText(left.spans + right.spans) }
    // bounded: joins texts
    package static func + (left: StyledText, right: String) -> StyledText { left + StyledText(right) }
    // bounded: joins texts
    package static func + (left: String, right: StyledText) -> StyledText { StyledText(left) + right }

    /// Each on a line of its own, the last one too.
    package static func lines(_ lines: [StyledText]) -> StyledText {
        StyledText(lines.flatMap { $0.spans + [Span(text: "\n", style: nil)] })
    }
}
