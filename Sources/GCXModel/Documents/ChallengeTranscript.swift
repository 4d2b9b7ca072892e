/// A stranger's challenge and the machine's answer to it. Signed by the challenger.
///
/// It proves that someone did this work by then, not that this machine did.
package struct ChallengeTranscript: Codable, Equatable, Hashable, Sendable {
    /// Who answered.
    package var machine: Address
    /// Who asked, and whose clock counts.
    package var challenger: Address
    /// The fresh value sent.
    package var nonce: Digest
    /// Name of the challenge.
    package var kind: Untrusted
    /// What the machine committed to before the check was revealed.
    package var commitment: Digest
    /// Digest of its answer.
    package var response: Digest
    /// Unix seconds.
    package var issuedAt: UInt64
    /// From nonce sent to commitment received, ns, challenger's clock.
    package var elapsedNanoseconds: UInt64
    /// What it shows.
    package var result: Fact
    /// Whether the answer was right and in time.
    package var passed: Bool

    package init(
        machine: Address, challenger: Address, nonce: Digest, kind: Untrusted, commitment: Digest, response: Digest,
        issuedAt: UInt64, elapsedNanoseconds: UInt64, result: Fact, passed: Bool
    ) {
        self.machine = machine
        self.challenger = challenger
        self.nonce = nonce
        self.kind = kind
        self.commitment = commitment
        self.response = response
        self.issuedAt = issuedAt
        self.elapsedNanoseconds = elapsedNanoseconds
        self.result = result
        self.passed = passed
    }
}
