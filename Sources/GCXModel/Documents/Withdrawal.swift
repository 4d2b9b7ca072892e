/// Takes back a grant, an offer or a demand for good. Running leases are not touched.
///
/// Signed by whoever signed the subject; an offer may also be withdrawn by its owner.
package struct Withdrawal: Codable, Equatable, Hashable, Sendable {
    /// Digest of the document taken back.
    package var subject: Digest
    /// For people; may be empty.
    package var reason: Untrusted
    /// Unix seconds.
    package var issuedAt: UInt64

    package init(subject: Digest, reason: Untrusted, issuedAt: UInt64) {
        self.subject = subject
        self.reason = reason
        self.issuedAt = issuedAt
    }
}
