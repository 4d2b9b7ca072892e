extension FixedWidthInteger {
    /// The number that digits from 0 to 9 spell, and nothing else; Swift's own reading takes a sign before them too.
    ///
    /// Nil where it does not fit, and for no digits. Zeros may stand before it.
    package init?(digits text: some StringProtocol) {
        // bounded: constants
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        self.init(text, radix: 10)
    }
}
