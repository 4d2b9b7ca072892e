/// What a machine signs about a job's output: an event of a receipt, in words that its buyer can hold a file against.
package struct OutputStatement: Equatable, Sendable {
    /// SHA-256 of the archive, 64 lower-case hexadecimal digits.
    package let digest: String
    /// Bytes of the archive.
    package let bytes: UInt64

    /// Nil unless the digest is 64 lower-case hexadecimal digits.
    package init?(digest: String, bytes: UInt64) {
        guard digest.utf8.count == 64, digest.utf8.allSatisfy(Self.digits.contains) else { return nil }
        self.digest = digest
        self.bytes = bytes
    }

    /// Nil for an event that is about something else.
    package init?(event: Untrusted) {
        let words = event.raw(for: .reading).split(separator: " ", omittingEmptySubsequences: false)
        // bounded here: five words, counted first
        guard words.count == 5, words[0] == "output", words[1].hasPrefix("sha256:"), words[2] == "of",
            words[4] == "bytes", let bytes = UInt64(words[3]), "\(bytes)" == words[3]
        else { return nil }
        self.init(digest: String(words[1].dropFirst("sha256:".count)), bytes: bytes)
    }

    package var event: String { "output sha256:\(digest) of \(bytes) bytes" }

    private static let digits = Set("0123456789abcdef".utf8)
}
