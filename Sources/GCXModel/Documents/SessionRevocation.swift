/// "Let nobody in with this session any more." Signed by `account`, and good for one machine.
///
/// It takes rights away and gives none, and nothing takes it back: shown again it changes nothing.
package struct SessionRevocation: Codable, Equatable, Hashable, Sendable {
    /// Whose sessions they are.
    package var account: Address
    /// The machine that is to refuse them.
    package var audience: Address
    /// The id of one session, which is the digest that was signed; zero for all that were issued until `at`.
    package var session: Digest
    /// Unix seconds.
    package var at: UInt64

    package init(account: Address, audience: Address, session: Digest = .zero, at: UInt64) {
        self.account = account
        self.audience = audience
        self.session = session
        self.at = at
    }

    /// Whether it means all sessions that were issued until its time, that second among them.
    package var isOfAll: Bool { session == .zero }
}
