import ArgumentParser
import FoundationEssentials
import GCXAgent
import GCXBenchmark
import GCXLinux
import GCXModel
import GCXPricing
import GCXSigning

/// `gcx bench verify`: whether a signed record says what its samples say.
struct BenchVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a signed record: signature, digests, and every figure again from its samples.",
        discussion: """
            It proves that the holder of the key signed these samples and that the figures follow from them. Whether the \
            machine is as good as its owner says, only a challenge shows.
            """)

    @Argument(help: "A record of `gcx bench --key KEY --out FILE`.")
    var record: String

    @Option(help: "The address that must have signed it. Default: the one that the record names.")
    var signer: Address?

    @OptionGroup var output: OutputOptions

    func run() throws {
        let verified = try BenchmarkRecord(decoding: try data()).verified(signer: signer)
        if output.json { return try Terminal.json(Answer(verified)) }
        let attestation = verified.attestation
        let (measured, claimed) = (
            attestation.facts.count { $0.level >= .measured }, attestation.facts.count { $0.level == .claimed }
        )
        var fields = TextFields()
        fields.add("signed by", attestation.machine.checksummed)
        fields.add(
            "measured", "\(BenchmarkSubject.date(attestation.measuredAt)), \(attestation.kernelVersion.shown)")
        fields.add(
            "samples",
            "the report is the one signed; \(NumberText.count(measured, "figure", one: "follows", many: "follow")) from its samples"
        )
        fields.add(
            "inventory", "the one signed; \(NumberText.count(claimed, "claim", one: "follows", many: "follow")) from it"
        )
        for line in RatingText.lines(attestation.facts) { fields.add("rating", line) }
        for witness in verified.witnesses {
            let figure = Quantity(Double(witness.result.value), .bytesPerSecond)
            fields.add(
                "witness", "\(witness.kind.shown): \(figure) seen and signed by \(witness.challenger.checksummed)")
        }
        Terminal.say(fields)
        Terminal.say("record: ok")
    }

    private func data() throws -> Data {
        do { return Data(try Files.bytes(record)) } catch {
            throw CommandError("the record cannot be read: \(error.description)", fix: error.instruction)
        }
    }

    /// The same for programs.
    private struct Answer: Encodable {
        let attestation: AttestationRecord
        let rating: ComputeHourRating
        let witnesses: [ChallengeTranscript]

        init(_ verified: VerifiedRecord) {
            (attestation, rating, witnesses) = (verified.attestation, verified.rating, verified.witnesses)
        }
    }
}
