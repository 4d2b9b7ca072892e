/// Files that read what strangers send, and the arithmetic that is refused in them.
///
/// Swift ends the process where a sum does not fit, an index lies outside, a nil is forced, a range ends before it begins or
/// a number does not go into a narrower type, and the process here is the agent, the ledger or the buyer's client. So none
/// of these stands there bare: either it is written so that it answers (`addingReportingOverflow`, `UInt32(exactly:)`,
/// `first`, `guard let`), or the line says why it cannot happen:
///
/// ```swift
/// let end = start + 512  // bounded: start is at most 8 GiB, checked in `open`
/// ```
/// A reason too long for the line stands alone on the line above, and begins the same. One that holds for a whole function
/// or loop stands in it, alone, begins with `// bounded here: ` and holds from there to its closing brace. What a file names
/// after `// dictionaries: ` answers nil for what it does not hold, so its subscripts are none of these.
struct Strangers: Sendable {
    static let mark = "// bounded: "
    static let blockMark = "// bounded here: "
    static let dictionaryMark = "// dictionaries: "
    /// The longest block for which one reason is enough: a function, and no type.
    static let blockLinesMax = 70

    /// Types into which a number may not fit. Nothing is wider than the 128-bit ones, so those are left out.
    static let narrow: Set<String> = [
        "Int", "Int8", "Int16", "Int32", "Int64", "UInt", "UInt8", "UInt16", "UInt32", "UInt64", "pid_t", "uid_t",
        "gid_t", "off_t", "mode_t", "size_t", "ssize_t", "time_t", "dev_t", "ino_t", "rlim_t", "nfds_t", "socklen_t",
        "regoff_t", "sa_family_t", "in_port_t", "CInt", "CUnsignedInt", "CLong", "CUnsignedLong", "CChar",
    ]
    /// Labels by which a conversion answers instead of ending the process.
    static let safeLabels: Set<String> = [
        "exactly", "clamping", "digits", "truncatingIfNeeded", "bitPattern", "ascii", "littleEndian", "bigEndian",
    ]
    /// Words before which `[` begins a list and `-` a number.
    static let keywords: Set<String> = [
        "in", "return", "case", "as", "is", "try", "await", "throw", "else", "where", "let", "var", "if", "guard",
        "while",
        "for", "switch", "inout", "some", "any", "throws", "rethrows", "func", "import", "default", "yield", "consume",
    ]

    /// - Parameter table: rows of ``reading`` and of ``own``.
    static func violations(_ files: [SwiftFile], _ table: Table = .real) -> [Violation] {
        files.flatMap { file -> [Violation] in
            guard case .reading(let what)? = table.row(of: file.path) else { return [] }
            return findings(in: file).map { finding in
                Violation(
                    path: file.path, line: finding.line, finding: finding.what,
                    reason: "this file reads \(what), and that ends the process when it goes wrong",
                    remedy:
                        "\(finding.remedy), or say why it cannot, after `\(mark)` on this line or alone on the one above"
                )
            }
        }
    }

    /// Files of which nobody has said whether they read what strangers send.
    static func unlisted(_ files: [SwiftFile], _ table: Table = .real) -> [Violation] {
        files.filter { table.row(of: $0.path) == nil }.map { file in
            Violation(
                path: file.path, line: 0, finding: "stands in no row of `Strangers`",
                reason: "nobody has said whether it reads what strangers send",
                remedy: "list its folder in `reading`, or in `own` with the reason why nothing of that comes there")
        }
    }

    /// Rows that name nothing: a file that was moved is looked at no more.
    static func stale(_ files: [SwiftFile], _ table: Table = .real) -> [String] {
        table.keys.filter { key in !files.contains { table.key(of: $0.path) == key } }.sorted()
    }

    struct Finding: Equatable {
        let line: Int
        let what: String
        let remedy: String
    }

    static func findings(in file: SwiftFile) -> [Finding] {
        let excused = excusedLines(of: file)
        let names = file.tokens.filter { $0.kind == .comment && $0.text.hasPrefix(dictionaryMark) }
            .flatMap { $0.text.dropFirst(dictionaryMark.count).split { ", ".contains($0) } }
        let dictionaries = Set(names.map(String.init))
        return file.code.indices.filter { !isLookup(file, $0, in: dictionaries) }.compactMap { finding(file, $0) }
            .filter { !excused.contains($0.line) }
    }

