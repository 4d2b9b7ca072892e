/// Which TLS key answers for a machine or a ledger, and where. Signed by `subject`: the machine's key, or the ledger's operator.
///
/// It belongs to no ledger: who connects for the first time knows nothing but that address.
package struct EndpointBinding: Codable, Equatable, Hashable, Sendable {
    /// Who answers.
    package var subject: Address
    /// SHA-256 of the SubjectPublicKeyInfo (DER) in the server's certificate.
    package var publicKey: Digest
    /// Where this key answers: `https://HOST:PORT`. A stranger's word.
    package var endpoints: [Untrusted]
    /// Relays that pass bytes to it, in the same form. A stranger's word.
    package var relays: [Untrusted]
    /// Unix seconds.
    package var notBefore: UInt64
    /// Unix seconds; the binding is void after it. At most ``Limits/bindingSecondsMax`` after `notBefore`.
    package var notAfter: UInt64
    /// Each binding of a subject has a larger one, so that an older one is known as such.
    package var sequence: UInt64

    package init(
        subject: Address, publicKey: Digest, endpoints: [Untrusted], relays: [Untrusted], notBefore: UInt64,
        notAfter: UInt64, sequence: UInt64
    ) {
        self.subject = subject
        self.publicKey = publicKey
        self.endpoints = endpoints
        self.relays = relays
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.sequence = sequence
    }

    /// One that begins a little before `now` and lasts as long as it may.
    ///
    /// Its sequence is the time, so that a server needs to store nothing to count on; when it makes two within a second, or its
    /// clock was set back, the number after the last.
    ///
    /// - Parameters:
    ///   - now: Unix seconds.
    ///   - last: the sequence of the binding before it; 0 for the first.
    package init(
        subject: Address, publicKey: Digest, endpoints: [Untrusted], relays: [Untrusted], at now: UInt64,
        after last: UInt64
    ) {
        let begin = now > Limits.bindingBackdatedSeconds ? now &- Limits.bindingBackdatedSeconds : 0
        self.init(
            subject: subject, publicKey: publicKey, endpoints: endpoints, relays: relays, notBefore: begin,
            notAfter: begin.saturatingSum(Limits.bindingSecondsMax), sequence: max(now, last.saturatingSum(1)))
    }
}
