import CKernels
import GCXBenchmark
import Glibc

/// One run: the axes one after the other, never two at once, within the time given.
final class BenchSession {
    let options: BenchOptions
    /// What is measured: what the user asked for and the time is long enough for.
    let benchmarks: [Benchmark]
    let cgroup: BenchCgroup
    let processors: ProcessorAllowance
    let isa: gcx_isa
    private let ticksPerSecond: Double
    let groups: [[Int]]
    var teamMade: BenchTeam?
    var soloMade: BenchTeam?
    var peerMade: PeerClient?
    var arenaMade: BenchArena?
    var fileMade: BenchFile?
    /// Found, or why not, once in a run: a driver takes its time.
    var acceleratorsFound: Result<BenchAccelerators, BenchFailure>?
    var devices: [BenchmarkDevice]?
    /// The fastest that the cores were seen in this run, Hz: an interrupted look is too slow, none is too fast.
    private var clockBest = 0.0
    /// Of axes of one core, by what is before `.one`: what all cores together have to be held against.
    private var soloBest: [Substring: Double] = [:]
    /// What `memory.touched.all` touches: asked once, so that no more is held than was announced.
    private(set) lazy var touchedBytes = BenchTouch.bytes(cgroup: cgroup)
    private var failures = BenchReasons()
    private var absences = BenchReasons()

    /// Axes that share the arrays, which are given back after the last of them.
    static let arenaAxes: Set<String> = [
        Benchmark.memoryTriad.name, Benchmark.memoryCopy.name, Benchmark.memoryWrite.name,
        Benchmark.memoryReadOne.name, Benchmark.memoryRead.name,
    ]

    init(options: BenchOptions) throws(BenchFailure) {
        self.options = options
        benchmarks = options.benchmarks.filter { $0.secondsMin <= options.seconds }
        cgroup = .live()
        processors = try BenchAllowance.read(cgroup: cgroup, threads: options.threads)
        groups = BenchNodes.groups(of: processors.used)
        isa = gcx_isa_best()
        ticksPerSecond = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    }

    /// Measures every axis asked for; what fails is a problem of the report and not its end.
    func run() -> BenchmarkReport {
        let begin = gcx_now_nanoseconds()
        let end = begin + UInt64(options.seconds * 1e9)
        let announced = BenchMemoryPlan.bytes(
            benchmarks, processors: processors.used, groups: groups, touched: touchedBytes)
        Output.complain("memory \(announced)\n")
        for left in options.benchmarks where left.secondsMin > options.seconds {
            absences.add(left.name, "it needs a run of at least \(Int(left.secondsMin)) s")
        }
        // The curve takes what time is left, but before the axis that takes it all.
        let soak = benchmarks.firstIndex { $0.name == Benchmark.sustained.name } ?? benchmarks.endIndex
        var axes = benchmarks[..<soak].indices.compactMap { measured(at: $0, runEnd: end) }
        let curves = curves(until: end)
        axes += benchmarks[soak...].indices.compactMap { measured(at: $0, runEnd: end) }
        var report = unsafe BenchmarkReport(
            kernelVersion: GCX_KERNELS_VERSION, instructionSet: String(cString: gcx_isa_name(isa)),
            processors: processors,
            environmentRemoved: options.environmentRemoved,
            elapsedSeconds: Double(gcx_now_nanoseconds() - begin) / 1e9, axes: axes,
            curves: curves, problems: failures.list.map { "\($0.axes.joined(separator: ", ")): \($0.reason)" })
        report.skipped = absences.list.isEmpty ? nil : absences.list
        report.confinement = BenchConfinement.read()
        report.memory = MemoryUse(announcedBytes: announced, peakBytes: BenchMemoryPlan.peakBytes)
        report.storage = fileMade?.ground
        report.peer = peerMade?.end()
        report.devices = devices
        return report
    }

