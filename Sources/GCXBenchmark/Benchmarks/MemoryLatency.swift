extension Benchmark {
    /// Result: ps a load.
    package static let latencyL1 = latency("l1", "L1 cache", "half of the first-level data cache", 0.5)
    /// Result: ps a load.
    package static let latencyL2 = latency("l2", "L2 cache", "a quarter of the second-level cache", 0.5)
    /// Result: ps a load. Absent where there is no third level.
    package static let latencyL3 = latency(
        "l3", "L3 cache", "four times the second-level cache, a quarter of the third level and 8 MiB at the most", 0.5)
    /// Result: ps a load.
    package static let latencyDRAM = latency(
        "dram", "memory", "four times the last-level cache and at least 256 MiB", 1.5)

    /// Result: ps a load, page walks and all.
    package static let latencyDRAMSmallPages = latency(
        "dram.small-pages", "memory, 4K pages", "four times the last-level cache and at least 256 MiB", 1,
        pages: "on pages of the base size, so that the walks through the page table are in the figure")

    private static func latency(
        _ name: String, _ title: String, _ workingSet: String, _ timeWeight: Double,
        pages: String = "on huge pages where there are any"
    ) -> Benchmark {
        Benchmark(
            name: "memory.latency.\(name)",
            unit: .picoseconds,
            title: "latency, \(title)",
            definition: """
                A chain of dependent loads, each of which holds the address of the next, over lines of 64 bytes in a random \
                cycle through all of them; the working set is \(workingSet), \(pages). One thread, \
                pinned to the first allowed core. A sample lasts about 4 ms and goes on where the one before ended.
                """,
            statistic: .median,
            validity: .latency,
            splitting: .maximum,
            timeWeight: timeWeight)
    }
}

extension ValidityRule {
    /// Smaller is better here, so the figure is the median and not the second best.
    static let latency = ValidityRule(
        samplesWanted: 21, samplesMin: 5, spread: .relativeDeviation, spreadMax: 0.1, ignoring: [],
        voidedBy: [.throttled, .beyondQuota, .majorFaults, .smallWorkingSet],
        reason: """
            Of quiet runs the samples of caches and of memory lie within 2 %; a last-level cache that neighbours share was \
            seen between 14 and 90 ns, which is beyond any figure.
            """)
}
