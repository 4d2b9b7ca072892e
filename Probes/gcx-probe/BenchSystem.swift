import FoundationEssentials
import Glibc

/// Text files of the kernel, and the small grammars they share.
enum BenchSystem {
    /// Nil when the file is not there or not readable: an absent source is a normal answer.
    static func text(_ path: String) -> String? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return String(decoding: data, as: UTF8.self)
    }

    /// The numbers of a kernel list such as `0-3,8`; empty when it is none.
    static func cpuList(_ text: String) -> [Int] {
        text.split(separator: "\n").first.map(String.init)?.split(separator: ",").flatMap { part -> [Int] in
            let ends = part.split(separator: "-").compactMap { Int($0.filter { !$0.isWhitespace }) }
            guard let first = ends.first, let last = ends.last, first <= last, last < 1 << 20 else { return [] }
            return Array(first...last)
        } ?? []
    }

    /// The value of `key` in lines of the form `key value` or `key: value unit`.
    static func number(of key: String, in text: String) -> UInt64? {
        for line in text.split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard words.count >= 2, words[0] == key || words[0] == key + ":" else { continue }
            return UInt64(words[1])
        }
        return nil
    }
}
