/// Sizes as people write them: `1048576`, `512M`, `1Gi`, `1.5 GiB`, `1GB`.
package enum SizeText {
    /// Bytes, a part of one cut off; nil for what is no size or too large.
    ///
    /// `K`, `M`, `G`, `T` and `P` are powers of 1,024, with `i` and `iB` as without; `KB`, `MB` and so on are powers of 1,000, as
    /// GNU's coreutils and the IEC have it. Large and small letters are one.
    package static func bytes(_ text: String) -> UInt64? {
        // Of other scripts some letters are these ones in capitals, or look like them.
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let letters = text.uppercased()
        let number = letters.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let word = String(letters.dropFirst(number.count).drop { $0 == " " })
        guard let unit = unit(word) else { return nil }
        let parts = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let whole = UInt64(first) else { return nil }
        let (bytes, isOver) = whole.multipliedReportingOverflow(by: unit)
        guard let last = parts.dropFirst().first else { return isOver ? nil : bytes }
        guard !isOver, (1...9).contains(last.count), let fraction = UInt64(last) else { return nil }
        let divisor = (0..<last.count).reduce(UInt128(1)) { power, _ in power * 10 }  // bounded: nine digits at most
        let (sum, isTooLarge) = bytes.addingReportingOverflow(
            UInt64(clamping: UInt128(fraction) * UInt128(unit) / divisor))  // bounded: below the unit, in 128 bits
        return isTooLarge ? nil : sum
    }

    private static func unit(_ word: String) -> UInt64? {
        if word.isEmpty || word == "B" { return 1 }
        let power = word.first.flatMap { "KMGTP".firstIndex(of: $0) }
        guard let power else { return nil }
        let exponent = "KMGTP".distance(from: "KMGTP".startIndex, to: power) + 1  // bounded: a place among five
        let base: UInt64
        switch word.dropFirst() {
        case "", "I", "IB": base = 1_024
        case "B": base = 1_000
        default: return nil
        }
        return (0..<exponent).reduce(UInt64(1)) { product, _ in product * base }  // bounded: 1,024 to the fifth
    }
}
