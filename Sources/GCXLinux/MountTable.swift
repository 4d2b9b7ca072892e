/// One line of the table of mounts.
package struct MountEntry: Equatable, Sendable {
    package var root: String
    package var point: String
    package var type: String
    package var superOptions: [String]
    /// `254:0`, as sysfs writes a device's number.
    package var device: String
    /// The number of this mount, and of the one that it is mounted on; -1 where it is no number.
    package var id: Int
    package var parent: Int
    /// What was named to be mounted: `/dev/sda1`, or any word.
    package var source: String
}

/// The table of mounts as this process sees it.
package enum MountTable {
    package static let path = "/proc/self/mountinfo"

    package static func read() throws(LinuxError) -> [MountEntry] { parse(try Files.text(path)) }

    /// The entries of a mountinfo text; lines that do not read as such are left out.
    ///
    /// Source: proc_pid_mountinfo(5).
    package static func parse(_ text: String) -> [MountEntry] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let fields = line.split(separator: " ", omittingEmptySubsequences: false)
            // bounded here: there are ten fields or more, and three after the hyphen
            // Optional fields stand between the sixth field and a lone hyphen.
            guard fields.count >= 10, let hyphen = fields[6...].firstIndex(of: "-"), hyphen + 3 < fields.count else {
                return nil
            }
            return MountEntry(
                root: unescape(fields[3]), point: unescape(fields[4]), type: String(fields[hyphen + 1]),
                superOptions: fields[hyphen + 3].split(separator: ",").map(unescape), device: String(fields[2]),
                id: Int(fields[0], radix: 10) ?? -1, parent: Int(fields[1], radix: 10) ?? -1,
                source: unescape(fields[hyphen + 2]))
        }
    }

    /// Blank, tab, newline, backslash and, in an option, comma are written as a backslash and three octal digits.
    private static func unescape(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Substring(text).utf8
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3, let value = UInt8(String(Substring(digits)), radix: 8) {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
