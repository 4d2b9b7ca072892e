/// How many columns of a terminal a text takes.
package enum TextWidth {
    /// The columns of one line: two for each wide character of East Asia and each picture, none for a mark that is set upon the
    /// character before.
    ///
    /// - Complexity: O(length).
    package static func columns(_ text: some StringProtocol) -> Int {
        // Nearly every text is of these.
        if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text.utf8.count }
        return text.unicodeScalars.reduce(0) { $0 + columns($1) }  // bounded: twice the length of a text in memory
    }

    /// The beginning of a text that takes at most so many columns; what is cut ends in `…`.
    package static func cut(_ text: String, to most: Int) -> String {
        guard columns(text) > most else { return text }
        var (kept, width) = ("", 0)
        for character in text {
            let next = columns(String(character))
            // bounded here: what is kept is no wider than `most`
            guard width + next < most else { break }
            kept.append(character)
            width += next
        }
        return most > 0 ? kept + "…" : ""
    }

    private static func columns(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: 0
        default: scalar.value >= 0x1100 && wide.contains { $0.contains(scalar.value) } ? 2 : 1
        }
    }

    /// Source: Unicode's EastAsianWidth.txt, the blocks that are wide as a whole.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x231A...0x231B, 0x23E9...0x23F3, 0x25FD...0x25FE, 0x2614...0x2615, 0x2648...0x2653,
        0x26A1...0x26A1, 0x26CE...0x26CE, 0x2705...0x2705, 0x274C...0x274C, 0x2753...0x2757, 0x2795...0x2797,
        0x2B1B...0x2B1C, 0x2B50...0x2B50, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0xA4CF,
        0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF00...0xFF60,
        0xFFE0...0xFFE6, 0x16FE0...0x18CFF, 0x1B000...0x1B2FF, 0x1F004...0x1F004, 0x1F0CF...0x1F0CF,
        0x1F18E...0x1F18E, 0x1F191...0x1F19A, 0x1F1E6...0x1F202, 0x1F210...0x1F64F, 0x1F680...0x1F6FF,
        0x1F7E0...0x1F7EB, 0x1F900...0x1F9FF, 0x1FA70...0x1FAFF, 0x20000...0x3FFFD,
    ]
}
