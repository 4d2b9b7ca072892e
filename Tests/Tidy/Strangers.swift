/// Files that read what strangers send, and the arithmetic that is refused in them.
///
/// Swift ends the process where a sum does not fit, an index lies outside, a nil is forced or a number does not go into a
/// narrower type, and the process here is the agent, the ledger or the buyer's client. So none of these stands there bare:
/// either it is written so that it answers (`addingReportingOverflow`, `UInt32(exactly:)`, `first`, `guard let`), or the line
/// says why it cannot happen:
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

    /// What they are, and what each reads. A path that ends in `/` is a folder.
    static let files: [String: String] = [
        "Sources/GCXMarket/Matching.swift": "offers and demands of anybody",
        "Sources/GCXMarket/MoneyBack.swift": "leases of anybody",
        "Sources/GCXMarket/Reputation.swift": "leases and ratings of anybody",
        "Sources/GCXMarket/TermsBuilder.swift": "offers of anybody",
        "Sources/GCXMarket/Trade.swift": "leases of anybody",
        "Sources/GCXMetering/ReceiptCheck.swift": "receipts of a machine",
        "Sources/GCXModel/Amount.swift": "amounts of every document",
        "Sources/GCXModel/FixedBytes.swift": "addresses, digests and signatures of every document",
        "Sources/GCXModel/Hex.swift": "hexadecimal text of every document",
        "Sources/GCXModel/IPv4.swift": "addresses of a job's network",
        "Probes/gcx-probe/HwlocTopology+Devices.swift": "exports of other machines, through hwloc",
        "Probes/gcx-probe/HwlocTopology+Shape.swift": "exports of other machines, through hwloc",
        "Probes/gcx-probe/HwlocTopology.swift": "exports of other machines, through hwloc",
        "Sources/GCXBenchmark/PeerSession.swift": "what the other end of a measured network says",
        "Sources/GCXLedger/EntryKey.swift": "keys of entries",
        "Sources/GCXLedger/Merkle/Merkle.swift": "proofs of a ledger",
        "Sources/GCXLedger/Merkle/MerkleFrontier.swift": "proofs of a ledger",
        "Sources/GCXLedger/Merkle/MerkleProofs.swift": "proofs of a ledger",
        "Sources/GCXLedger/State/": "documents of anybody",
        "Sources/GCXLinux/CgroupText.swift": "tables of the kernel about a job",
        "Sources/GCXLinux/MountTable.swift": "the table of mounts, in which jobs choose names",
        "Sources/GCXLinux/NetworkTables.swift": "tables of the kernel about a job's network",
        "Sources/GCXModel/ImageRule.swift": "images that a buyer names",
        "Sources/GCXModel/InventoryPUSet.swift": "lists of processors in probe JSON and cgroup text",
        "Sources/GCXModel/JSON/": "all JSON that comes from outside",
        "Sources/GCXModel/RFC3339.swift": "dates of OCI documents",
        "Sources/GCXModel/RegistryReference.swift": "the image that a buyer names",
        "Sources/GCXSigning/Keystore/Keystore.swift": "keystore files",
        "Sources/GCXSigning/Keystore/KeystoreKDF.swift": "keystore files",
        "Sources/GCXSigning/Signature+Recover.swift": "signatures of anybody",
    ]

    /// Types into which a number may not fit. Nothing is wider than the 128-bit ones, so those are left out.
    static let narrow: Set<String> = [
        "Int", "Int8", "Int16", "Int32", "Int64", "UInt", "UInt8", "UInt16", "UInt32", "UInt64", "pid_t", "uid_t",
        "gid_t",
        "off_t", "mode_t", "size_t",
    ]
    /// Labels by which a conversion answers instead of ending the process.
    static let safeLabels: Set<String> = [
        "exactly", "clamping", "truncatingIfNeeded", "bitPattern", "ascii", "littleEndian", "bigEndian",
    ]
    /// Words before which `[` begins a list and `-` a number.
    private static let keywords: Set<String> = [
        "in", "return", "case", "as", "is", "try", "await", "throw", "else", "where", "let", "var", "if", "guard",
        "while",
        "for", "switch", "inout", "some", "any", "throws", "rethrows", "func", "import", "default", "yield", "consume",
    ]

    static func violations(_ files: [SwiftFile], _ table: [String: String] = files) -> [Violation] {
        files.flatMap { file -> [Violation] in
            let row = table.first { file.path == $0.key || ($0.key.hasSuffix("/") && file.path.hasPrefix($0.key)) }
            guard let row else { return [] }
            return findings(in: file).map { finding in
                Violation(
                    path: file.path, line: finding.line, finding: finding.what,
                    reason: "this file reads \(row.value), and that ends the process when it goes wrong",
                    remedy:
                        "\(finding.remedy), or say why it cannot, after `\(mark)` on this line or alone on the one above"
                )
            }
        }
    }

    /// Rows of the table that name nothing: a file that was moved is looked at no more.
    static func stale(_ files: [SwiftFile], _ table: [String: String] = files) -> [String] {
        table.keys.filter { key in
            !files.contains { $0.path == key || (key.hasSuffix("/") && $0.path.hasPrefix(key)) }
        }.sorted()
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
            guard token.kind == .word, narrow.contains(token.text), narrows(file, index) else { return nil }
            return found(
                "`\(token.text)(…)` of what may not fit", "use `exactly:` or `clamping:`, and `radix: 10` for text")
        }
        switch token.text {
        case "+", "-", "*":
            guard isArithmetic(file, index) else { return nil }
            return found("unchecked `\(token.text)`", "use `\(reporting[token.text] ?? "")ReportingOverflow`")
        case "<" where file.isMark("<", at: index + 1) && !file.code[index + 1].isSpaced && !follows("&", file, index):
            return found("unchecked `<<`", "use `multipliedReportingOverflow`, or `&<<` where bits may fall off")
        case "/", "%":
            let divisor = index + (file.isMark("=", at: index + 1) ? 2 : 1)
            guard isInfix(file, index), !isNumber(file, divisor), !isConstant(file, divisor) else { return nil }
            return found("`\(token.text)` by what may be zero", "check the divisor")
        case "[" where isSubscript(file, index):
            return found("a subscript", "use `first`, `prefix`, an iterator, or check")
        case "!" where isForced(file, index): return found("a forced `!`", "use `guard let`")
        default: return nil
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
        let isText = [index - 1, right].contains { file.code.indices.contains($0) && file.code[$0].kind == .literal }
        return !(file.code[index].text == "+" && isText)
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

    /// `Int(x)`, and `Int.init` handed to somebody; not `Int(5)`, `Int(exactly: x)`, `Int(text, radix: 8)` or a type.
    private static func narrows(_ file: SwiftFile, _ index: Int) -> Bool {
        if file.isMark(".", at: index - 1) || file.holds(["func"], at: index - 1) { return false }
        if file.holds([".", "init"], at: index + 1) { return !file.isMark("(", at: index + 3) }
        guard file.isMark("(", at: index + 1), !file.code[index + 1].isSpaced, let end = file.partner(of: index + 1)
        else {
            return false
        }
        let inside = index + 2
        if inside >= end || (isNumber(file, inside) && end == inside + 1) { return false }
        if file.isMark(":", at: inside + 1), safeLabels.contains(file.code[inside].text) { return false }
        return !(inside..<end).contains { file.holds(["radix", ":"], at: $0) }
    }
}
