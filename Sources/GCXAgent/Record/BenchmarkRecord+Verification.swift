import FoundationEssentials
package import GCXBenchmark
package import GCXModel
package import GCXPricing
import GCXSigning

import struct Crypto.SHA256

/// What holds of a record whose every check passed.
package struct VerifiedRecord: Sendable {
    package let attestation: AttestationRecord
    package let report: BenchmarkReport
    package let inventory: Inventory
    /// Computed from the facts here.
    package let rating: ComputeHourRating
    /// What peers signed about the network figures, each with its signer.
    package let witnesses: [ChallengeTranscript]
}

extension BenchmarkRecord {
    /// Checks the signature, the digests, and that every fact follows from the samples by the rules of this release.
    ///
    /// It proves that the holder of the key signed these samples. That the machine gave them is the key holder's word; a
    /// stranger who doubts it challenges the machine.
    ///
    /// - Parameter expected: who must have signed; nil for whoever the record names.
    /// - Complexity: O(n log n) in the samples.
    package func verified(signer expected: Address? = nil) throws(RecordError) -> VerifiedRecord {
        let stated = attestation.document
        try requireSigner(expected ?? stated.machine)
        if let expected, expected != stated.machine {
            throw .signerUnexpected(expected: expected, found: stated.machine)
        }
        try require(report, digest: stated.samples, "report")
        try require(inventory, digest: stated.inventory, "inventory")
        guard stated.referenceTable == ReferenceTable.v1Digest else { throw .tableUnknown(stated.referenceTable) }
        let (report, inventory) = try documents()
        try require("kernels", stated.kernelVersion, Untrusted(report.kernelVersion))
        // bounded: joins lists
        let facts = inventory.claimedFacts(at: stated.measuredAt) + report.facts(measuredAt: stated.measuredAt)
        try require(stated.facts, follow: facts)
        let measurement = Measurement(inventory, at: stated.measuredAt)
        try require(
            "contradictions", stated.contradictions.joined(by: "; "), measurement.contradictions.joined(by: "; "))
        let again = ComputeHourRating(facts, by: .v1)
        guard again == rating else {
            throw .statementDiffers(
                what: "rating", stated: Untrusted(Self.text(rating)), found: Untrusted(Self.text(again)))
        }
        return VerifiedRecord(
            attestation: stated, report: report, inventory: inventory, rating: again,
            witnesses: try witnesses(of: report, for: stated.machine))
    }

    private func requireSigner(_ expected: Address) throws(RecordError) {
        let found: Address
        do { found = try attestation.signer(in: .standalone) } catch {
            throw .signatureInvalid(Untrusted(error.description))
        }
        guard found == expected else { throw .signerUnexpected(expected: expected, found: found) }
    }

    private func require(_ document: String, digest: Digest, _ name: String) throws(RecordError) {
        guard Digest(checkedBytes: Array(SHA256.hash(data: Data(document.utf8)))) == digest else {
            throw .digestDiffers(document: name)
        }
    }

    private func require(_ what: String, _ stated: Untrusted, _ found: Untrusted) throws(RecordError) {
        guard stated == found else { throw .statementDiffers(what: Untrusted(what), stated: stated, found: found) }
    }

    private func require(_ stated: [Fact], follow facts: [Fact]) throws(RecordError) {
        for fact in stated where !facts.contains(fact) {
            let found = facts.first { $0.name == fact.name }
            throw .statementDiffers(
                what: fact.name, stated: "\(fact.value) \(fact.unit)",
                found: found.map { "\($0.value) \($0.unit)" as Untrusted } ?? "no such fact")
        }
        guard stated.count == facts.count else {
            throw .statementDiffers(what: "number of facts", stated: "\(stated.count)", found: "\(facts.count)")
        }
    }

    private func documents() throws(RecordError) -> (BenchmarkReport, Inventory) {
        do {
            return (
                try BenchmarkReport(decoding: Data(report.utf8)),
                try StrictJSON.decode(Inventory.self, from: inventory.utf8)
            )
        } catch { throw .malformed(Untrusted(ForeignError.words(error))) }
    }

    /// The peer's transcripts: signed by whom they name, for this machine and this very run.
    private func witnesses(of report: BenchmarkReport, for machine: Address) throws(RecordError)
        -> [ChallengeTranscript]
    {
        guard let peer = report.peer, let text = peer.witness else { return [] }
        let signed: [Signed<ChallengeTranscript>]
        do { signed = try StrictJSON.decode([Signed<ChallengeTranscript>].self, from: text.utf8) } catch {
            throw .malformed("the peer's witness: \(error.description)")
        }
        for transcript in signed {
            let found: Address
            do { found = try transcript.signer(in: .standalone) } catch {
                throw .signatureInvalid(Untrusted(error.description))
            }
            let document = transcript.document
            guard found == document.challenger else {
                throw .signerUnexpected(expected: document.challenger, found: found)
            }
            try require("the peer's nonce", "\(document.nonce)", Untrusted(peer.nonce))
            try require("the peer's client", Untrusted(document.machine.checksummed), Untrusted(machine.checksummed))
        }
        return signed.map(\.document)
    }

    private static func text(_ rating: ComputeHourRating) -> String {
        rating.thousandths.map { NumberText.count($0, "thousandth") } ?? "not rated"
    }
}
