package import GCXModel

/// The name of a job, which is that of its directory, its control group and its container: 1 to 64 lower-case letters, digits and
/// hyphens. Nothing that could be a path is one.
package struct JobName: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// - Throws: ``SandboxError/invalidSpec(field:reason:)`` for what is no name.
    package init(_ text: String) throws(SandboxError) {
        guard Self.isName(text) else {
            throw .invalidSpec(
                field: "id",
                reason: "1 to \(SandboxLimits.jobIDBytesMax) lower-case letters, digits and hyphens are allowed")
        }
        self.text = text
    }

    /// The name of a lease's job: the digits of its id.
    package init(of lease: LeaseID) { text = Hex.encodeBare(lease.bytes) }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= SandboxLimits.jobIDBytesMax && text.utf8.allSatisfy(letters.contains)
    }

    private static let letters = Set("abcdefghijklmnopqrstuvwxyz0123456789-".utf8)

    package var description: String { text }
}

extension JobName: Codable {
    package init(from decoder: any Decoder) throws { try self.init(decoder.singleValueContainer().decode(String.self)) }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
