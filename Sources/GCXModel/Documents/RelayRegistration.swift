/// "Whoever asks this relay for my name gets to me over this connection." Signed by the machine, for one connection.
package struct RelayRegistration: Codable, Equatable, Hashable, Sendable {
    /// The relay's own name, as the machine's owner wrote it: a signature for one relay is worth nothing at another.
    package var relay: Untrusted
    package var machine: Address
    /// What the relay drew for this connection.
    package var nonce: Digest
    /// Unix seconds of the machine's clock.
    package var at: UInt64

    package init(relay: Untrusted, machine: Address, nonce: Digest, at: UInt64) {
        self.relay = relay
        self.machine = machine
        self.nonce = nonce
        self.at = at
    }
}
