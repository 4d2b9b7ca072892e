import GCXModel

/// A password as it is typed, byte by byte: what the terminal would do with keys, done where no echo shows them.
///
/// A control character is never part of it: it ends the line, edits it, or is refused, which the caller may say with a bell.
package struct PasswordLine: Sendable {
    /// What a byte did.
    package enum Event: Equatable, Sendable {
        /// It was taken, or belongs to a key that has not arrived whole.
        case taken
        /// It is not part of a password.
        case refused
        /// The line is done.
        case entered(String)
        /// Ctrl-D on an empty line, or the end of the input.
        case ended
        /// Ctrl-C or Ctrl-\: the signal that it stands for.
        case interrupted(Int32)
        /// What was typed is no text in UTF-8, or too long.
        case unusable(String)
    }

    private var bytes: [UInt8] = []
    private var escape = Escape.none

    /// How far a key that sends several bytes has come, such as an arrow or the mark of a paste.
    private enum Escape {
        case none, begun, sequence
    }

    package init() {}

    package mutating func take(_ byte: UInt8) -> Event {
        if escape != .none { return inEscape(byte) }
        switch byte {
        case 0x03: return .interrupted(2)
        case 0x1C: return .interrupted(3)
        case 0x04: return bytes.isEmpty ? .ended : .refused
        case 0x0A, 0x0D: return entered()
        case 0x08, 0x7F:
            erase()
            return .taken
        case 0x15:
            bytes = []
            return .taken
        case 0x1B:
            escape = .begun
            return .taken
        case ..<0x20: return .refused
        default: return add(byte)
        }
    }

    private mutating func add(_ byte: UInt8) -> Event {
        guard bytes.count < Limits.passwordBytesMax else {
            return .unusable("it is longer than \(NumberText.count(Limits.passwordBytesMax, "byte"))")
        }
        bytes.append(byte)
        return .taken
    }

    /// CSI and SS3 sequences end with a letter or `~` (ECMA-48, 5.4); Escape and another key are two bytes.
    private mutating func inEscape(_ byte: UInt8) -> Event {
        if escape == .begun {
            escape = byte == UInt8(ascii: "[") || byte == UInt8(ascii: "O") ? .sequence : .none
            return escape == .none ? .refused : .taken
        }
        guard (0x40...0x7E).contains(byte) else { return .taken }
        escape = .none
        return .refused
    }

    /// The last character: its first byte and those that go on with it.
    private mutating func erase() {
        while let last = bytes.popLast() { if last & 0xC0 != 0x80 { return } }
    }

    private func entered() -> Event {
        guard let text = String(validating: bytes, as: UTF8.self) else { return .unusable("it is not UTF-8") }
        // C1 controls have two bytes, so they are seen only here.
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            return .unusable("it has a control character")
        }
        return .entered(text)
    }
}