    /// The lines that carry a reason, those below a line that is nothing but one, and the blocks that hold one.
    private static func excusedLines(of file: SwiftFile) -> Set<Int> {
        let codeLines = Set(file.code.map(\.line))
        let comments = file.tokens.filter { $0.kind == .comment }
        let reasons = comments.filter { $0.text.hasPrefix(mark) && $0.text.count > mark.count }
        let lines = reasons.map { codeLines.contains($0.line) ? $0.line : $0.line + 1 }
        let blocks = comments.filter { $0.text.hasPrefix(blockMark) && $0.text.count > blockMark.count }
            .flatMap { restOfBlock(around: $0.line, in: file) }
        return Set(lines + blocks)
    }

    /// From `line` to the end of the innermost braces around it; nothing where those hold more than one idea.
    private static func restOfBlock(around line: Int, in file: SwiftFile) -> [Int] {
        let blocks = file.code.indices.compactMap { index -> (Int, Int)? in
            guard file.isMark("{", at: index), let end = file.partner(of: index) else { return nil }
            return (file.code[index].line, file.code[end].line)
        }
        let around = blocks.filter { $0.0 < line && line < $0.1 }.min { $0.1 - $0.0 < $1.1 - $1.0 }
        guard let around, around.1 - around.0 <= blockLinesMax else { return [] }
        return Array(line...around.1)
    }

    private static func finding(_ file: SwiftFile, _ index: Int) -> Finding? {
        let token = file.code[index]
        func found(_ what: String, _ remedy: String) -> Finding {
            Finding(line: token.line, what: what, remedy: remedy)
        }
        guard token.kind == .mark else {
            if isSecondLook(file, index) {
                return found("a clock asked twice", "ask it once: it may be set between two looks")
            }
            guard token.kind == .word, narrow.contains(token.text), narrows(file, index) else { return nil }
            return found(
                "`\(token.text)(…)` of what may not fit", "use `exactly:` or `clamping:`, and `radix: 10` for text")
        }
        switch token.text {
        case "+", "-", "*":
            guard isArithmetic(file, index) else { return nil }
            return found("unchecked `\(token.text)`", "use `\(reporting[token.text] ?? "")ReportingOverflow`")
        case "<" where file.isMark("<", at: index + 1) && !file.code[index + 1].isSpaced:
            guard !follows("&", file, index), !isOfConstants(file, index) else { return nil }
            return found("unchecked `<<`", "use `multipliedReportingOverflow`, or `&<<` where bits may fall off")
        case "/", "%":
            let divisor = index + (file.isMark("=", at: index + 1) ? 2 : 1)
            guard isInfix(file, index), !isNumber(file, divisor), !isConstant(file, divisor) else { return nil }
            return found("`\(token.text)` by what may be zero", "check the divisor")
        case "." where isOpenRange(file, index):
            return found("a range that may end before it begins", "compare first, or use `prefix` and `dropFirst`")
        case "[" where isSubscript(file, index):
            return found("a subscript", "use `first`, `prefix`, an iterator, or check")
        case "!" where isForced(file, index): return found("a forced `!`", "use `guard let`")
        default: return nil
        }
    }

    /// The second `clock.now()` of a line.
    private static func isSecondLook(_ file: SwiftFile, _ index: Int) -> Bool {
        guard file.holds(["now", "(", ")"], at: index), index >= 2 else { return false }
        let clock = file.code[index - 2].text
        return file.places(of: "now").contains {
            $0 < index && $0 >= 2 && file.code[$0].line == file.code[index].line && file.holds(["(", ")"], at: $0 + 1)
                && file.code[$0 - 2].text == clock
        }
    }

    private static let reporting = ["+": "adding", "-": "subtracting", "*": "multiplied"]

    private static func follows(_ mark: String, _ file: SwiftFile, _ index: Int) -> Bool {
        file.isMark(mark, at: index - 1) && !file.code[index].isSpaced
    }

    private static func isNumber(_ file: SwiftFile, _ index: Int) -> Bool {
        guard file.code.indices.contains(index), file.code[index].kind == .word, let first = file.code[index].text.first
        else { return false }
        return first.isNumber
    }

