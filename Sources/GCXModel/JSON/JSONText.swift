/// The escapes of JSON texts (RFC 8259, section 7).
enum JSONText {
    /// The text between two quotes that were found to be right.
    static func text(_ token: ArraySlice<UInt8>, isPlain: Bool) -> String {
        // bounded here: an escape is held against the end of the text before it is read; digits are below 16
        guard !isPlain else { return String(decoding: token, as: UTF8.self) }
        var (text, at): ([UInt8], Int) = ([], token.startIndex)
        text.reserveCapacity(token.count)
        while at < token.endIndex {
            if token[at] == UInt8(ascii: "\\") {
                append(&text, token, &at)
            } else {
                text.append(token[at])
                at += 1
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Where the escape that begins at `start` is over; nil when it is none.
    static func endOfEscape(_ bytes: [UInt8], _ start: Int) -> Int? {
        // bounded here: an escape is held against the end of the text before it is read; digits are below 16
        guard start + 1 < bytes.count else { return nil }
        guard bytes[start + 1] == UInt8(ascii: "u") else { return single(bytes[start + 1]) == nil ? nil : start + 2 }
        guard let unit = unit(bytes[...], start) else { return nil }
        guard UTF16.isSurrogate(unit) else { return start + 6 }
        guard UTF16.isLeadSurrogate(unit), let second = self.unit(bytes[...], start + 6),
            UTF16.isTrailSurrogate(second)
        else { return nil }
        return start + 12
    }

    private static func append(_ text: inout [UInt8], _ token: ArraySlice<UInt8>, _ at: inout Int) {
        // bounded here: an escape is held against the end of the text before it is read; digits are below 16
        if let byte = single(token[at + 1]) {
            text.append(byte)
            at += 2
            return
        }
        guard let first = unit(token, at) else { preconditionFailure("the parser has seen the escape") }
        guard UTF16.isLeadSurrogate(first), let second = unit(token, at + 6) else {
            at += 6
            return text.append(contentsOf: String(decoding: [first], as: UTF16.self).utf8)
        }
        at += 12
        text.append(contentsOf: String(decoding: [first, second], as: UTF16.self).utf8)
    }

    /// What a letter after a backslash stands for; nil for `u` and whatever is no escape.
    private static func single(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// The four digits of a `\u` at `start`.
    private static func unit(_ bytes: ArraySlice<UInt8>, _ start: Int) -> UInt16? {
        // bounded here: an escape is held against the end of the text before it is read; digits are below 16
        guard start + 6 <= bytes.endIndex, bytes[start] == UInt8(ascii: "\\"), bytes[start + 1] == UInt8(ascii: "u")
        else { return nil }
        var value: UInt16 = 0
        for byte in bytes[start + 2..<start + 6] {
            guard let digit = digit(byte) else { return nil }
            value = value << 4 | digit
        }
        return value
    }

    private static func digit(_ byte: UInt8) -> UInt16? {
        // bounded here: an escape is held against the end of the text before it is read; digits are below 16
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}
