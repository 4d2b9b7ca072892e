/// Raises a lease's deposit to a new total. Signed by the payer; cumulative, so a replay changes nothing.
package struct TopUp: Codable, Equatable, Hashable, Sendable {
    /// The lease.
    package var channel: LeaseID
    /// The new total deposit.
    package var deposit: Amount

    package init(channel: LeaseID, deposit: Amount) {
        self.channel = channel
        self.deposit = deposit
    }
}
