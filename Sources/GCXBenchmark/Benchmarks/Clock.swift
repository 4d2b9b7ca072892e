extension Benchmark {
    /// Result: Hz of the slowest core, every core busy.
    package static let clock = Benchmark(
        name: "cpu.clock.all",
        unit: .hertz,
        title: "clock, all cores busy",
        definition: """
            A chain of dependent additions of two registers, one cycle each on every core in use, timed by \
            CLOCK_MONOTONIC_RAW on one pinned thread per allowed physical core, all at once. A sample is 8 million \
            additions (about 2 ms) per thread; its value is that of the slowest thread.
            """,
        statistic: .secondBest,
        validity: .processor,
        splitting: .minimum,
        timeWeight: 0.5)
}

extension ValidityRule {
    /// For figures made by the cores alone.
    static let processor = ValidityRule(
        samplesWanted: 21, samplesMin: 5, spread: .capacity, spreadMax: 0.03, ignoring: [],
        voidedBy: [.neighboured, .throttled, .beyondQuota, .majorFaults],
        reason: """
            A quiet run's samples lie within 1 % of their median, and a boost clock drifts by 1 or 2 %. Samples during which \
            a thread lost its processor are repeated, so being contended does not void the figure; nor does steal, as long as \
            it leaves half of the samples within 3 %, for the figure is the second best. Busy processors beside those \
            measured and a quota do, because they slow all samples alike. Of five samples, three lie below the second best.
            """)
}
