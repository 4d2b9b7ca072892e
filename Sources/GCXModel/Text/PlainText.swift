/// Which characters a text for people may hold, wherever it comes from.
package enum PlainText {
    /// Why the text is not taken as one line for people; nil when it may be.
    ///
    /// Refused is what moves a cursor, breaks the line, turns the direction of writing, cannot be seen, or means nothing:
    /// control characters, line and paragraph separators, the marks that override or isolate a direction, zero-width
    /// characters and others of the category "format", private use, and what Unicode has not assigned. Letters, marks, digits,
    /// punctuation, symbols and spaces of every script may stand.
    package static func refusal(of text: String) -> String? {
        guard let hidden = text.unicodeScalars.first(where: isHidden) else { return nil }
        return "holds U+\(hexadecimal(hidden)), a character that cannot be seen or that moves others"
    }

    /// Whether a terminal might obey the character, or a reader miss it.
    package static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        // Nearly every character is one of these.
        if (0x20...0x7E).contains(scalar.value) { return false }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: return true
        default: return scalar.properties.isDefaultIgnorableCodePoint && !isVariationSelector(scalar)
        }
    }

    /// The text as one line of at most `bytesMax` bytes of UTF-8, with hidden characters spelled out: for what we sign.
    package static func line(_ text: String, bytesMax: Int) -> String {
        var (line, bytes) = ("", 0)
        for scalar in text.unicodeScalars {
            let piece = isHidden(scalar) ? "\\u{\(hexadecimal(scalar))}" : String(scalar)
            // bounded: counts what is in `line`, and stops at `bytesMax` and a character
            bytes += piece.utf8.count
            guard bytes <= bytesMax else { break }
            line += piece  // bounded: joins texts
        }
        return line
    }

    /// The beginning of a text, on one line, with hidden characters spelled out: for errors that quote what was sent.
    package static func excerpt(_ text: String, charactersMax: Int = Limits.excerptCharactersMax) -> String {
        let scalars = text.unicodeScalars
        var excerpt = ""
        for scalar in scalars.prefix(charactersMax) {
            if isHidden(scalar) {
                excerpt += "\\u{\(hexadecimal(scalar))}"
            } else {
                excerpt.unicodeScalars.append(scalar)
            }
        }
        return scalars.dropFirst(charactersMax).isEmpty ? excerpt : excerpt + "…"
    }

    /// They choose how the character before them is drawn: an emoji's second half, mostly.
    private static func isVariationSelector(_ scalar: Unicode.Scalar) -> Bool {
        (0xFE00...0xFE0F).contains(scalar.value)
    }

    private static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        // bounded: joins texts of eight digits at most
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
