/// The bounds of what others wrote and is shown.
package enum TextLimits {
    /// Bytes of one line: four times the longest comment, and still less than a screen.
    package static let shownBytesMax = 4_096
    /// Bytes of a text with lines: what a person reads of a program's output.
    package static let shownLinesBytesMax = 65_536
}