    /// Drawn beside the latency of memory, in the time that is left.
    private func curves(until end: UInt64) -> [Curve]? {
        guard benchmarks.contains(where: { $0.name == Benchmark.latencyDRAM.name }) else { return nil }
        do {
            let curve = try BenchLatencyCurve(team: try solo(), cgroup: cgroup, deadline: end).measured()
            return curve.points.isEmpty ? nil : [curve]
        } catch {
            failures.add("memory.latency over size", error.description)
            return nil
        }
    }

    /// What an axis before did not use is shared out by weight among those still to come. Asked once the axis is ready, for
    /// touching the arrays takes longer than streaming them.
    private func deadline(of index: Int, end: UInt64) -> UInt64 {
        let now = gcx_now_nanoseconds()
        let left = benchmarks[index...].reduce(0) { $0 + $1.timeWeight }
        let share = benchmarks[index].timeWeight / left
        return now + UInt64(Double(end > now ? end - now : 0) * share)
    }

    private func measured(at index: Int, runEnd: UInt64) -> AxisResult? {
        let benchmark = benchmarks[index]
        // For whoever watches; what is measured goes to standard output, once, at the end.
        Output.complain("axis \(benchmark.name)\n")
        if benchmarks[index...].allSatisfy({ !Self.arenaAxes.contains($0.name) }) { arenaMade = nil }
        if benchmarks[index...].allSatisfy({ !$0.isOfAccelerator }) { acceleratorsFound = nil }
        do throws(BenchFailure) {
            var measurement = try measurement(of: benchmark, runEnd: runEnd)
            return try sampled(benchmark, &measurement, until: deadline(of: index, end: runEnd))
        } catch {
            if let absence = error.absence {
                absences.add(benchmark.name, absence)
            } else {
                failures.add(benchmark.name, error.description)
            }
            return nil
        }
    }

    private func sampled(_ benchmark: Benchmark, _ measurement: inout any BenchMeasurement, until deadline: UInt64)
        throws(BenchFailure) -> AxisResult
    {
        let clock = BenchClock(team: try team)
        let clockBefore = clock.glance()
        let before = BenchReading.take(cgroup: cgroup)
        try measurement.prepare()
        let alone = alone(benchmark, threads: measurement.threads)
        let whole = AxisGroup(axis: benchmark.name) == .processor ? alone : 0
        let (samples, ending) = try BenchSampler(benchmark: benchmark, deadline: deadline, whole: whole)
            .collect(&measurement)
        let after = BenchReading.take(cgroup: cgroup)
        let clockAfter = clock.glance()
        let best = samples.map(\.value).max() ?? 0
        clockBest = max(clockBest, clockBefore, clockAfter)
        if let family = Self.family(of: benchmark, ".one") { soloBest[family] = best }
        var axis = AxisResult(
            benchmark, threads: measurement.threads, workingSetBytes: measurement.workingSetBytes, samples: samples,
            ended: ending,
            limit: measurement.limit(value: max(best, alone), clockHertz: clockBest),
            disturbance: after.disturbance(
                since: before, used: processors.used, ticksPerSecond: ticksPerSecond,
                clocks: (before: clockBefore, after: clockAfter)),
            conditions: measurement.conditions + (processors.feeds(measurement.threads) ? [] : [.beyondQuota]))
        axis.instructions = measurement.instructions
        return axis
    }
}

extension BenchSession {
    /// What all cores do if each does what one did alone; 0 for other axes, and where that is not known.
    private func alone(_ benchmark: Benchmark, threads: Int) -> Double {
        Self.family(of: benchmark, ".all").flatMap { soloBest[$0] }.map { $0 * Double(threads) } ?? 0
    }

    /// What is before the ending, where the name has it.
    private static func family(of benchmark: Benchmark, _ ending: String) -> Substring? {
        benchmark.name.hasSuffix(ending) ? benchmark.name.dropLast(ending.count) : nil
    }
}
