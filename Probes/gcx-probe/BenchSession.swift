import CKernels
import GCXBenchmark
import Glibc

/// One run: the axes one after the other, never two at once, within the time given.
final class BenchSession {
    let options: BenchOptions
    let cgroup: BenchCgroup
    let processors: ProcessorAllowance
    let team: BenchTeam
    let isa: gcx_isa
    private let ticksPerSecond: Double
    let groups: [[Int]]
    var soloMade: BenchTeam?
    var peerMade: PeerClient?
    var arenaMade: BenchArena?
    var fileMade: BenchFile?
    /// Found, or why not, once in a run: a driver takes its time.
    var acceleratorsFound: Result<BenchAccelerators, BenchFailure>?
    var devices: [BenchmarkDevice]?
    /// The fastest that the cores were seen in this run, Hz: an interrupted look is too slow, none is too fast.
    private var clockBest = 0.0
    private var failures = BenchReasons()
    private var absences = BenchReasons()

    /// Axes that share the arrays, which are given back after the last of them.
    static let arenaAxes: Set<String> = [
        Benchmark.memoryTriad.name, Benchmark.memoryCopy.name, Benchmark.memoryWrite.name,
        Benchmark.memoryReadOne.name, Benchmark.memoryRead.name,
    ]

    init(options: BenchOptions) throws(BenchFailure) {
        self.options = options
        cgroup = .live()
        processors = try BenchAllowance.read(cgroup: cgroup, threads: options.threads)
        groups = BenchNodes.groups(of: processors.used)
        team = try BenchTeam(processors: processors.used)
        isa = gcx_isa_best()
        ticksPerSecond = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    }

    /// Measures every axis asked for; what fails is a problem of the report and not its end.
    func run() -> BenchmarkReport {
        let begin = gcx_now_nanoseconds()
        let end = begin + UInt64(options.seconds * 1e9)
        let announced = BenchMemoryPlan.bytes(options.benchmarks, processors: processors.used, groups: groups)
        Output.complain("memory \(announced)\n")
        let axes = options.benchmarks.indices.compactMap { measured(at: $0, runEnd: end) }
        let curves = curves(until: end)
        var report = BenchmarkReport(
            kernelVersion: GCX_KERNELS_VERSION, instructionSet: String(cString: gcx_isa_name(isa)),
            processors: processors,
            environmentRemoved: options.environmentRemoved,
            elapsedSeconds: Double(gcx_now_nanoseconds() - begin) / 1e9, axes: axes,
            curves: curves, problems: failures.list.map { "\($0.axes.joined(separator: ", ")): \($0.reason)" })
        report.skipped = absences.list.isEmpty ? nil : absences.list
        report.confinement = BenchConfinement.read()
        report.memory = MemoryUse(announcedBytes: announced, peakBytes: BenchMemoryPlan.peakBytes)
        report.peer = peerMade?.end()
        report.devices = devices
        return report
    }

    /// Drawn beside the latency of memory, in the time that is left.
    private func curves(until end: UInt64) -> [Curve]? {
        guard options.benchmarks.contains(where: { $0.name == Benchmark.latencyDRAM.name }) else { return nil }
        do {
            let curve = try BenchLatencyCurve(team: try solo(), cgroup: cgroup, deadline: end).measured()
            return curve.points.isEmpty ? nil : [curve]
        } catch {
            failures.add("memory.latency over size", "\(error)")
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
        if options.benchmarks[index...].allSatisfy({ !Self.arenaAxes.contains($0.name) }) { arenaMade = nil }
        if options.benchmarks[index...].allSatisfy({ !$0.isOfAccelerator }) { acceleratorsFound = nil }
        do throws(BenchFailure) {
            var measurement = try measurement(of: benchmark, runEnd: runEnd)
            return try sampled(benchmark, &measurement, until: deadline(of: index, end: runEnd))
        } catch {
            if let absence = error.absence {
                absences.add(benchmark.name, absence)
            } else {
                failures.add(benchmark.name, "\(error)")
            }
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
}

/// Takes samples until there are enough good ones, or the time or the patience is used up.
struct BenchSampler {
    let benchmark: Benchmark
    /// Of ``gcx_now_nanoseconds``.
    let deadline: UInt64

    func collect(_ measurement: inout any BenchMeasurement) throws(BenchFailure) -> ([Sample], Ending) {
        let rule = benchmark.validity
        let keptMax = rule.samplesWanted * BenchmarkLimits.repeatsMax
        var samples: [Sample] = []
        while !isSettled(samples) {
            guard samples.count(where: \.isUndisturbed) < keptMax, samples.count < BenchmarkLimits.samplesMax else {
                return (samples, .repeats)
            }
            // Whoever has waited is let run for a while by the scheduler, so the next sample has a better chance.
            if samples.last?.isUndisturbed == false { gcx_pause(pauseNanoseconds) }
            // The minimum is taken even when the time is short: a figure with too few samples is none at all.
            guard samples.count < rule.samplesMin || gcx_now_nanoseconds() < deadline else { return (samples, .time) }
            guard let sample = try measurement.sample() else { return (samples, .bytes) }
            samples.append(sample)
        }
        return (samples, .steady)
    }

    /// After a disturbed sample: as long as most samples.
    var pauseNanoseconds: UInt32 = 4_000_000

    private func isSettled(_ samples: [Sample]) -> Bool {
        let kept = samples.filter(\.isUndisturbed).map(\.value)
        guard kept.count >= benchmark.validity.samplesWanted, let statistics = Statistics(kept) else { return false }
        return benchmark.validity.spread.value(of: statistics) <= benchmark.validity.spreadMax
    }
}

/// Reasons, each with the axes it is true of: a disk that is missing is told once.
struct BenchReasons {
    private(set) var list: [SkippedAxes] = []

    mutating func add(_ axis: String, _ reason: String) {
        guard let place = list.firstIndex(where: { $0.reason == reason }) else {
            return list.append(SkippedAxes(axes: [axis], reason: reason))
        }
        list[place].axes.append(axis)
    }
}
