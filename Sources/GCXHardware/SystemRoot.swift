import Glibc

/// The folder under which `/sys`, `/proc` and `/etc` are read: the live machine's root, or an export of another one.
///
/// Every read is bounded and answers nil for what is not there: on some machine every file is missing.
package struct SystemRoot: Sendable {
    /// Without a slash at the end; empty for the live machine.
    package let path: String

    package static let live = SystemRoot(path: "")

    package init(path: String) {
        self.path = path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    package var isLive: Bool { path.isEmpty }

    /// The whole text, or nil when the file is missing, unreadable or above ``HardwareLimits/systemFileBytesMax``.
    package func text(_ relative: String) -> String? {
        let descriptor = unsafe open(absolute(relative), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return bytes(of: descriptor).map { String(decoding: $0, as: UTF8.self) }
    }

    private func bytes(of descriptor: Int32) -> [UInt8]? {
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while all.count <= HardwareLimits.systemFileBytesMax {
            let count = unsafe read(descriptor, &chunk, chunk.count)
            if count == 0 { return all }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return nil }
            all.append(contentsOf: chunk.prefix(count))
        }
        return nil
    }

    /// The text without the white space around it; nil when nothing is left.
    package func word(_ relative: String) -> String? {
        text(relative).map(trimmed).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A decimal integer.
    package func integer(_ relative: String) -> Int? {
        word(relative).flatMap { Int($0) }
    }

    /// Names in a folder, sorted; empty when it is not there.
    package func names(in relative: String) -> [String] {
        guard let folder = unsafe opendir(absolute(relative)) else { return [] }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The last part of what a symbolic link points at: sysfs names drivers and groups this way.
    package func linkName(_ relative: String) -> String? {
        linkTarget(relative)?.split(separator: "/").last.map(String.init)
    }

    package func linkTarget(_ relative: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))  // bounded: a constant of the kernel, 4,096
        let count = unsafe readlink(absolute(relative), &buffer, buffer.count)
        guard count > 0 else { return nil }
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    package func exists(_ relative: String) -> Bool {
        unsafe access(absolute(relative), F_OK) == 0
    }

    package func absolute(_ relative: String) -> String {
        path + (relative.hasPrefix("/") ? relative : "/" + relative)  // bounded: joins texts
    }
}

/// Without white space and line ends at both ends.
func trimmed(_ text: some StringProtocol) -> String {
    let start = text.drop { $0.isWhitespace }
    guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...last])  // bounded: up to a place that was found in the text
}

/// `name: value` lines, as `/proc/meminfo` and `/proc/self/status` hold them; the first of equal names wins.
func fields(of text: some StringProtocol) -> [String: String] {
    var fields: [String: String] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { continue }
        // bounded here: two parts, counted first; a dictionary
        let name = trimmed(parts[0])
        if fields[name] == nil { fields[name] = trimmed(parts[1]) }
    }
    return fields
}
