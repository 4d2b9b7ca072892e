/// The header block of one entry of a tar archive, with the longer names and sizes that may precede it.
///
/// Source: POSIX.1-2017 pax; GNU tar manual, "Basic Tar Format" and "Storing Sparse Files".
struct TarHeader {
    static let blockBytes = 512

    var name: String
    var linkName: String
    var type: UInt8
    /// Bytes of content that follow in the archive.
    var storedBytes: UInt64
    /// Bytes of the file once unpacked; more than stored when it is sparse.
    var realBytes: UInt64
    /// True when another block of a sparse map follows.
    var isExtended: Bool

    /// Nil for a block that is not a header: the checksum is wrong or a number is none.
    init?(_ block: ArraySlice<UInt8>) {
        let bytes = Array(block)
        guard bytes.count == Self.blockBytes, Self.hasRightChecksum(bytes),
            let size = Self.number(bytes[124..<136])
        else { return nil }
        type = bytes[156] == 0 ? UInt8(ascii: "0") : bytes[156]
        linkName = Self.text(bytes[157..<257])
        let isGNU = Array(bytes[257..<265]) == Array("ustar  \0".utf8)
        let prefix = isGNU ? "" : Self.text(bytes[345..<500])
        name = prefix.isEmpty ? Self.text(bytes[0..<100]) : prefix + "/" + Self.text(bytes[0..<100])
        storedBytes = size
        realBytes = size
        isExtended = false
        if type == UInt8(ascii: "S") {
            guard let real = Self.number(bytes[483..<495]) else { return nil }
            realBytes = real
            isExtended = bytes[482] != 0
        }
    }

    /// Blocks of content after the header.
    var contentBlocks: UInt64 { storedBytes / 512 + (storedBytes % 512 == 0 ? 0 : 1) }

    static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// Octal digits, or a big-endian number when the first bit is set.
    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64? {
        guard let first = bytes.first else { return nil }
        if first & 0x80 != 0 {
            let significant = bytes.dropFirst()
            guard first == 0x80, significant.dropLast(8).allSatisfy({ $0 == 0 }) else { return nil }
            let value = significant.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return value < 1 << 62 ? value : nil
        }
        let digits = bytes.filter { $0 != 0 && $0 != UInt8(ascii: " ") }
        return digits.isEmpty ? 0 : UInt64(String(decoding: digits, as: UTF8.self), radix: 8)
    }

    private static func hasRightChecksum(_ bytes: [UInt8]) -> Bool {
        let sum = bytes.enumerated().reduce(UInt64(0)) { total, item in
            total + ((148..<156).contains(item.offset) ? 32 : UInt64(item.element))
        }
        return number(bytes[148..<156]) == sum
    }
}
