/// Ranges that end the process when their end lies before their begin.
extension Strangers {
    /// `a..<b` and `a...b`, where neither constants nor 0 and a count tell which one is the larger.
    static func isOpenRange(_ file: SwiftFile, _ index: Int) -> Bool {
        let isRange = file.holds([".", ".", "<"], at: index) || file.holds([".", ".", "."], at: index)
        guard isRange, !file.isMark(".", at: index - 1), isValueBefore(file, index), let right = right(file, index)
        else {
            return false
        }
        let isFromConstant = isConstantBefore(file, index)
        if isFromConstant, isConstantAfter(file, right) { return false }
        return !(isFromConstant && file.code[index - 1].text == "0" && isCount(file, right))
    }

    /// Where the end of a range begins; nil for one without an end.
    private static func right(_ file: SwiftFile, _ index: Int) -> Int? {
        let right = index + 3
        guard file.code.indices.contains(right) else { return nil }
        return file.code[right].kind == .mark && ")],{}:".contains(file.code[right].text) ? nil : right
    }

    private static func isValueBefore(_ file: SwiftFile, _ index: Int) -> Bool {
        guard index > 0 else { return false }
        let before = file.code[index - 1]
        return before.kind == .literal || (before.kind == .word && !keywords.contains(before.text))
            || [")", "]", "}", "?", "!"].contains(before.text)
    }

    /// A number, a text, `Limits.most` or `.min` that stands alone before the dots.
    private static func isConstantBefore(_ file: SwiftFile, _ index: Int) -> Bool {
        guard file.code[index - 1].kind != .literal else { return true }
        if let start = constantStart(file, index - 1) {
            return start == 0 || file.code[start - 1].kind != .mark || !"+-*/%<&|".contains(file.code[start - 1].text)
        }
        return file.isMark(".", at: index - 2) && index > 2 && "(,:=".contains(file.code[index - 3].text)
    }

    /// A number, a text, `Limits.most`, `.max` or `1 << 20` after them.
    private static func isConstantAfter(_ file: SwiftFile, _ right: Int) -> Bool {
        guard file.code[right].kind != .literal else { return true }
        if file.isMark(".", at: right) { return true }
        guard let end = constantEnd(file, right) else { return false }
        guard file.code.indices.contains(end + 1), file.code[end + 1].kind == .mark else { return true }
        return file.holds(["<", "<"], at: end + 1)
            ? constantEnd(file, end + 3) != nil : !"+-*/%&|".contains(file.code[end + 1].text)
    }

    /// `bytes.count`, and nothing done with it.
    private static func isCount(_ file: SwiftFile, _ right: Int) -> Bool {
        let end = file.code[right...].firstIndex { $0.kind != .word && $0.text != "." } ?? file.code.endIndex
        return file.holds([".", "count"], at: end - 2)
            && !(end < file.code.endIndex && "+-*/%([".contains(file.code[end].text) && !file.code[end].isSpaced)
            && !(end < file.code.endIndex && "+-*/%".contains(file.code[end].text))
    }
}
