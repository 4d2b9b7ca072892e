import GCXLinux
import GCXModel
import GCXSandbox
import Glibc

/// Why a run gave no figure.
struct BenchError: Error, CustomStringConvertible {
    let description: String
}

/// A directory of its own with a driver and an image of busybox in the store, as an agent has them.
final class Bench {
    let root: String
    let driver: OCIRuntimeDriver
    let programs: String
    private var count = 0

    /// - Parameter programs: the folder with `gcx-supervisor` and this program.
    init(programs: String) throws {
        var template = Array("/var/tmp/gcx-bench-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw BenchError(description: "no directory could be made in /var/tmp") }
        root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.programs = programs
        driver = try OCIRuntimeDriver(state: "\(root)/state", supervisorPath: "\(programs)/gcx-supervisor")
        try makeImage()
        try driver.prepare(image)
    }

    deinit {
        for job in (try? driver.jobs()) ?? [] { try? end(job) }
        try? Files.removeTree(root)
    }

    var image: ImageSource { .ociLayout(path: "\(root)/image", tag: "bench") }

    private func makeImage() throws {
        let tree = "\(root)/tree"
        for folder in ["bin", "etc", "proc", "dev", "sys", "tmp"] {
            try Files.makeDirectories("\(tree)/\(folder)", mode: 0o755)
        }
        guard let busybox = ChildProcess.find("busybox") else { throw BenchError(description: "busybox is missing") }
        try ChildProcess("cp", [busybox, "\(tree)/bin/busybox"]).run()
        for name in ["sh", "true", "cat", "sleep", "dd", "yes", "head"] { symlink("busybox", "\(tree)/bin/\(name)") }
        let layout = "\(root)/image"
        try ChildProcess("umoci", ["init", "--layout", layout]).run()
        try ChildProcess("umoci", ["new", "--image", "\(layout):bench"]).run()
        try ChildProcess("umoci", ["insert", "--image", "\(layout):bench", tree, "/"]).run()
    }

    /// A job of a core, 64 MiB and a layer of 32 MiB.
    func spec(_ command: [String], _ change: (inout JobSpec) -> Void = { _ in }) -> JobSpec {
        count += 1
        var spec = JobSpec(
            id: "bench-\(count)", image: image, command: command,
            resources: JobResources(cores: 1, memoryBytes: 64 << 20, pids: 64, writableBytes: 32 << 20),
            wallSecondsMax: 600)
        change(&spec)
        return spec
    }

    func wait(_ job: JobDirectory, seconds: Int64 = 120) throws -> JobExit {
        guard case .ended(let exit) = try driver.wait(job, timeout: .seconds(seconds)) else {
            throw BenchError(description: "a job did not end within \(seconds) s")
        }
        return exit
    }

    /// Ends a job and removes it.
    func end(_ job: JobDirectory) throws {
        try driver.stop(job, StopRequest(reason: .cancelled(by: .owner), graceMilliseconds: 0))
        _ = try wait(job)
        try driver.release(job)
        try driver.wipe(job)
    }
}

/// Sorted samples of one figure.
struct Samples {
    let sorted: [UInt64]

    init(_ samples: [UInt64]) { sorted = samples.sorted() }

    /// The smallest sample that `percent` of all do not exceed.
    func percentile(_ percent: Int) -> UInt64 {
        sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, (sorted.count * percent + 99) / 100 - 1)]
    }

    var median: UInt64 { percentile(50) }

    /// `median 12.3 ms, p95 15.0 ms`.
    var text: String { "median \(milliseconds(median)), p95 \(milliseconds(percentile(95)))" }
}

/// Nanoseconds as milliseconds with two places.
func milliseconds(_ nanoseconds: UInt64) -> String {
    let hundredths = (nanoseconds + 5_000) / 10_000
    let places = hundredths % 100
    return "\(hundredths / 100).\(places < 10 ? "0" : "")\(places) ms"
}

/// `a / b` with two places.
func ratio(_ a: UInt64, _ b: UInt64) -> String {
    let hundredths = b == 0 ? 0 : (a * 100 + b / 2) / b
    let places = hundredths % 100
    return "\(hundredths / 100).\(places < 10 ? "0" : "")\(places)"
}
