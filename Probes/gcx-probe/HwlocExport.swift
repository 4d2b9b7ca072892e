import CHwloc
import Glibc

/// What an hwloc XML export says of itself, before hwloc reads it: of a version that it does not know it says only
/// "Invalid argument".
enum HwlocExport {
    /// The major version of the library that is loaded, which is that of the exports it writes. C: hwloc_get_api_version.
    static let known = Int(clamping: hwloc_get_api_version() >> 16)

    /// The version of an export that is newer than ``known``; nil of any other file.
    static func newerVersion(_ path: String) -> String? {
        guard let file = unsafe fopen(path, "re") else { return nil }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: headBytes)
        let count = unsafe fread(&bytes, 1, headBytes, file)
        let head = String(decoding: bytes.prefix(count), as: UTF8.self)
        guard let version = version(in: head), let major = version.split(separator: ".").first.flatMap({ Int($0) }),
            major > known
        else { return nil }
        return version
    }

    /// `3.0` of `<topology version="3.0">`.
    private static func version(in head: String) -> String? {
        let marks = head.components(after: "<topology version=\"")
        let text = marks?.prefix { $0.isNumber || $0 == "." }
        return text.flatMap { $0.isEmpty ? nil : String($0) }
    }

    /// The root element stands in the first few lines.
    private static let headBytes = 1_024
}

extension String {
    /// What follows the first place where `mark` stands; nil where it does not.
    fileprivate func components(after mark: String) -> Substring? {
        var rest = Substring(self)
        while !rest.isEmpty {
            if rest.hasPrefix(mark) { return rest.dropFirst(mark.count) }
            rest = rest.dropFirst()
        }
        return nil
    }
}
