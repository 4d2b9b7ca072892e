/// Hexadecimal text, lower case, with and without the `0x`.
package enum Hex {
    /// The bytes as `0x…`.
    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        "0x" + encodeBare(bytes)
    }

    /// The bytes without a prefix.
    package static func encodeBare(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            // bounded here: four bits are one of sixteen digits
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of an even number of digits in either case, with or without `0x`; nil for anything else.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var characters = Array(text.utf8)
        if characters.starts(with: Array("0x".utf8)) { characters.removeFirst(2) }
        guard characters.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        var rest = characters[...]
        while let first = rest.popFirst(), let second = rest.popFirst() {
            guard let high = nibble(first), let low = nibble(second) else { return nil }
            bytes.append(high &<< 4 | low)
        }
        return bytes
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private static func nibble(_ character: UInt8) -> UInt8? {
        // bounded here: each digit lies in the range of its case
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
