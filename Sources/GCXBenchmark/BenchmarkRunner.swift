#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What runs `gcx-probe` as a child process.
package protocol BenchmarkProcess: Sendable {
    /// - Parameters:
    ///   - arguments: after the program's name.
    ///   - timeout: when the child and all it started are killed.
    /// - Returns: what the child wrote on its standard output.
    /// - Throws: whatever kept it from ending with status 0, with the child's own words.
    func run(arguments: [String], timeout: Duration) async throws -> Data
}

/// What to measure, how long and where.
package struct BenchmarkPlan: Equatable, Sendable {
    /// Names of the benchmarks, in the order of the registry.
    package let axes: [String]
    /// Time for all of them together.
    package let seconds: Double
    /// Where the file of the storage benchmarks is made, without a name, so that nothing is left behind.
    package let directory: String
    /// Bytes that the storage benchmarks may write, all together.
    package let bytesMax: UInt64

    /// - Throws: ``BenchmarkError/unknownAxis(_:)``, ``BenchmarkError/secondsOutOfRange(_:)`` or
    ///   ``BenchmarkError/bytesTooFew(_:)``.
    package init(
        axes: [String] = BenchmarkRegistry.names, seconds: Double, directory: String, bytesMax: UInt64
    ) throws(BenchmarkError) {
        if let unknown = axes.first(where: { !BenchmarkRegistry.names.contains($0) }) { throw .unknownAxis(unknown) }
        guard seconds > 0, seconds <= BenchmarkLimits.secondsMax else { throw .secondsOutOfRange(seconds) }
        let writes = axes.contains { $0.hasPrefix("storage.") }
        guard !writes || bytesMax >= BenchmarkLimits.storageBytesMin else { throw .bytesTooFew(bytesMax) }
        self.axes = BenchmarkRegistry.names.filter(axes.contains)
        self.seconds = seconds
        self.directory = directory
        self.bytesMax = bytesMax
    }

    /// The arguments of `gcx-probe` that ask for this plan.
    package var arguments: [String] {
        [
            "bench", "--axes", axes.joined(separator: ","), "--seconds", String(seconds), "--directory", directory,
            "--bytes-max", String(bytesMax),
        ]
    }

    /// When the probe is taken to hang.
    package var timeout: Duration { .seconds(seconds + BenchmarkLimits.graceSeconds) }
}

/// Runs the benchmarks in the probe, behind the process wall.
package struct BenchmarkRunner<Process: BenchmarkProcess>: Sendable {
    private let process: Process

    package init(process: Process) { self.process = process }

    /// Measures; takes about `plan.seconds`, at most ``BenchmarkPlan/timeout``.
    ///
    /// - Throws: ``BenchmarkError``; whatever the probe did, nothing of it is left running or on disk.
    package func run(_ plan: BenchmarkPlan) async throws(BenchmarkError) -> BenchmarkReport {
        let output: Data
        do {
            output = try await process.run(arguments: plan.arguments, timeout: plan.timeout)
        } catch {
            throw .probeFailed(String(describing: error))
        }
        return try BenchmarkReport(decoding: output)
    }
}
