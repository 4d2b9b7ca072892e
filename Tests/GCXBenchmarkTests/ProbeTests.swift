import CKernels
import Foundation
import GCXBenchmark
import Testing

@testable import gcx_probe

/// The real `gcx-probe`, built beside the tests.
struct RealProbe: BenchmarkProcess {
    struct Failed: Error {
        let status: Int32
        let complaint: String
    }

    /// The test runner lies in the same build directory as the products.
    static let path = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appendingPathComponent("gcx-probe").path

    var environment: [String: String] = [:]

    func run(arguments: [String], timeout: Duration) async throws -> Data {
        try await aside { try runNow(arguments) }
    }

    private func runNow(_ arguments: [String]) throws -> Data {
        let child = Process()
        child.executableURL = URL(fileURLWithPath: Self.path)
        child.arguments = arguments
        child.environment = environment
        let (output, complaint) = (Pipe(), Pipe())
        child.standardOutput = output
        child.standardError = complaint
        try child.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        let text = String(decoding: complaint.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        child.waitUntilExit()
        guard child.terminationStatus == 0 else { throw Failed(status: child.terminationStatus, complaint: text) }
        return data
    }
}

/// Off the threads that all tests share: on a busy machine a measurement takes its whole time, and their clients would wait.
private func aside<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
    }
}

/// The real probe as a user of whom there is nothing else and who may have one process: it gets no second thread.
struct LonelyProbe: BenchmarkProcess {
    func run(arguments: [String], timeout: Duration) async throws -> Data {
        try await aside { try runNow(arguments) }
    }

    private func runNow(_ arguments: [String]) throws -> Data {
        let child = Process()
        child.executableURL = URL(fileURLWithPath: "/usr/bin/prlimit")
        child.arguments =
            ["--nproc=1:1", "/usr/bin/setpriv", "--reuid=61824", "--regid=61824", "--clear-groups", RealProbe.path]
            + arguments
        let output = Pipe()
        child.standardOutput = output
        try child.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        child.waitUntilExit()
        return data
    }
}

@Suite(
    "gcx-probe bench", .serialized,
    .enabled(if: FileManager.default.isExecutableFile(atPath: RealProbe.path), "needs gcx-probe beside the tests"))
struct ProbeTests {
    private static let bytesMax: UInt64 = 32 << 20

    private static func inDirectory<T>(_ body: (String) async throws -> T) async throws -> T {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("gcx-bench-\(UUID().uuidString)")
            .path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        return try await body(directory)
    }

    private static func mayLack(_ axis: String) -> Bool {
        axis.hasPrefix("gpu.") || ["cpu.handover.pair", Benchmark.sustained.name].contains(axis)
            || [".smt", ".node", ".peer"].contains(where: axis.hasSuffix)
    }

    @Test(
        "where the kernel gives no thread, the axis says so and the run ends",
        .enabled(if: getuid() == 0, "needs root, to become a user who may have one process"))
    func noThreads() async throws {
        try await Self.inDirectory { directory in
            let plan = try BenchmarkPlan(
                axes: ["cpu.clock.all", "memory.read.all"], seconds: 2, directory: directory, bytesMax: Self.bytesMax)
            let report = try await BenchmarkRunner(process: LonelyProbe()).run(plan)
            #expect(report.axes.isEmpty)
            #expect(!report.problems.isEmpty)
            for problem in report.problems {
                #expect("\(problem)".contains("start threads on processors") && "\(problem)".contains("unavailable"))
            }
        }
    }

