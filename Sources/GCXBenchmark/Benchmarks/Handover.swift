extension Benchmark {
    /// Result: ps one way. Absent where there is one core.
    package static let handover = Benchmark(
        name: "cpu.handover.pair",
        unit: .picoseconds,
        title: "handover, two cores",
        definition: """
            Two threads pinned to the first two allowed cores hand one cache line to and fro, each waiting for the other; the \
            figure is one way. A sample lasts about 2 ms. Where it jumps between runs, a hypervisor moves the cores: tens of \
            nanoseconds are cores that share a cache, hundreds are cores that do not, and bandwidths change with it.
            """,
        statistic: .median,
        validity: .handover,
        splitting: .maximum,
        timeWeight: 0.5)
}

extension ValidityRule {
    /// What the two do to each other is the figure, and a hypervisor moves them.
    static let handover = ValidityRule(
        samplesWanted: 21, samplesMin: 5, spread: .relativeDeviation, spreadMax: 0.25, ignoring: [],
        voidedBy: [.neighboured, .throttled, .beyondQuota, .majorFaults],
        reason: """
            The pair was seen at 26 to 44 ns and at 213 ns on one virtual machine, within seconds; samples of one place lie within a \
            quarter, and beyond it they come from several.
            """)
}
