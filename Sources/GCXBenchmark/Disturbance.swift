/// What else the machine did while an axis ran. A value that could not be read is nil, never zero.
package struct Disturbance: Codable, Equatable, Sendable {
    /// Length of the window that the readings cover.
    package var windowSeconds: Double
    /// Cores' worth of CPU that other processes used, on the whole machine.
    package var otherCores: Double?
    /// Of it, what ran on processors that the axis did not use.
    package var besideCores: Double?
    /// Share of the wall time of the processors that the hypervisor took.
    package var stealShare: Double?
    /// Times that a cgroup above the probe stopped it for its quota.
    package var throttledPeriods: UInt64?
    /// Effective clock of the slowest core, Hz, just before and just after.
    package var clockBeforeHertz: Double?
    package var clockAfterHertz: Double?
    /// Shares of the time in which some task was stalled, by resource: `cpu`, `memory`, `io`.
    package var pressureShares: [String: Double]
    /// Faults of the probe that were served from a disk.
    package var majorFaults: UInt64
    /// Times that the probe was taken off a processor against its will.
    package var involuntarySwitches: UInt64

    package init(
        windowSeconds: Double, otherCores: Double?, besideCores: Double?, stealShare: Double?,
        throttledPeriods: UInt64?,
        clockBeforeHertz: Double?, clockAfterHertz: Double?, pressureShares: [String: Double], majorFaults: UInt64,
        involuntarySwitches: UInt64
    ) {
        self.windowSeconds = windowSeconds
        self.otherCores = otherCores
        self.besideCores = besideCores
        self.stealShare = stealShare
        self.throttledPeriods = throttledPeriods
        self.clockBeforeHertz = clockBeforeHertz
        self.clockAfterHertz = clockAfterHertz
        self.pressureShares = pressureShares
        self.majorFaults = majorFaults
        self.involuntarySwitches = involuntarySwitches
    }

    /// The gates that these readings pass over.
    package var flags: Set<Flag> {
        var flags: Set<Flag> = []
        if exceeds(otherCores, BenchmarkLimits.otherCoresMax) { flags.insert(.contended) }
        if exceeds(besideCores, BenchmarkLimits.otherCoresMax) { flags.insert(.neighboured) }
        if exceeds(stealShare, BenchmarkLimits.stealShareMax) { flags.insert(.stolen) }
        if (throttledPeriods ?? 0) > 0 { flags.insert(.throttled) }
        if clockSag > BenchmarkLimits.clockSagMax { flags.insert(.clockSag) }
        // A team waits for processors by itself when it starts; of processors, what others use says more.
        if pressureShares.contains(where: { $0.key != "cpu" && $0.value > BenchmarkLimits.pressureShareMax }) {
            flags.insert(.pressure)
        }
        if majorFaults > 0 { flags.insert(.majorFaults) }
        return flags
    }

    /// Tick counters only gate what is larger than their own resolution in this window.
    private func exceeds(_ reading: Double?, _ bound: Double) -> Bool {
        guard let reading, windowSeconds > 0 else { return false }
        return reading > max(bound, BenchmarkLimits.statResolutionSeconds / windowSeconds)  // bounded: of Doubles
    }

    /// Share of the clock that was lost; negative when it rose, 0 when unknown.
    private var clockSag: Double {
        guard let clockBeforeHertz, let clockAfterHertz, clockBeforeHertz > 0 else { return 0 }
        return 1 - clockAfterHertz / clockBeforeHertz  // bounded: of Doubles
    }
}