    /// `Self.second` or `Limits.page`: a constant of a type.
    private static func isConstant(_ file: SwiftFile, _ index: Int) -> Bool {
        guard file.code.indices.contains(index), file.code[index].kind == .word, file.isMark(".", at: index + 1) else {
            return false
        }
        return file.code[index].text.first?.isUppercase == true
    }

    /// Whether something stands before the mark that it could take as its left side.
    private static func isInfix(_ file: SwiftFile, _ index: Int) -> Bool {
        guard index > 0 else { return false }
        let (before, token) = (file.code[index - 1], file.code[index])
        let isValue =
            before.kind == .literal || (before.kind == .word && !keywords.contains(before.text))
            || [")", "]", "}", "?", "!"].contains(before.text)
        guard isValue, index + 1 < file.code.count else { return false }
        // `a -b` is a value and a negative number; `a - b` and `a-b` are one sum.
        return !token.isSpaced || file.code[index + 1].isSpaced || file.isMark("=", at: index + 1)
    }

    private static func isArithmetic(_ file: SwiftFile, _ index: Int) -> Bool {
        // `&+` says that it wraps; `->` is no arithmetic; `reduce(0, +)` is.
        if follows("&", file, index) || (file.isMark(">", at: index + 1) && !file.code[index + 1].isSpaced) {
            return false
        }
        if file.isMark(")", at: index + 1), file.isMark(",", at: index - 1) || file.isMark("(", at: index - 1) {
            return file.code[index].text != "*"
        }
        guard isInfix(file, index) else { return false }
        let right = index + (file.isMark("=", at: index + 1) ? 2 : 1)
        if isOfConstants(file, index) { return false }
        if file.code[index].text == "+", joinsLists(file, index, right) { return false }
        let isText = [index - 1, right].contains { file.code.indices.contains($0) && file.code[$0].kind == .literal }
        return !(file.code[index].text == "+" && isText)
    }

    /// `2 * 3`, `1 << Limits.bits` and `Self.a + 2 * 3`: always the same sum, so the first run shows whether it fits.
    private static func isOfConstants(_ file: SwiftFile, _ index: Int) -> Bool {
        let isShift = file.isMark("<", at: index) && file.isMark("<", at: index + 1)
        guard constantEnd(file, index + (isShift ? 2 : 1)) != nil else { return false }
        // Back over the chain that ends left of the mark: each part of it is a constant, or the sum is none.
        var place = index
        while let start = constantStart(file, place - 1) {
            var before = start - 1
            if file.isMark("<", at: before), file.isMark("<", at: before - 1) { before -= 1 }
            guard before >= 0, file.code[before].kind == .mark, "+-*/%<".contains(file.code[before].text),
                isInfix(file, before)
            else { return true }
            place = before
        }
        return false
    }

    /// The last piece of the number or the constant of a type that begins at `index`.
    static func constantEnd(_ file: SwiftFile, _ index: Int) -> Int? {
        if isNumber(file, index) { return isPoint(file, index + 1) ? nil : index }
        guard isConstant(file, index), file.code.indices.contains(index + 2), file.code[index + 2].kind == .word,
            ![".", "(", "[", "?", "!"].contains(where: { file.isMark($0, at: index + 3) })
        else { return nil }
        return index + 2
    }

    /// The first piece of the number or the constant of a type that ends at `index`.
    static func constantStart(_ file: SwiftFile, _ index: Int) -> Int? {
        if isNumber(file, index) { return isPoint(file, index - 1) ? nil : index }
        guard index >= 2, file.code[index].kind == .word, isConstant(file, index - 2), !file.isMark(".", at: index - 3)
        else { return nil }
        return index - 2
    }

    /// A point of `a.b`, and not of `a..<b`.
    private static func isPoint(_ file: SwiftFile, _ index: Int) -> Bool {
        file.isMark(".", at: index) && !file.isMark(".", at: index - 1) && !file.isMark(".", at: index + 1)
    }

