/// The owner lets a machine's key sign offers and receipts in the owner's name, until it expires or is withdrawn.
///
/// Signed by `owner`.
package struct MachineGrant: Codable, Equatable, Hashable, Sendable {
    /// Who is paid; this key stays off the machine.
    package var owner: Address
    /// The machine's key.
    package var machine: Address
    /// The owner's name for the machine.
    package var label: Untrusted
    /// Unix seconds.
    package var issuedAt: UInt64
    /// Unix seconds; the grant is void from then on.
    package var expiresAt: UInt64
    /// Random, so that two grants never share a digest.
    package var nonce: Digest

    package init(
        owner: Address, machine: Address, label: Untrusted, issuedAt: UInt64, expiresAt: UInt64, nonce: Digest
    ) {
        self.owner = owner
        self.machine = machine
        self.label = label
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.nonce = nonce
    }
}
