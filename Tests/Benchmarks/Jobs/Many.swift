import Dispatch
import GCXLinux
import GCXModel
import GCXSandbox
import Glibc

/// Many jobs at once: all start, all run side by side, all end as they should.
struct ManyBench {
    let bench: Bench
    private let count = 200

    func run() throws {
        let specs = (0..<count).map { bench.spec(["/bin/sh", "-c", "sleep 30; exit \($0 % 100)"]) }
        let (driver, failures) = (bench.driver, Failures())
        let before = BootClock.now()
        DispatchQueue.concurrentPerform(iterations: count) { index in
            do { _ = try driver.start(specs[index]) } catch { failures.add("\(error)") }
        }
        let started = BootClock.now() - before
        let jobs = try driver.jobs()
        let supervisors = try jobs.compactMap { job -> Int32? in
            guard case .running(let running) = try driver.recover(job) else { return nil }
            return running.supervisor?.pid
        }
        let memory = supervisors.map { Self.kilobytes("Pss:", $0, "smaps_rollup") }.reduce(0, +)
        let peak = supervisors.map { Self.kilobytes("VmHWM:", $0, "status") }.max() ?? 0
        for job in jobs {
            let exit = try bench.wait(job)
            let number = Int(job.id.split(separator: "-").last ?? "") ?? 0
            let first = Int(specs[0].id.split(separator: "-").last ?? "") ?? 0
            if exit.reason != .exited(code: Int32((number - first) % 100)) { failures.add("\(job.id): \(exit.reason)") }
            try driver.release(job)
            try driver.wipe(job)
        }
        print("(c) \(count) jobs at once")
        print(
            "    all started in               \(milliseconds(started)), \(milliseconds(started / UInt64(count))) each")
        print("    side by side                 \(supervisors.count)")
        print(
            "    supervisors hold             \(memory / 1024) MiB (Pss) together; the largest peak is \(peak / 1024) MiB"
        )
        print("    ended otherwise than meant   \(failures.list.count)\(failures.list.first.map { ": \($0)" } ?? "")")
        print("    directories left             \(try driver.jobs().count)")
    }

    private static func kilobytes(_ key: String, _ pid: Int32, _ file: String) -> UInt64 {
        let text = (try? Files.text("/proc/\(pid)/\(file)")) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix(key) } ?? ""
        return line.split(separator: " ").compactMap { UInt64($0) }.first ?? 0
    }
}

/// What went wrong, from several threads.
final class Failures: @unchecked Sendable {
    private let queue = DispatchQueue(label: "failures")
    private var found: [String] = []

    var list: [String] { queue.sync { found } }

    func add(_ text: String) { queue.sync { found.append(text) } }
}
