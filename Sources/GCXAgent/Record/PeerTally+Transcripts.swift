package import GCXBenchmark
package import GCXModel
import GCXSigning

extension PeerTally {
    /// What the serving end of a session saw, one transcript for each direction that was used.
    ///
    /// - Parameters:
    ///   - challenger: whose key will sign.
    ///   - now: Unix seconds.
    /// - Returns: nothing when nonce or client are no numbers of their length.
    package func transcripts(by challenger: Address, at now: UInt64) -> [ChallengeTranscript] {
        guard let nonce = Digest(nonce), let client = Address(client) else { return [] }
        return [(Benchmark.peerUp, up), (Benchmark.peerDown, down)].compactMap { benchmark, transfers in
            guard let rate = Self.rate(transfers) else { return nil }
            return ChallengeTranscript(
                machine: client, challenger: challenger, nonce: nonce, kind: Untrusted(benchmark.name),
                commitment: .zero,
                response: .zero, issuedAt: now,
                elapsedNanoseconds: transfers.reduce(0) { $0 &+ $1.nanoseconds },
                result: Fact(
                    name: Untrusted(benchmark.name), value: rate, unit: Untrusted(benchmark.unit.rawValue),
                    level: .challenged,
                    measuredAt: now),
                passed: true)
        }
    }
}
