import CKernels
import Crypto
import GCXBenchmark

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `cpu.sha256.*` and `cpu.aes-gcm.*`: what a library makes of the processor's own instructions.
struct BenchCrypto: BenchMeasurement {
    /// What is done to each buffer.
    enum Algorithm {
        case sha256, aesGCM
    }

    /// As much as a TLS record holds, and what other tools are asked for.
    static let bufferBytes = 16 << 10
    private static let sampleSeconds = 0.004
    private static let warmUps = 5
    private static let buffers: ClosedRange<Double> = 4...1e7

    let team: BenchTeam
    private var job: Job
    var threads: Int { team.threads }
    var workingSetBytes: UInt64 { UInt64(threads * Self.bufferBytes) }

    /// What a run works on; the kernel sees it through a pointer, so it holds no reference that a thread would count.
    struct Job {
        var algorithm: Algorithm
        var buffers: Int
    }

    init(_ algorithm: Algorithm, team: BenchTeam) throws(BenchFailure) {
        self.team = team
        job = Job(algorithm: algorithm, buffers: Int(Self.buffers.lowerBound))
        var most = Self.buffers.lowerBound
        for _ in 0..<Self.warmUps {
            let seconds = team.run(Self.work, &job).wallSeconds
            most = max(most, Double(job.buffers) * Self.sampleSeconds / seconds)
            job.buffers = Int(min(most, Self.buffers.upperBound))
        }
    }

    mutating func sample() throws(BenchFailure) -> Sample? {
        let run = team.run(Self.work, &job)
        let bytes = Double(job.buffers * Self.bufferBytes * threads)
        return Sample(value: bytes / run.wallSeconds, processorShare: run.processorShare)
    }

    private static let work: gcx_work = { argument, _, _ in
        guard let job = argument?.assumingMemoryBound(to: Job.self).pointee else { return }
        let data = Data(repeating: 0xA5, count: bufferBytes)
        switch job.algorithm {
        case .sha256: for _ in 0..<job.buffers { _ = SHA256.hash(data: data) }
        case .aesGCM:
            let key = SymmetricKey(size: .bits256)
            for _ in 0..<job.buffers { _ = try? AES.GCM.seal(data, using: key, nonce: AES.GCM.Nonce()) }
        }
    }
}
