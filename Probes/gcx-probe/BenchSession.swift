import CKernels
import GCXBenchmark
import Glibc

/// One run: the axes one after the other, never two at once, within the time given.
final class BenchSession {
    private let options: BenchOptions
    private let cgroup: BenchCgroup
    private let processors: ProcessorAllowance
    private let team: BenchTeam
    private let isa: gcx_isa
    private let ticksPerSecond: Double
    private var soloMade: BenchTeam?
    private var arenaMade: BenchArena?
    private var fileMade: BenchFile?
    /// The fastest that the cores were seen in this run, Hz: an interrupted look is too slow, none is too fast.
    private var clockBest = 0.0
    private var problems: [String] = []

    init(options: BenchOptions) throws(BenchFailure) {
        self.options = options
        cgroup = .live()
        processors = try BenchAllowance.read(cgroup: cgroup)
        team = try BenchTeam(processors: processors.used)
        isa = gcx_isa_best()
        ticksPerSecond = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    }

    /// Measures every axis asked for; what fails is a problem of the report and not its end.
    func run() -> BenchmarkReport {
        let begin = gcx_now_nanoseconds()
        let end = begin + UInt64(options.seconds * 1e9)
        let axes = options.benchmarks.indices.compactMap { measured(at: $0, runEnd: end) }
        let curves = curves(until: end)
        return BenchmarkReport(
            kernelVersion: GCX_KERNELS_VERSION, instructionSet: String(cString: gcx_isa_name(isa)),
            processors: processors,
            environmentRemoved: options.environmentRemoved,
            elapsedSeconds: Double(gcx_now_nanoseconds() - begin) / 1e9, axes: axes,
            curves: curves, problems: problems)
    }

    /// Drawn beside the latency of memory, in the time that is left.
    private func curves(until end: UInt64) -> [Curve]? {
        guard options.benchmarks.contains(where: { $0.name == Benchmark.latencyDRAM.name }) else { return nil }
        do {
            let curve = try BenchLatencyCurve(team: try solo(), cgroup: cgroup, deadline: end).measured()
            return curve.points.isEmpty ? nil : [curve]
        } catch {
            problems.append("memory.latency over size: \(error)")
            return nil
        }
    }

    /// What an axis before did not use is shared out by weight among those still to come. Asked once the axis is ready, for
    /// touching the arrays takes longer than streaming them.
    private func deadline(of index: Int, end: UInt64) -> UInt64 {
        let now = gcx_now_nanoseconds()
        let left = options.benchmarks[index...].reduce(0) { $0 + $1.timeWeight }
        let share = options.benchmarks[index].timeWeight / left
        return now + UInt64(Double(end > now ? end - now : 0) * share)
    }

    private func measured(at index: Int, runEnd: UInt64) -> AxisResult? {
        let benchmark = options.benchmarks[index]
        // For whoever watches; what is measured goes to standard output, once, at the end.
        Output.complain("axis \(benchmark.name)\n")
        do {
            var measurement = try measurement(of: benchmark, runEnd: runEnd)
            return try sampled(benchmark, &measurement, until: deadline(of: index, end: runEnd))
        } catch {
            problems.append("\(benchmark.name): \(error)")
            return nil
        }
    }

    private func sampled(_ benchmark: Benchmark, _ measurement: inout any BenchMeasurement, until deadline: UInt64)
        throws(BenchFailure) -> AxisResult
    {
        let clock = BenchClock(team: team)
        let clockBefore = clock.glance()
        let before = BenchReading.take(cgroup: cgroup)
        let (samples, ending) = try BenchSampler(benchmark: benchmark, deadline: deadline).collect(&measurement)
        let after = BenchReading.take(cgroup: cgroup)
        let clockAfter = clock.glance()
        let best = samples.map(\.value).max() ?? 0
        clockBest = max(clockBest, clockBefore, clockAfter)
        return AxisResult(
            benchmark, threads: measurement.threads, workingSetBytes: measurement.workingSetBytes, samples: samples,
            ended: ending, limit: measurement.limit(value: best, clockHertz: clockBest),
            disturbance: after.disturbance(
                since: before, used: processors.used, ticksPerSecond: ticksPerSecond,
                clocks: (before: clockBefore, after: clockAfter)),
            conditions: measurement.conditions)
    }

