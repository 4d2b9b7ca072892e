package import FoundationEssentials
import GCXJSON
package import GCXModel

/// The document that `gcx-probe bench` prints: what was measured, on what, and what disturbed it.
package struct BenchmarkReport: Codable, Equatable, Sendable {
    /// The version that this code writes and reads.
    package static let schemaCurrent = 1

    package var schema: Int
    /// Version of the kernels; figures are compared only within one.
    package var kernelVersion: String
    /// The instruction set that the kernels chose: `avx512`, `avx2`, `neon`, `portable`.
    package var instructionSet: String
    package var processors: ProcessorAllowance
    /// Variables that were taken out of the environment, names only: library tuning can halve a figure.
    package var environmentRemoved: [String]
    /// From first to last axis.
    package var elapsedSeconds: Double
    package var axes: [AxisResult]
    /// Figures over a size; nil in reports of a release that drew none, and where there was no time for any.
    package var curves: [Curve]?
    /// What went wrong, one sentence each.
    package var problems: [String]
    /// Axes for which this machine has nothing to measure; nil in reports of a release that did not tell.
    package var skipped: [SkippedAxes]?
    /// Under which walls the probe ran; nil in reports of a release that did not tell.
    package var confinement: Confinement?
    /// What the run was to hold of memory, and held; nil in reports of a release that did not tell.
    package var memory: MemoryUse?
    /// What the file of the storage figures lay on; nil where there was none, and in reports of a release that did not tell.
    package var storage: StorageGround?
    /// The other end of the network figures; nil without one.
    package var peer: PeerSession?
    /// What the `gpu.*` axes were measured on; nil where there was nothing.
    package var devices: [BenchmarkDevice]?

    package init(
        kernelVersion: String, instructionSet: String, processors: ProcessorAllowance, environmentRemoved: [String],
        elapsedSeconds: Double, axes: [AxisResult], curves: [Curve]? = nil, problems: [String]
    ) {
        schema = Self.schemaCurrent
        self.kernelVersion = kernelVersion
        self.instructionSet = instructionSet
        self.processors = processors
        self.environmentRemoved = environmentRemoved
        self.elapsedSeconds = elapsedSeconds
        self.axes = axes
        self.curves = curves
        self.problems = problems
    }

    /// Reads a report as the probe printed it.
    ///
    /// - Throws: ``BenchmarkError/tooLarge(bytes:)``, ``BenchmarkError/malformed(_:)`` or ``BenchmarkError/unknownSchema(_:)``.
    ///
    /// - Parameter isPublished: a file of `gcx bench --json`, which says more beside the report.
    package init(decoding data: Data, isPublished: Bool = false) throws(BenchmarkError) {
        guard data.count <= BenchmarkLimits.reportBytesMax else { throw .tooLarge(bytes: data.count) }
        let decoded: Self
        do {
            let schema = try StrictJSON.decode(SchemaOnly.self, from: data, unknownFields: .tolerated).schema
            guard schema == Self.schemaCurrent else { throw BenchmarkError.unknownSchema(schema) }
            decoded = try StrictJSON.decode(
                Self.self, from: data, unknownFields: isPublished ? .tolerated : .refused)
        } catch let error as BenchmarkError {
            throw error
        } catch {
            throw .malformed(ForeignError.words(error))
        }
        self = decoded
    }

    /// The document as bytes: sorted keys, so that equal reports have equal digests.
    package func encoded() throws(BenchmarkError) -> Data {
        do { return Data(try CanonicalJSON.bytes(self)) } catch { throw .malformed(ForeignError.words(error)) }
    }

    private struct SchemaOnly: Decodable {
        let schema: Int
    }
}

