/// One entry of an archive, as no tool would write it.
package struct TarEntry: Sendable {
    package var name: [UInt8]
    /// `0` a file, `1` a hard link, `2` a symbolic link, `3` and `4` devices, `5` a directory, `6` a FIFO.
    package var kind: Character
    package var target: String
    package var mode: String
    package var content: [UInt8]
    package var device: (UInt8, UInt8)
    /// Stands where the size stands, in place of the content's own.
    package var sizeField: [UInt8]?

    package init(
        _ name: String, kind: Character = "0", target: String = "", mode: String = "0000644", content: [UInt8] = [],
        device: (UInt8, UInt8) = (0, 0), sizeField: [UInt8]? = nil
    ) {
        self.name = Array(name.utf8)
        (self.kind, self.target, self.mode) = (kind, target, mode)
        (self.content, self.device, self.sizeField) = (content, device, sizeField)
    }

    package static func file(_ name: String, _ text: String, mode: String = "0000644") -> TarEntry {
        TarEntry(name, mode: mode, content: Array(text.utf8))
    }

    package static func folder(_ name: String) -> TarEntry { TarEntry(name, kind: "5", mode: "0000755") }

    package static func link(_ name: String, to target: String) -> TarEntry {
        TarEntry(name, kind: "2", target: target)
    }

    /// Words about the entry after this one, or with `g` about all that follow.
    ///
    /// Source: POSIX.1-2001, pax, "pax Extended Header".
    package static func pax(_ records: [(String, String)], kind: Character = "x") -> TarEntry {
        TarEntry("pax", kind: kind, content: records.flatMap { Self.record($0.0, $0.1) })
    }

    /// `LENGTH KEY=VALUE\n`, where the length counts its own digits.
    private static func record(_ key: String, _ value: String) -> [UInt8] {
        let rest = " \(key)=\(value)\n".utf8.count
        var length = rest + 1
        while "\(length)".utf8.count + rest != length { length += 1 }
        return Array("\(length) \(key)=\(value)\n".utf8)
    }

    /// Source: POSIX.1-2001, pax, "ustar Interchange Format".
    package var bytes: [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: some Sequence<UInt8>, _ offset: Int, most: Int) {
            for (index, byte) in text.enumerated() where index < most { header[offset + index] = byte }
        }
        func octal(_ number: Int, _ width: Int) -> [UInt8] {
            let digits = String(number, radix: 8)
            return Array((String(repeating: "0", count: max(0, width - digits.count)) + digits).utf8)
        }
        put(name, 0, most: 100)
        put(mode.utf8, 100, most: 8)
        put("0000000".utf8, 108, most: 8)
        put("0000000".utf8, 116, most: 8)
        put(sizeField ?? octal(content.count, 11), 124, most: 12)
        put("00000000000".utf8, 136, most: 12)
        put("        ".utf8, 148, most: 8)
        put(String(kind).utf8, 156, most: 1)
        put(target.utf8, 157, most: 100)
        put("ustar".utf8, 257, most: 6)
        put("00".utf8, 263, most: 2)
        put(octal(Int(device.0), 7), 329, most: 8)
        put(octal(Int(device.1), 7), 337, most: 8)
        put(octal(header.reduce(0) { $0 + Int($1) }, 6) + Array("\0 ".utf8), 148, most: 8)
        return header + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    package static func archive(_ entries: [TarEntry]) -> [UInt8] {
        entries.flatMap(\.bytes) + [UInt8](repeating: 0, count: 1024)
    }
}
