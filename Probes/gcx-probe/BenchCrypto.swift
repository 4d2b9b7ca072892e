import CKernels
import Crypto
import FoundationEssentials
import GCXBenchmark

/// `cpu.sha256.*` and `cpu.aes-gcm.*`: what a library makes of the processor's own instructions.
struct BenchCrypto: BenchMeasurement {
    /// What is done to each buffer.
    enum Algorithm {
        case sha256, aesGCM
    }

    /// The library makes a key schedule and a place for the result every time: at 16 KiB that was half of the time.
    static let bufferBytes = 256 << 10
    private static let sampleSeconds = 0.004
    private static let buffers: ClosedRange<Double> = 2...1e7

    let mayGoOn = true
    let team: BenchTeam
    private var job: Job
    var threads: Int { team.threads }
    var workingSetBytes: UInt64 { UInt64(threads * Self.bufferBytes) }

    /// What a run works on; the kernel sees it through a pointer, so it holds no reference that a thread would count.
    struct Job {
        var algorithm: Algorithm
        var buffers: Int
    }

    init(_ algorithm: Algorithm, team: BenchTeam) {
        self.team = team
        let buffers = BenchPace.amount(lasting: Self.sampleSeconds, in: Self.buffers) { buffers in
            var job = Job(algorithm: algorithm, buffers: Int(buffers))
            return unsafe team.run(Self.work, &job).wallSeconds
        }
        job = Job(algorithm: algorithm, buffers: Int(buffers))
    }

    mutating func sample() throws(BenchFailure) -> Sample? {
        let run = unsafe team.run(Self.work, &job)
        let bytes = Double(job.buffers * Self.bufferBytes * threads)
        return Sample(value: bytes / run.wallSeconds, processorShare: run.processorShare)
    }

    private static let work: gcx_work = { argument, _, _ in
        guard let job = unsafe argument?.assumingMemoryBound(to: Job.self).pointee else { return }
        let data = Data(repeating: 0xA5, count: bufferBytes)
        switch job.algorithm {
        case .sha256: for _ in 0..<job.buffers { _ = SHA256.hash(data: data) }
        case .aesGCM:
            // A nonce that comes twice betrays a message; there is none here, and making one is a system call.
            let (key, nonce) = (SymmetricKey(size: .bits256), AES.GCM.Nonce())
            for _ in 0..<job.buffers { _ = try? AES.GCM.seal(data, using: key, nonce: nonce) }
        }
    }
}