    /// `a + [b]` and `[a] + b`: lists grow, and no sum is a list.
    private static func joinsLists(_ file: SwiftFile, _ index: Int, _ right: Int) -> Bool {
        if file.isMark("[", at: right), let end = file.partner(of: right) {
            return ![".", "[", "?", "!"].contains { file.isMark($0, at: end + 1) }
        }
        guard file.isMark("]", at: index - 1), let start = file.partner(of: index - 1) else { return false }
        return !isSubscript(file, start) && (start == 0 || file.code[start].isSpaced || file.isMark("(", at: start - 1))
    }

    private static func isSubscript(_ file: SwiftFile, _ index: Int) -> Bool {
        guard index > 0, !file.code[index].isSpaced, let end = file.partner(of: index) else { return false }
        let before = file.code[index - 1]
        guard (before.kind == .word && !keywords.contains(before.text)) || [")", "]", "?", "!"].contains(before.text),
            end > index + 1
        else { return false }
        // A key of text, of a fixed name, with a label or with a default, or everything: none of them ends the process.
        if file.code[index + 1].kind == .literal || file.isMark(":", at: index + 2) { return false }
        if end == index + 3, file.isMark(".", at: index + 1) { return false }
        if end == index + 4, file.holds([".", ".", "."], at: index + 1) { return false }
        return !file.code[index..<end].indices.contains { file.holds(["default", ":"], at: $0) }
    }

    /// `names[key]`, `names?[key]` and, in a dictionary of dictionaries, `names[key]?[key]`.
    private static func isLookup(_ file: SwiftFile, _ index: Int, in dictionaries: Set<String>) -> Bool {
        guard file.isMark("[", at: index), index > 0 else { return false }
        var base = index - 1
        if file.isMark("?", at: base) { base -= 1 }
        if file.isMark("]", at: base), let start = file.partner(of: base) { base = start - 1 }
        return base >= 0 && dictionaries.contains(file.code[base].text)
    }

    private static func isForced(_ file: SwiftFile, _ index: Int) -> Bool {
        guard index > 0, !file.code[index].isSpaced else { return false }
        let before = file.code[index - 1]
        let isValue = (before.kind == .word && !keywords.contains(before.text)) || [")", "]"].contains(before.text)
        return isValue || before.kind == .literal
    }

    /// `guard let a = Int(b)` and `flatMap { Int($0) }`: the compiler takes only what may be nil there, so `b` is text.
    private static func isUnwrapped(_ file: SwiftFile, _ index: Int, _ end: Int) -> Bool {
        if file.holds(["flatMap", "{"], at: index - 2) { return file.isMark("}", at: end + 1) }
        guard file.isMark("=", at: index - 1), file.holds(["let"], at: index - 3), index >= 4,
            file.code[index - 2].kind == .word
        else { return false }
        let isWhole = [",", "{", "else"].contains { file.holds([$0], at: end + 1) }
        return isWhole && ["guard", "if", "while", ","].contains(file.code[index - 4].text)
    }

    /// `UInt64(bytes.count)`: no count is below zero, and none is wider.
    private static func isCount(_ file: SwiftFile, _ index: Int, _ end: Int) -> Bool {
        guard ["UInt64", "UInt"].contains(file.code[index].text), file.holds([".", "count"], at: end - 2) else {
            return false
        }
        return file.code[(index + 2)..<(end - 2)].allSatisfy { $0.kind == .word || $0.text == "." }
    }

    /// `Int(x)`, and `Int.init` handed to somebody; not `Int(5)`, `Int(exactly: x)`, `Int(text, radix: 8)` or a type.
    private static func narrows(_ file: SwiftFile, _ index: Int) -> Bool {
        if file.isMark(".", at: index - 1) || file.holds(["func"], at: index - 1) { return false }
        if file.holds([".", "init"], at: index + 1) {
            return !file.isMark("(", at: index + 3) && !file.holds(["flatMap", "("], at: index - 2)
        }
        guard file.isMark("(", at: index + 1), !file.code[index + 1].isSpaced, let end = file.partner(of: index + 1)
        else {
            return false
        }
        let inside = index + 2
        if inside >= end || (isNumber(file, inside) && end == inside + 1) { return false }
        if file.isMark(":", at: inside + 1), safeLabels.contains(file.code[inside].text) { return false }
        if isUnwrapped(file, index, end) || isCount(file, index, end) { return false }
        return !(inside..<end).contains { file.holds(["radix", ":"], at: $0) }
    }
}