/// The processors that the probe was allowed to use, and those it used.
package struct ProcessorAllowance: Codable, Equatable, Sendable {
    /// Processors of the machine that are online.
    package var online: Int
    /// By number: what affinity and cpuset leave.
    package var allowed: [Int]
    /// One of `allowed` per physical core, no more than the quota gives work: where the threads were pinned.
    package var used: [Int]
    /// Processors' worth of time that the tightest cgroup above the probe grants; nil without a quota.
    package var quotaProcessors: Double?
    /// All hardware threads of the cores in `used` that are allowed; nil where no core has a second one.
    package var hardwareThreads: [Int]?
    /// Whether the clock may rise above its nominal rate; nil where the kernel does not tell, as in most virtual machines.
    package var boost: Bool?
    /// Threads that the user asked for, where fewer than the cores.
    package var threadsWanted: Int?

    /// Whether the quota lets so many threads run all the time.
    // bounded: of Doubles
    package func feeds(_ threads: Int) -> Bool { quotaProcessors.map { $0 >= Double(threads) } ?? true }

    package init(online: Int, allowed: [Int], used: [Int], quotaProcessors: Double?) {
        self.online = online
        self.allowed = allowed
        self.used = used
        self.quotaProcessors = quotaProcessors
    }
}

/// One timed run.
package struct Sample: Codable, Equatable, Sendable {
    /// In the unit of the benchmark.
    package var value: Double
    /// Least share of the wall time that any of the threads had its processor, or for storage did not wait for one; nil where
    /// the kernel does not tell.
    package var processorShare: Double?

    package init(value: Double, processorShare: Double?) {
        self.value = value
        self.processorShare = processorShare
    }

    /// False when something else ran on one of the processors meanwhile.
    package var isUndisturbed: Bool { (processorShare ?? 1) >= BenchmarkLimits.processorShareMin }
}

/// Why sampling stopped.
package enum Ending: String, Codable, Sendable {
    /// As many undisturbed samples as wanted, within the spread.
    case steady
    /// The time of this axis was used up.
    case time
    /// ``BenchmarkLimits/repeatsMax`` times as many undisturbed samples as wanted still differed too much, or there were
    /// ``BenchmarkLimits/samplesMax`` of all kinds.
    case repeats
    /// The bytes that may be written were written.
    case bytes
}

/// Everything that was seen of one benchmark.
package struct AxisResult: Codable, Equatable, Sendable {
    /// As in ``Benchmark/name``.
    package var name: String
    package var unit: BenchmarkUnit
    package var threads: Int
    /// Bytes that the threads worked on together; 0 for what lives in registers.
    package var workingSetBytes: UInt64
    /// The instructions chosen, where the report's own instruction set does not tell; nil elsewhere.
    package var instructions: String?
    /// In the order taken, disturbed ones too.
    package var samples: [Sample]
    package var ended: Ending
    /// Of the undisturbed samples; nil when there are none.
    package var statistics: Statistics?
    /// The figure by the benchmark's statistic; nil when there are no undisturbed samples.
    package var value: Double?
    /// What no run can exceed, in the same unit, from threads, instruction set and measured clock; nil where unknown.
    package var limit: Double?
    package var disturbance: Disturbance
    /// What could not be done as defined.
    package var conditions: [Flag]
    /// All that is to be known, sorted.
    package var flags: [Flag]
    /// Whether the figure may become a fact.
    package var steady: Bool

    /// Derives figure, flags and verdict from what was seen.
    package init(
        _ benchmark: Benchmark, threads: Int, workingSetBytes: UInt64, samples: [Sample], ended: Ending, limit: Double?,
        disturbance: Disturbance, conditions: [Flag]
    ) {
        name = benchmark.name
        unit = benchmark.unit
        self.threads = threads
        self.workingSetBytes = workingSetBytes
        self.samples = samples
        self.ended = ended
        self.limit = limit
        self.disturbance = disturbance
        self.conditions = conditions
        flags = []
        steady = false
        judge(by: benchmark)
    }

    /// The values of the undisturbed samples, in the order taken.
    package var keptValues: [Double] { samples.filter(\.isUndisturbed).map(\.value) }

    private mutating func judge(by benchmark: Benchmark) {
        statistics = Statistics(keptValues)
        value = statistics.map(benchmark.statistic.value(of:))
        let found = benchmark.validity.flags(self)
        flags = found.sorted()
        steady = benchmark.validity.isSteady(found)
    }

    /// The same axis judged again from its samples, so that a stored verdict is never taken on trust.
    package func judged(by benchmark: Benchmark) -> AxisResult {
        var again = self
        again.judge(by: benchmark)
        return again
    }
}
