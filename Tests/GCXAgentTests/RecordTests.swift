import FoundationEssentials
import GCXBenchmark
import GCXModel
import GCXPricing
import GCXSigning
import Testing

@testable import GCXAgent

@Suite("The signed record of a benchmark")
struct RecordTests {
    private static let key = PrivateKey.generate()
    private static let peer = PrivateKey.generate()

    /// A steady axis and an unsteady one.
    private static func report(session: PeerSession? = nil) -> BenchmarkReport {
        let quiet = Disturbance(
            windowSeconds: 1, otherCores: 0, besideCores: 0, stealShare: 0, throttledPeriods: 0, clockBeforeHertz: 4e9,
            clockAfterHertz: 4e9, pressureShares: [:], majorFaults: 0, involuntarySwitches: 0)
        func axis(_ benchmark: Benchmark, _ values: [Double]) -> AxisResult {
            AxisResult(
                benchmark, threads: 2, workingSetBytes: 0, samples: values.map { Sample(value: $0, processorShare: 1) },
                ended: .steady, limit: nil, disturbance: quiet, conditions: [])
        }
        var report = BenchmarkReport(
            kernelVersion: "gcx-kernels/1", instructionSet: "avx512",
            processors: ProcessorAllowance(online: 2, allowed: [0, 1], used: [0, 1], quotaProcessors: nil),
            environmentRemoved: [], elapsedSeconds: 1,
            axes: [
                axis(.fp64Rate, [100e9, 101e9, 100e9, 101e9, 100e9]), axis(.fp32Rate, [1e9, 2e9, 3e9, 4e9, 9e9]),
            ], problems: [])
        report.peer = session
        return report
    }

    private static func record(_ report: BenchmarkReport = report()) async throws -> BenchmarkRecord {
        var measurement = Measurement(OfferBuilderTests.inventory, at: 7)
        measurement.add(report, at: 7)
        return try await BenchmarkRecord(measurement, at: 7, by: MemoryCustody(key))
    }

    /// The record with another attestation, signed as it should be.
    private static func resigned(_ record: BenchmarkRecord, _ edit: (inout AttestationRecord) -> Void)
        -> BenchmarkRecord
    {
        var (changed, document) = (record, record.attestation.document)
        edit(&document)
        changed.attestation = Signed(document, by: key, in: .standalone)
        return changed
    }

    @Test("it is believed as it was made, also after it went through its file")
    func whole() async throws {
        let record = try await Self.record()
        let read = try BenchmarkRecord(decoding: try record.encoded())
        #expect(read == record)
        let verified = try read.verified(signer: Self.key.address)
        #expect(verified.attestation.facts.filter { $0.level == .measured }.map(\.name) == ["cpu.fp64.all"])
        #expect(verified.rating == ComputeHourRating(verified.attestation.facts, by: .v1))
    }

    @Test("another signer than the one expected is refused")
    func signer() async throws {
        let record = try await Self.record()
        #expect(throws: RecordError.signerUnexpected(expected: Self.peer.address, found: Self.key.address)) {
            try record.verified(signer: Self.peer.address)
        }
        var forged = record
        forged.attestation = Signed(record.attestation.document, by: Self.peer, in: .standalone)
        #expect(throws: RecordError.signerUnexpected(expected: Self.key.address, found: Self.peer.address)) {
            try forged.verified()
        }
    }

    @Test("a changed sample, a changed inventory, and a signature for a ledger are refused")
    func documents() async throws {
        let record = try await Self.record()
        var changed = record
        changed.report = record.report.replacing("101000000000", with: "102000000000")
        #expect(changed.report != record.report)
        #expect(throws: RecordError.digestDiffers(document: "report")) { try changed.verified() }
        changed = record
        changed.inventory += " "
        #expect(throws: RecordError.digestDiffers(document: "inventory")) { try changed.verified() }
        changed = record
        changed.attestation = Signed(
            record.attestation.document, by: Self.key, in: .embedded(operator: Self.peer.address))
        #expect(throws: RecordError.self) { try changed.verified() }
    }

    @Test("a fact that does not follow from the samples is found, though it is well signed")
    func statements() async throws {
        let record = try await Self.record()
        for edit: (inout AttestationRecord) -> Void in [
            { $0.facts[$0.facts.count - 1].value += 1 },
            {
                $0.facts.append(
                    Fact(name: "cpu.fp32.all", value: 4_000_000_000, unit: "flop/s", level: .measured, measuredAt: 7))
            },
            { $0.facts.removeLast() },
            { $0.facts[0].value = 64 },
            { $0.kernelVersion = "gcx-kernels/2" },
            { $0.contradictions = ["memory: nobody says otherwise"] },
            { $0.referenceTable = .zero },
        ] {
            #expect(throws: RecordError.self) { try Self.resigned(record, edit).verified() }
        }
        var flattered = record
        flattered.rating.thousandths = 9_000
        #expect(throws: RecordError.self) { try flattered.verified() }
    }

    @Test("a peer's transcript counts when the peer signed it for this machine and this run")
    func witness() async throws {
        let nonce = Digest(checkedBytes: Array(repeating: 7, count: 32))
        let other = Digest(checkedBytes: Array(repeating: 8, count: 32))
        func session(_ client: Address, _ seen: Digest, signer: PrivateKey = Self.peer) throws -> PeerSession {
            let tally = PeerTally(
                nonce: "\(seen)", client: "\(client)", up: [.init(bytes: 1_000, nanoseconds: 1_000)],
                down: [.init(bytes: 1, nanoseconds: 9), .init(bytes: 4_000, nanoseconds: 1_000)])
            let signed = tally.transcripts(by: Self.peer.address, at: 7).map { Signed($0, by: signer, in: .standalone) }
            return PeerSession(
                endpoint: "peer:1", nonce: "\(nonce)",
                witness: String(decoding: try JSONEncoder().encode(signed), as: UTF8.self))
        }
        let good = try await Self.record(Self.report(session: session(Self.key.address, nonce)))
        let seen = try good.verified().witnesses.map(\.result)
        #expect(seen.map(\.name) == ["network.up.peer", "network.down.peer"])
        #expect(seen.map(\.value) == [1_000_000_000, 4_000_000_000])
        for bad in [
            try session(Self.peer.address, nonce), try session(Self.key.address, other),
            try session(Self.key.address, nonce, signer: Self.key),
        ] {
            let record = try await Self.record(Self.report(session: bad))
            #expect(throws: RecordError.self) { try record.verified() }
        }
    }
}