    @Test("every benchmark of the registry is measured, within its limit, and leaves no file")
    func everything() async throws {
        try await Self.inDirectory { directory in
            // Quiet machines need 2 seconds and stop by themselves; busy ones take what they need to touch the memory.
            let plan = try BenchmarkPlan(seconds: 60, directory: directory, bytesMax: Self.bytesMax)
            let report = try await BenchmarkRunner(process: RealProbe()).run(plan)
            #expect(report.problems == [])
            // What this machine lacks is skipped with a reason: a GPU, a second NUMA node, a peer.
            let skipped = Set((report.skipped ?? []).flatMap(\.axes))
            #expect(report.axes.map(\.name) == BenchmarkRegistry.names.filter { !skipped.contains($0) })
            #expect(skipped.allSatisfy(Self.mayLack))
            for axis in report.axes {
                #expect(!axis.samples.isEmpty && axis.samples.allSatisfy { $0.value > 0 }, "\(axis.name)")
                if let value = axis.value, let limit = axis.limit { #expect(value < limit * KernelTests.tolerance) }
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
        }
    }

    @Test("the environment is taken away, and what tunes libraries is told by name")
    func environment() async throws {
        let probe = RealProbe(environment: ["OPENBLAS_CORETYPE": "Haswell", "SECRET": "s", "PATH": "/bin"])
        let data = try await probe.run(
            arguments: ["bench", "--axes", "cpu.clock.all", "--seconds", "0.1"], timeout: .seconds(10))
        #expect(try BenchmarkReport(decoding: data).environmentRemoved == ["OPENBLAS_CORETYPE"])
    }

    @Test("a directory that is not there costs the storage axes and names the reason, the others go on")
    func missingDirectory() async throws {
        let plan = try BenchmarkPlan(
            axes: ["cpu.clock.all", "storage.fsync.p50"], seconds: 0.2, directory: "/nowhere", bytesMax: Self.bytesMax)
        let report = try await BenchmarkRunner(process: RealProbe()).run(plan)
        #expect(report.axes.map(\.name) == ["cpu.clock.all"])
        #expect(report.problems == ["storage.fsync.p50: make a file in /nowhere: No such file or directory"])
    }

    @Test(
        "wrong arguments are refused with status 64 and a sentence",
        arguments: [
            ["--axes", "cpu.magic"], ["--seconds", "x"], ["--seconds"], ["--what", "1"], ["x", "y"],
            ["--bytes-max", "-1"],
        ])
    func wrong(arguments: [String]) async {
        let error = await #expect(throws: RealProbe.Failed.self) {
            try await RealProbe().run(arguments: ["bench"] + arguments, timeout: .seconds(10))
        }
        #expect(error?.status == 64)
        #expect(error?.complaint.hasPrefix("gcx-probe bench: ") == true)
    }

    @Test("a directory in memory is told, and its figure is no fact")
    func memoryBacked() async throws {
        let plan = try BenchmarkPlan(
            axes: ["storage.write.sequential"], seconds: 0.2, directory: "/dev/shm", bytesMax: Self.bytesMax)
        let report = try await BenchmarkRunner(process: RealProbe()).run(plan)
        let axis = try #require(report.axes.first)
        #expect(axis.flags.contains(.memoryBacked) && !axis.steady)
        #expect(report.facts(measuredAt: 1).isEmpty)
    }
}

@Suite("The file of the storage benchmarks")
struct FileTests {
    @Test("it has no name while it is open, and never holds more than the bytes allowed")
    func bounded() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("gcx-file-\(UUID().uuidString)")
            .path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let file = try BenchFile(directory: directory, bytesMax: 3 << 20)
        var appended = 0
        while try file.append(blocks: 1, of: BenchFile.blockBytes) != nil { appended += 1 }
        #expect(appended == 3)
        #expect(file.written == 3 << 20)
        var status = stat()
        #expect(fstat(file.file.fd, &status) == 0)
        #expect(status.st_size == 3 << 20 && status.st_nlink == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
        #expect(try file.read(at: [0, 4096, (3 << 20) - 4096], blockBytes: 4096) > 0)
        #expect(throws: BenchFailure.self) { try file.read(at: [3 << 20], blockBytes: 4096) }
    }

    @Test("a whole run writes no more than the bytes allowed")
    func budget() throws {
        let file = try BenchFile(
            directory: FileManager.default.temporaryDirectory.path, bytesMax: BenchmarkLimits.storageBytesMin)
        var measurements: [any BenchMeasurement] = [
            BenchDiskWrite(file: file), try BenchDiskRandom(file: file, writes: false), BenchDiskSync(file: file),
        ]
        for index in measurements.indices {
            for _ in 0..<200 where try measurements[index].sample() == nil { break }
        }
        #expect(file.written <= BenchmarkLimits.storageBytesMin)
        #expect(file.written > BenchmarkLimits.storageBytesMin / 2)
    }

    @Test("a file system without room is refused before a byte is written")
    func room() {
        #expect(throws: BenchFailure.self) {
            try BenchFile(directory: FileManager.default.temporaryDirectory.path, bytesMax: .max)
        }
    }
}
