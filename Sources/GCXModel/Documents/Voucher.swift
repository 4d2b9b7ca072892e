/// The buyer's order to pay everything up to `cumulative` out of the escrow. Signed by the lease's session key.
///
/// All or nothing: a voucher is never paid in part.
package struct Voucher: Codable, Equatable, Hashable, Sendable {
    /// The lease.
    package var channel: LeaseID
    /// Total paid once this is claimed.
    package var cumulative: Amount
    /// Digest of the receipt it answers.
    package var receipt: Digest

    package init(channel: LeaseID, cumulative: Amount, receipt: Digest) {
        self.channel = channel
        self.cumulative = cumulative
        self.receipt = receipt
    }
}
