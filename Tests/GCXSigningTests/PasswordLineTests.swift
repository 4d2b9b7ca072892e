import GCXSigning
import Testing

@Suite("A password that is typed")
struct PasswordLineTests {
    private func typed(_ bytes: [UInt8]) -> [PasswordLine.Event] {
        var line = PasswordLine()
        return bytes.map { line.take($0) }
    }

    @Test(
        "it is what was typed, as the keys that edit it leave it",
        arguments: [
            ("word\n", "word"), ("word\r", "word"), ("wxx\u{7F}\u{8}ord\r", "word"),
            ("wäöx\u{7F}\u{7F}\u{7F}ord\r", "word"),
            ("\u{7F}word\r", "word"), ("nothing\u{15}word\r", "word"), ("\r", ""), ("a b\r", "a b"), ("päß\r", "päß"),
        ])
    func entered(_ keys: String, _ password: String) {
        #expect(typed(Array(keys.utf8)).last == .entered(password))
    }

    @Test(
        "a key that is no character is refused, however many bytes it sends",
        arguments: ["\u{1}", "\t", "\u{1B}[A", "\u{1B}OP", "\u{1B}[200~", "\u{1B}[1;5C", "\u{1B}x"])
    func refused(_ key: String) {
        let events = typed(Array("wo\(key)rd\r".utf8))
        #expect(events.contains(.refused))
        #expect(events.last == .entered("word"))
    }

    @Test("Ctrl-C and Ctrl-\\ interrupt at any place, Ctrl-D ends an empty line and nothing else")
    func ended() {
        #expect(typed([0x03]) == [.interrupted(2)])
        #expect(typed([0x61, 0x03]).last == .interrupted(2))
        #expect(typed([0x1C]) == [.interrupted(3)])
        #expect(typed([0x04]) == [.ended])
        #expect(typed([0x61, 0x04]).last == .refused)
    }

    @Test("what is no text, has a control of two bytes, or never ends is no password")
    func unusable() {
        for bytes: [UInt8] in [
            [0xFF, 0x0D], [0xC3, 0x0D], [0x61, 0xC2, 0x9B, 0x0D], [UInt8](repeating: 0x61, count: 1_025),
        ] {
            guard case .unusable = typed(bytes).last else {
                Issue.record("\(bytes.prefix(4)) was taken")
                continue
            }
        }
    }
}
