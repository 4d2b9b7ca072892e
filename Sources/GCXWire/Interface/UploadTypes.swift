import GCXModel

/// What an upload is to be in the end, and where in it a call's bytes begin.
package struct UploadPart: Equatable, Sendable {
    /// SHA-256 of all of it, 64 lower-case hexadecimal digits.
    package let digest: String
    /// Bytes before those of this call.
    package let from: UInt64

    /// Nil for what is no digest.
    package init?(digest: String, from: UInt64 = 0) {
        guard OutputStatement(digest: digest, bytes: from) != nil else { return nil }
        (self.digest, self.from) = (digest, from)
    }

    /// As in the address of a call.
    package var query: String { from > 0 ? "digest=\(digest)&from=\(from)" : "digest=\(digest)" }
}

/// How many bytes of an upload have come.
package struct UploadAnswer: Codable, Equatable, Sendable {
    package var bytes: UInt64

    package init(bytes: UInt64) { self.bytes = bytes }
}