    /// The kernel behind each name of the registry.
    private func measurement(of benchmark: Benchmark, runEnd: UInt64) throws(BenchFailure) -> any BenchMeasurement {
        switch benchmark.name {
        case Benchmark.clock.name: BenchClock(team: team)
        case Benchmark.fp64RateOne.name: BenchFMA(.fp64, team: try solo(), isa: isa)
        case Benchmark.fp64Rate.name: BenchFMA(.fp64, team: team, isa: isa)
        case Benchmark.fp32RateOne.name: BenchFMA(.fp32, team: try solo(), isa: isa)
        case Benchmark.fp32Rate.name: BenchFMA(.fp32, team: team, isa: isa)
        case Benchmark.sha256One.name: try BenchCrypto(.sha256, team: try solo())
        case Benchmark.sha256.name: try BenchCrypto(.sha256, team: team)
        case Benchmark.aesGCMOne.name: try BenchCrypto(.aesGCM, team: try solo())
        case Benchmark.aesGCM.name: try BenchCrypto(.aesGCM, team: team)
        case Benchmark.matrixProduct.name: try BenchMatrixProduct(team: team, isa: isa)
        case Benchmark.memoryTriad.name: try BenchBandwidth.triad(team, arena(until: runEnd))
        case Benchmark.memoryCopy.name: try BenchBandwidth.copy(team, arena(until: runEnd))
        case Benchmark.memoryWrite.name: try BenchBandwidth.write(team, arena(until: runEnd))
        case Benchmark.memoryReadOne.name: try BenchBandwidth.read(try solo(), arena(until: runEnd))
        case Benchmark.memoryRead.name: try BenchBandwidth.read(team, arena(until: runEnd))
        case Benchmark.latencyL1.name: try latency(.l1)
        case Benchmark.latencyL2.name: try latency(.l2)
        case Benchmark.latencyL3.name: try latency(.l3)
        case Benchmark.latencyDRAM.name: try latency(.dram)
        case Benchmark.diskRead.name: try BenchDiskRead(file: try file())
        case Benchmark.diskWrite.name: BenchDiskWrite(file: try file())
        case Benchmark.diskRandomRead.name: try BenchDiskRandom(file: try file(), writes: false)
        case Benchmark.diskRandomReadDeep.name: try BenchDiskRandom(file: try file(), writes: false, depth: 32)
        case Benchmark.diskRandomWrite.name: try BenchDiskRandom(file: try file(), writes: true)
        case Benchmark.diskRandomWriteDeep.name: try BenchDiskRandom(file: try file(), writes: true, depth: 32)
        case Benchmark.diskSync.name, Benchmark.diskSyncSlow.name: BenchDiskSync(file: try file())
        case Benchmark.loopback.name: try BenchLoopback(processors: processors.used)
        default: throw .noKernel(benchmark.name)
        }
    }

    /// A team of one, on the first processor.
    private func solo() throws(BenchFailure) -> BenchTeam {
        if let soloMade { return soloMade }
        let solo = try BenchTeam(processors: Array(processors.used.prefix(1)))
        soloMade = solo
        return solo
    }

    private func latency(_ level: BenchLatency.Level) throws(BenchFailure) -> BenchLatency {
        try BenchLatency(level, team: try solo(), processor: processors.used[0], cgroup: cgroup)
    }

    private func arena(until deadline: UInt64) throws(BenchFailure) -> BenchArena {
        if let arenaMade { return arenaMade }
        let arena = try BenchArena(
            team: team, isa: isa, processors: processors.used, cgroup: cgroup, deadline: deadline)
        arenaMade = arena
        return arena
    }

    private func file() throws(BenchFailure) -> BenchFile {
        if let fileMade { return fileMade }
        let file = try BenchFile(directory: options.directory, bytesMax: options.bytesMax)
        fileMade = file
        return file
    }
}

/// Takes samples until there are enough good ones, or the time or the patience is used up.
struct BenchSampler {
    let benchmark: Benchmark
    /// Of ``gcx_now_nanoseconds``.
    let deadline: UInt64

    func collect(_ measurement: inout any BenchMeasurement) throws(BenchFailure) -> ([Sample], Ending) {
        let rule = benchmark.validity
        let samplesMax = min(BenchmarkLimits.samplesMax, rule.samplesWanted * BenchmarkLimits.repeatsMax)
        var samples: [Sample] = []
        while !isSettled(samples) {
            guard samples.count < samplesMax else { return (samples, .repeats) }
            // The minimum is taken even when the time is short: a figure with too few samples is none at all.
            guard samples.count < rule.samplesMin || gcx_now_nanoseconds() < deadline else { return (samples, .time) }
            guard let sample = try measurement.sample() else { return (samples, .bytes) }
            samples.append(sample)
        }
        return (samples, .steady)
    }

    private func isSettled(_ samples: [Sample]) -> Bool {
        let kept = samples.filter(\.isUndisturbed).map(\.value)
        guard kept.count >= benchmark.validity.samplesWanted, let statistics = Statistics(kept) else { return false }
        return benchmark.validity.spread.value(of: statistics) <= benchmark.validity.spreadMax
    }
}
