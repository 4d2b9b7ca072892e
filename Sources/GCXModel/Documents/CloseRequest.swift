/// Asks to close a lease. From the payee it closes at once; from the payer it opens the close window.
package struct CloseRequest: Codable, Equatable, Hashable, Sendable {
    /// The lease.
    package var channel: LeaseID
    /// The payer, the payee or the machine; who signs.
    package var requester: Address
    /// Unix seconds.
    package var requestedAt: UInt64

    package init(channel: LeaseID, requester: Address, requestedAt: UInt64) {
        self.channel = channel
        self.requester = requester
        self.requestedAt = requestedAt
    }
}
