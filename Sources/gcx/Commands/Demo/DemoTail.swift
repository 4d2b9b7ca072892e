import GCXLinux

/// A file that a program writes, read line by line as it grows.
struct DemoTail {
    private let path: String
    private var seen = 0

    init(_ path: String) { self.path = path }

    /// The lines that are new.
    ///
    /// - Parameter isAll: takes a last one that is not ended, too.
    mutating func lines(isAll: Bool = false) -> [String] {
        let new = ((try? Files.bytes(path)) ?? []).dropFirst(seen)
        let ended = isAll ? new : new.prefix((new.lastIndex(of: UInt8(ascii: "\n")) ?? new.startIndex) - new.startIndex)
        guard !ended.isEmpty else { return [] }
        seen += ended.count
        return String(decoding: ended, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
