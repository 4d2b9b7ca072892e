/// "I am here and sell what this offer says", or "I am leaving". Signed by the machine, every few minutes.
///
/// It is no entry of the journal: a ledger keeps the newest of each offer in memory, and lists no offer whose machine is gone.
package struct SignOfLife: Codable, Equatable, Hashable, Sendable {
    package var machine: Address
    /// Digest of the offer.
    package var offer: Digest
    /// Unix seconds of the machine's clock; each sign is later than the one before.
    package var at: UInt64
    /// The machine stops in order: until its next sign the offer is not listed.
    package var isLeaving: Bool

    package init(machine: Address, offer: Digest, at: UInt64, isLeaving: Bool) {
        self.machine = machine
        self.offer = offer
        self.at = at
        self.isLeaving = isLeaving
    }
}
