import CKernels
import Glibc

/// The pinned threads that run every kernel of the processors and the memory.
@safe final class BenchTeam {
    private let handle: OpaquePointer
    let threads: Int

    /// - Parameter processors: where to pin, one thread each; not empty.
    init(processors: [Int]) throws(BenchFailure) {
        let numbers = processors.map(UInt32.init)
        guard let handle = unsafe gcx_team_open(numbers, UInt32(numbers.count)) else {
            throw .system(operation: "start threads on", object: "processors \(processors)", errno: errno)
        }
        unsafe self.handle = unsafe handle
        threads = processors.count
    }

    deinit { unsafe gcx_team_close(handle) }

    /// Runs `work` once on all threads, started together.
    func run<Job>(_ work: gcx_work, _ job: inout Job) -> BenchRun {
        unsafe withUnsafeMutablePointer(to: &job) { unsafe gcx_team_run(handle, work, UnsafeMutableRawPointer($0)) }
        return BenchRun(spans: (0..<threads).map { unsafe gcx_team_span(handle, UInt32($0)) })
    }
}

/// When each thread of a team worked in one run.
struct BenchRun {
    let spans: [gcx_span]

    /// From the first thread's start to the last one's end, seconds; never 0.
    var wallSeconds: Double {
        let begin = spans.map(\.begin_nanoseconds).min() ?? 0
        let end = spans.map(\.end_nanoseconds).max() ?? 0
        return Double(max(1, end - begin)) / 1e9
    }

    /// The longest time that any thread took for its part, seconds; never 0.
    var slowestSeconds: Double { Double(max(1, spans.map(Self.wall).max() ?? 1)) / 1e9 }

    /// The least share of its wall time that any thread had its processor. A thread that began late, because it lost its
    /// processor between waking and working, lost that time too.
    var processorShare: Double {
        let begins = spans.map(\.begin_nanoseconds)
        let late = Double((begins.max() ?? 0) - (begins.min() ?? 0)) / 1e9 / wallSeconds
        let shares = spans.map { Double($0.cpu_nanoseconds) / Double(max(1, Self.wall($0))) }
        return max(0, min(1, shares.min() ?? 0, 1 - late))
    }

    private static func wall(_ span: gcx_span) -> UInt64 { span.end_nanoseconds - span.begin_nanoseconds }
}
