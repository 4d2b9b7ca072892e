/// One side's word about the other, once, on a settled lease. Signed by `rater`.
package struct Rating: Codable, Equatable, Hashable, Sendable {
    /// The settled lease.
    package var lease: LeaseID
    /// Its payer or its payee.
    package var rater: Address
    /// The other one.
    package var ratee: Address
    /// 1 to 5.
    package var stars: UInt8
    /// For people; at most `Limits.ratingCommentBytesMax` bytes.
    package var comment: Untrusted
    /// Unix seconds.
    package var ratedAt: UInt64

    package init(lease: LeaseID, rater: Address, ratee: Address, stars: UInt8, comment: Untrusted, ratedAt: UInt64) {
        self.lease = lease
        self.rater = rater
        self.ratee = ratee
        self.stars = stars
        self.comment = comment
        self.ratedAt = ratedAt
    }
}
