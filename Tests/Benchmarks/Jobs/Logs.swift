import GCXLinux
import GCXModel
import GCXSandbox
import Glibc

/// What a job may write as fast as it can, and how fast that is, beside `cat` into a file of the same disk.
struct LogBench {
    let bench: Bench
    private let bytes: UInt64 = 512 << 20
    private let rounds = 3

    func run() throws {
        var (ours, cats) = ([UInt64](), [UInt64]())
        for _ in 0..<rounds {
            cats.append(try cat())
            ours.append(try job())
        }
        let (gcx, plain) = (Samples(ours), Samples(cats))
        print("(b) \(bytes >> 20) MiB of zeros written to standard output, \(rounds) times, alternating")
        print("    gcx, kept in the job's log   \(rate(gcx.median))")
        print("    dd | cat > FILE              \(rate(plain.median))")
        print("    gcx / cat                    \(ratio(plain.median, gcx.median)) (median)")
    }

    private func rate(_ nanoseconds: UInt64) -> String { "\(bytes * 1_000 / max(1, nanoseconds)) MB/s" }

    private var dd: String { "dd if=/dev/zero bs=65536 count=\(bytes >> 16) 2>/dev/null" }

    /// Nanoseconds from the job's first instruction to its recorded end.
    private func job() throws -> UInt64 {
        let job = try bench.driver.start(bench.spec(["/bin/sh", "-c", dd]) { $0.logBytesMax = bytes * 2 })
        let exit = try bench.wait(job)
        guard exit.reason == .exited(code: 0), exit.logDroppedBytes == 0, exit.logBytes >= bytes else {
            throw BenchError(description: "the log is not whole: \(exit)")
        }
        try bench.driver.release(job)
        try bench.driver.wipe(job)
        return exit.endedBootNanoseconds - (exit.startedBootNanoseconds ?? exit.endedBootNanoseconds)
    }

    private func cat() throws -> UInt64 {
        let file = "\(bench.root)/cat"
        let before = BootClock.now()
        try ChildProcess("sh", ["-c", "\(dd) | cat > \(file)"]).run()
        let took = BootClock.now() - before
        try Files.remove(file)
        return took
    }
}
