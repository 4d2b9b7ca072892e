/// Makes bytes and text of others harmless for a terminal: text stays, what could steer the terminal or hide becomes visible.
///
/// Newline and tab pass. Other control characters become `^X`, as cat -v writes them; bytes that are no UTF-8 become
/// `\xNN`; C1 controls, the marks that turn the direction of text, and what has no width or breaks a line unseen become
/// `\u{NN}`. A carriage return passes only before a newline, for alone it overwrites what was said before. A character that
/// is cut by the end of a piece waits for the next.
package struct SafeText: Sendable {
    private var pending: [UInt8] = []

    package init() {}

    /// What may be shown of everything so far.
    package mutating func add(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        // bounded here: `place` is below the end, and what is taken there is at most the rest
        let all = pending + bytes
        var shown: [UInt8] = []
        shown.reserveCapacity(all.count)
        var place = 0
        while place < all.count, let taken = Self.take(all, place, &shown) { place += taken }
        pending = Array(all[place...])
        return shown
    }

    /// What was waiting and will not be completed.
    package mutating func finish() -> [UInt8] {
        defer { pending = [] }
        return pending.flatMap { $0 == Self.carriageReturn ? Array("^M".utf8) : Self.escaped($0) }
    }

    private static let carriageReturn: UInt8 = 13

    /// Bytes taken at `place`; nil when more have to come first.
    private static func take(_ all: [UInt8], _ place: Int, _ shown: inout [UInt8]) -> Int? {
        // bounded here: `place` is below the end, which `add` asks; the one behind it is compared first
        let byte = all[place]
        switch byte {
        case 0x20..<0x7f, 9, 10: shown.append(byte)
        case carriageReturn:
            guard place + 1 < all.count else { return nil }
            if all[place + 1] == 10 { shown.append(byte) } else { shown += "^M".utf8 }
        case 0..<0x20, 0x7f: shown += [UInt8(ascii: "^"), byte ^ 0x40]
        default: return character(all, place, &shown)
        }
        return 1
    }

    /// A character beyond ASCII.
    private static func character(_ all: [UInt8], _ place: Int, _ shown: inout [UInt8]) -> Int? {
        // bounded here: `place` is below the end, which `add` asks; a length is at most 4, and cut there
        let length = all[place] >= 0xf0 ? 4 : all[place] >= 0xe0 ? 3 : 2
        let part = all[place..<min(place + length, all.count)]
        guard (0xc2...0xf4).contains(all[place]), part.dropFirst().allSatisfy({ $0 & 0xc0 == 0x80 }) else {
            shown += escaped(all[place])
            return 1
        }
        guard part.count == length else { return nil }
        guard let text = String(validating: part, as: UTF8.self), let scalar = text.unicodeScalars.first else {
            shown += escaped(all[place])
            return 1
        }
        if PlainText.isHidden(scalar) { shown += "\\u{\(String(scalar.value, radix: 16))}".utf8 } else { shown += part }
        return length
    }

    private static func escaped(_ byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        // bounded: an index of four bits, and sixteen digits
        return Array("\\x".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}

extension SafeText {
    /// A text of others on one line: newlines and tabs are visible too, so that it makes no row or column of its own.
    ///
    /// - Complexity: O(`bytesMax`); what is longer is cut and ends in `…`.
    package static func show(_ text: some StringProtocol, bytesMax: Int = TextLimits.shownBytesMax) -> String {
        let kept = text.utf8.prefix(bytesMax)
        // The usual text needs no copy of its parts.
        if kept.count == text.utf8.count, kept.allSatisfy({ (0x20..<0x7f).contains($0) }) { return String(text) }
        return whole(kept, isCut: kept.count < text.utf8.count) {
            switch $0 {
            case 9: "^I"
            case 10: "^J"
            case 13: "^M"
            default: nil
            }
        }
    }

    /// A text of others that has lines of its own, as the output of a program.
    package static func showLines(_ text: some StringProtocol, bytesMax: Int = TextLimits.shownLinesBytesMax) -> String
    {
        let kept = text.utf8.prefix(bytesMax)
        return whole(kept, isCut: kept.count < text.utf8.count) { _ in nil }
    }

    private static func whole(
        _ bytes: some Sequence<UInt8>, isCut: Bool, _ visible: (UInt8) -> String?
    ) -> String {
        var text = SafeText()
        let marked = bytes.flatMap { byte in visible(byte).map { Array($0.utf8) } ?? [byte] }
        var shown = text.add(marked)
        // A character that was cut in two says nothing.
        // bounded here: joins bytes and texts
        if !isCut { shown += text.finish() }
        return String(decoding: shown, as: UTF8.self) + (isCut ? "…" : "")
    }
}

extension SafeText {
    /// A JSON document with every hidden character as `\\uXXXX`: the same document, and a terminal obeys nothing in it.
    ///
    /// Outside its strings JSON holds none but newlines and tabs, which stay.
    package static func json(_ document: String) -> String {
        guard document.unicodeScalars.contains(where: isEscaped) else { return document }
        var text = ""
        for scalar in document.unicodeScalars {
            if isEscaped(scalar) {
                text += String(scalar).utf16.map(escape).joined()  // bounded: joins texts
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    private static func isEscaped(_ scalar: Unicode.Scalar) -> Bool {
        scalar != "\n" && scalar != "\t" && PlainText.isHidden(scalar)
    }

    private static func escape(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        // bounded: joins texts; 16 bits are at most four digits
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
