import CKernels
import GCXBenchmark
import Glibc

/// `network.loopback.one`
@safe struct BenchLoopback: BenchMeasurement {
    private static let sampleSeconds = 0.04
    private static let warmUps = 4
    private static let bytes: ClosedRange<Double> = 1e6...1e10

    /// Two threads: one sends, one receives; on one processor they take turns.
    let team: BenchTeam
    let threads = 1
    let workingSetBytes = UInt64(GCX_NETWORK_BUFFER_BYTES)
    private let connection: Connection
    private var job: gcx_network_job

    init(processors: [Int]) throws(BenchFailure) {
        let first = processors[0]
        team = try BenchTeam(processors: [first, processors.count > 1 ? processors[1] : first])
        connection = try Connection()
        unsafe job = unsafe gcx_network_job(
            sender: connection.sender, receiver: connection.receiver, buffer: connection.buffer,
            bytes: UInt64(Self.bytes.lowerBound), failure: 0)
        var most = Self.bytes.lowerBound
        for _ in 0..<Self.warmUps {
            most = max(most, try run() * Self.sampleSeconds)
            unsafe job.bytes = UInt64(min(most, Self.bytes.upperBound))
        }
    }

    /// A sender that waits for its receiver is no disturbance, so nothing is said about the processors.
    mutating func sample() throws(BenchFailure) -> Sample? { Sample(value: try run(), processorShare: nil) }

    private mutating func run() throws(BenchFailure) -> Double {
        let run = unsafe team.run(gcx_network_work, &job)
        guard unsafe job.failure == 0 else {
            throw unsafe .system(operation: "send over", object: "127.0.0.1", errno: job.failure)
        }
        return unsafe Double(job.bytes) / run.wallSeconds
    }

    /// Both ends and the memory of a connection; they go with the measurement.
    @safe private final class Connection {
        private(set) var sender: Int32 = -1
        private(set) var receiver: Int32 = -1
        let buffer: UnsafeMutableRawPointer

        init() throws(BenchFailure) {
            let code = unsafe gcx_network_open(&sender, &receiver)
            guard code == 0 else { throw .system(operation: "connect over", object: "127.0.0.1", errno: code) }
            unsafe buffer = .allocate(byteCount: Int(GCX_NETWORK_BUFFER_BYTES), alignment: 4096)
            unsafe buffer.initializeMemory(as: UInt8.self, repeating: 0xA5, count: Int(GCX_NETWORK_BUFFER_BYTES))
        }

        deinit {
            close(sender)
            close(receiver)
            unsafe buffer.deallocate()
        }
    }
}
