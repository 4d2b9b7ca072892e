/// One piece of Swift text.
struct Token: Equatable, Sendable {
    enum Kind: Equatable, Sendable {
        /// A name, a keyword or a number.
        case word
        /// One byte of punctuation.
        case mark
        /// A string, or the part of one between two interpolations, without its quotes.
        case literal
        /// A comment with its slashes.
        case comment
    }

    let kind: Kind
    let text: String
    /// The line that it begins on, from 1.
    let line: Int
    /// Whether something that is no code stands between it and the piece before.
    let isSpaced: Bool
}

/// Splits Swift into pieces, so that a rule about code sees neither comments nor the text of strings.
///
/// It knows nested comments, raw and multi-line strings, and code inside interpolations. It does not know regex literals,
/// which this project does not use; a test compares the brackets of every file, so that one would be noticed.
struct Lexer {
    private let bytes: [UInt8]
    private var place = 0
    private var line = 1
    private var isSpaced = true
    private var tokens: [Token] = []

    static func tokens(of text: String) -> [Token] {
        var lexer = Lexer(bytes: Array(text.utf8))
        while lexer.place < lexer.bytes.count { lexer.readCode() }
        return lexer.tokens
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// Reads up to the parenthesis that closes more than was opened: the end of an interpolation.
    private mutating func readCode() {
        var depth = 0
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: "\n"), UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): skipSpace()
            case UInt8(ascii: "/") where byte(after: 1) == UInt8(ascii: "/"): readLineComment()
            case UInt8(ascii: "/") where byte(after: 1) == UInt8(ascii: "*"): readBlockComment()
            case UInt8(ascii: "\""): readString(hashes: 0)
            case UInt8(ascii: "#"):
                if let hashes = hashesOfRawString() { readString(hashes: hashes) } else { readMark() }
            case UInt8(ascii: "("):
                depth += 1
                readMark()
            case UInt8(ascii: ")"):
                depth -= 1
                readMark()
                if depth < 0 { return }
            case let byte where Self.isWord(byte): readWord()
            default: readMark()
            }
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "$"): true
        default: byte >= 0x80
        }
    }

    private func byte(after count: Int) -> UInt8? {
        place + count < bytes.count ? bytes[place + count] : nil
    }

    private func holds(_ text: StaticString, after count: Int = 0) -> Bool {
        let wanted = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        return wanted.indices.allSatisfy { byte(after: count + $0) == wanted[$0] }
    }

    private mutating func skipSpace() {
        if bytes[place] == UInt8(ascii: "\n") { line += 1 }
        isSpaced = true
        place += 1
    }

    private mutating func add(_ kind: Token.Kind, from start: Int, to end: Int, line: Int) {
        let text = String(decoding: bytes[start..<end], as: UTF8.self)
        tokens.append(Token(kind: kind, text: text, line: line, isSpaced: isSpaced))
        isSpaced = kind == .comment
    }

    private mutating func readMark() {
        place += 1
        add(.mark, from: place - 1, to: place, line: line)
    }

    private mutating func readWord() {
        let start = place
        while place < bytes.count, Self.isWord(bytes[place]) { place += 1 }
        add(.word, from: start, to: place, line: line)
    }

    private mutating func readLineComment() {
        let start = place
        while place < bytes.count, bytes[place] != UInt8(ascii: "\n") { place += 1 }
        add(.comment, from: start, to: place, line: line)
    }

    private mutating func readBlockComment() {
        let (start, first) = (place, line)
        var depth = 0
        repeat {
            if holds("/*") {
                depth += 1
                place += 2
            } else if holds("*/") {
                depth -= 1
                place += 2
            } else {
                if bytes[place] == UInt8(ascii: "\n") { line += 1 }
                place += 1
            }
        } while depth > 0 && place < bytes.count
        add(.comment, from: start, to: min(place, bytes.count), line: first)
    }

    /// How many `#` stand before the quote of a raw string; nil when this `#` begins something else.
    private func hashesOfRawString() -> Int? {
        var count = 0
        while byte(after: count) == UInt8(ascii: "#") { count += 1 }
        return byte(after: count) == UInt8(ascii: "\"") ? count : nil
    }

    private func holdsHashes(_ hashes: Int, after count: Int) -> Bool {
        (0..<hashes).allSatisfy { byte(after: count + $0) == UInt8(ascii: "#") }
    }

    private mutating func readString(hashes: Int) {
        place += hashes
        let quotes = holds("\"\"\"") ? 3 : 1
        place += quotes
        var (start, first) = (place, line)
        while place < bytes.count {
            if closes(quotes: quotes, hashes: hashes) {
                add(.literal, from: start, to: place, line: first)
                place += quotes + hashes
                return
            }
            if bytes[place] == UInt8(ascii: "\\"), holdsHashes(hashes, after: 1) {
                guard byte(after: 1 + hashes) == UInt8(ascii: "(") else {
                    skipEscape(hashes: hashes)
                    continue
                }
                add(.literal, from: start, to: place, line: first)
                readInterpolation(hashes: hashes)
                (start, first) = (place, line)
                continue
            }
            if bytes[place] == UInt8(ascii: "\n") { line += 1 }
            place += 1
        }
    }

    private func closes(quotes: Int, hashes: Int) -> Bool {
        (quotes == 3 ? holds("\"\"\"") : holds("\"")) && holdsHashes(hashes, after: quotes)
    }

    private mutating func skipEscape(hashes: Int) {
        place += 1 + hashes
        if byte(after: 0) == UInt8(ascii: "\n") { line += 1 }
        place += 1
    }

    private mutating func readInterpolation(hashes: Int) {
        place += 1 + hashes
        readMark()
        readCode()
    }
}
