/// Lets whoever holds a key speak to one agent in an account's name, for a while. Signed by `account`.
package struct ApiSession: Codable, Equatable, Hashable, Sendable {
    /// In whose name.
    package var account: Address
    /// The key let in. Behind TLS the one that the client proves to hold in its handshake: the last 20 bytes of SHA-256 of its
    /// SubjectPublicKeyInfo. Where there is no TLS, the account itself.
    package var session: Address
    /// The machine spoken to.
    package var audience: Address
    /// Unix seconds.
    package var issuedAt: UInt64
    /// Unix seconds.
    package var expiresAt: UInt64

    package init(account: Address, session: Address, audience: Address, issuedAt: UInt64, expiresAt: UInt64) {
        self.account = account
        self.session = session
        self.audience = audience
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
    }
}
