import FoundationEssentials
import GCXBenchmark
import GCXHardware
import GCXLinux
import GCXModel
import Glibc

/// The probe as a child that can be watched and interrupted: it and all it started end with the run, however that ends.
struct BenchChild: BenchmarkProcess {
    let plan: BenchmarkPlan

    /// The probe answered with a status other than 0.
    struct Refused: WordedError {
        let description: String
        let remedy: Remedy

        /// - Parameter complaint: the probe's last words; empty when it said none.
        init(_ status: WaitStatus, complaint: String) {
            let words = complaint.isEmpty ? "" : ": \(complaint)"
            if case .signalled(let signal) = status, let stop = LimitSignal.words(for: signal) {
                description = "\(stop.limit)\(words)"
                remedy = .fix(stop.remedy)
            } else if case .signalled(let signal) = status {
                description = unsafe "it was ended by signal \(signal) (\(String(cString: strsignal(signal))))\(words)"
                remedy = .fix("Run it again with --only and fewer benchmarks to find the one; report what it says.")
            } else {
                description = "it ended with status \(status.code)\(words)"
                remedy = complaint.isEmpty ? .retry(after: .seconds(5)) : .fix("Correct what it says.")
            }
        }
    }

    /// Blocks its thread; a command has nothing else to do.
    func run(arguments: [String], timeout: Duration) async throws -> Data {
        let probe = try ProbeLocator.locate()
        let complaints = try Complaints()
        let progress = BenchProgress(plan: plan)
        let child = ChildProcess(
            probe, arguments, timeout: timeout, outputBytesMax: BenchmarkLimits.reportBytesMax,
            descriptors: [(ours: complaints.writeEnd, theirs: STDERR_FILENO)])
        defer { progress.clear() }
        let outcome = try child.outcome { () throws(LinuxError) in
            try Interruption.check()
            for line in complaints.lines() { progress.hear(line) }
            progress.draw()
        }
        for line in complaints.lines() { progress.hear(line) }
        guard outcome.status != .exited(BenchmarkRefusal.exitStatus) else {
            throw BenchmarkRefusal(description: progress.complaint)
        }
        guard outcome.status == .exited(0) else {
            throw Refused(outcome.status, complaint: progress.complaint)
        }
        return Data(outcome.output)
    }
}

/// The probe's standard error, line by line while it runs.
private final class Complaints {
    private let pipe: Pipe
    private var rest: [UInt8] = []

    var writeEnd: Int32 { pipe.write.number }

    init() throws {
        pipe = try Pipe()
        // The watcher must never wait for a line.
        _ = fcntl(pipe.read.number, F_SETFL, O_NONBLOCK)
    }

    /// What came since, as whole lines; a line without an end is kept, up to what fits on one.
    func lines() -> [String] {
        var chunk = [UInt8](repeating: 0, count: Self.lineBytesMax)
        // bounded: no more is read than the chunk holds
        while case let count = unsafe read(pipe.read.number, &chunk, chunk.count), count > 0 { rest += chunk[..<count] }
        var lines = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        rest = Array((lines.popLast() ?? []).suffix(Self.lineBytesMax))
        return lines.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Longest line that is listened to, bytes.
    private static let lineBytesMax = 4_096
}
