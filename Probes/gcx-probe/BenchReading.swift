import CKernels
import GCXBenchmark
import Glibc

/// What the kernel counts about the machine and this process at one moment; two of them make a `Disturbance`.
struct BenchReading {
    /// Ticks of one processor since boot.
    struct Processor: Equatable {
        var busy: UInt64
        var steal: UInt64
    }

    var nanoseconds: UInt64
    /// By processor number; nil without a readable `/proc/stat`.
    var processors: [Int: Processor]?
    var ownSeconds: Double
    var majorFaults: UInt64
    var involuntarySwitches: UInt64
    var throttledPeriods: UInt64?
    /// Microseconds in which some task was stalled, by resource.
    var pressure: [String: UInt64]

    static func take(cgroup: BenchCgroup) -> BenchReading {
        var usage = rusage()
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return BenchReading(
            nanoseconds: gcx_now_nanoseconds(), processors: BenchSystem.text("/proc/stat").flatMap(processors(stat:)),
            ownSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime), majorFaults: UInt64(usage.ru_majflt),
            involuntarySwitches: UInt64(usage.ru_nivcsw), throttledPeriods: cgroup.throttledPeriods,
            pressure: pressure())
    }

    /// The lines `cpuN` of `/proc/stat` (proc_stat(5)): guest time is already in user time, waiting for a disk is idle.
    static func processors(stat: String) -> [Int: Processor]? {
        var found: [Int: Processor] = [:]
        for line in stat.split(separator: "\n") where line.hasPrefix("cpu") && !line.hasPrefix("cpu ") {
            let words = line.split(separator: " ")
            let ticks = words.dropFirst().compactMap { UInt64($0) }
            guard let cpu = Int(words[0].dropFirst(3)), ticks.count >= 8 else { return nil }
            found[cpu] = Processor(busy: ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6], steal: ticks[7])
        }
        return found.isEmpty ? nil : found
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

    /// The `some` totals of `/proc/pressure`; a kernel without PSI has none.
    private static func pressure() -> [String: UInt64] {
        var totals: [String: UInt64] = [:]
        for resource in ["cpu", "memory", "io"] {
            totals[resource] = BenchSystem.text("/proc/pressure/\(resource)").flatMap(stalledMicroseconds(pressure:))
        }
        return totals
    }

    static func stalledMicroseconds(pressure: String) -> UInt64? {
        let line = pressure.split(separator: "\n").first { $0.hasPrefix("some ") }
        let word = line?.split(separator: " ").first { $0.hasPrefix("total=") }
        return word.flatMap { UInt64($0.dropFirst("total=".count)) }
    }
}

extension BenchReading {
    /// What happened between `earlier` and this reading.
    ///
    /// - Parameters:
    ///   - used: processors that the axis used.
    ///   - clocks: the slowest core's clock before and after, Hz.
    func disturbance(
        since earlier: BenchReading, used: [Int], ticksPerSecond: Double, clocks: (before: Double?, after: Double?)
    ) -> Disturbance {
        let window = Double(nanoseconds - earlier.nanoseconds) / 1e9
        let busy = ticks(since: earlier, \.busy).map { $0.mapValues { Double($0) / ticksPerSecond / window } }
        let stolen = ticks(since: earlier, \.steal).map { $0.values.reduce(0, +) }
        let own = (ownSeconds - earlier.ownSeconds) / window
        return Disturbance(
            windowSeconds: window,
            otherCores: busy.map { max(0, $0.values.reduce(0, +) - own) },
            besideCores: busy.map { $0.filter { !used.contains($0.key) }.values.reduce(0, +) },
            stealShare: stolen.map { Double($0) / ticksPerSecond / window / Double(max(1, processors?.count ?? 1)) },
            throttledPeriods: difference(throttledPeriods, earlier.throttledPeriods),
            clockBeforeHertz: clocks.before, clockAfterHertz: clocks.after,
            pressureShares: pressureShares(since: earlier, window: window),
            majorFaults: majorFaults - earlier.majorFaults,
            involuntarySwitches: involuntarySwitches - earlier.involuntarySwitches)
    }

    private func ticks(since earlier: BenchReading, _ field: KeyPath<Processor, UInt64>) -> [Int: UInt64]? {
        guard let processors, let before = earlier.processors else { return nil }
        return processors.reduce(into: [:]) { result, entry in
            guard let old = before[entry.key] else { return }
            result[entry.key] = difference(entry.value[keyPath: field], old[keyPath: field])
        }
    }

    private func pressureShares(since earlier: BenchReading, window: Double) -> [String: Double] {
        pressure.reduce(into: [:]) { shares, entry in
            guard let stalled = difference(entry.value, earlier.pressure[entry.key]) else { return }
            shares[entry.key] = Double(stalled) / 1e6 / window
        }
    }

    /// Nil when either is unknown; 0 when a counter went back, as `/proc/stat` may by a tick.
    private func difference(_ later: UInt64?, _ earlier: UInt64?) -> UInt64? {
        guard let later, let earlier else { return nil }
        return later > earlier ? later - earlier : 0
    }
}
