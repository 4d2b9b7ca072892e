extension Benchmark {
    /// Result: flop/s of all cores together.
    package static let sustained = Benchmark(
        name: "cpu.sustained.all",
        unit: .flopsPerSecond,
        title: "FP64 product, sustained",
        definition: """
            The FP64 matrix product again, after all cores have done nothing else for a minute: what is left when \
            processors are warm, boost is spent and a cloud's credits are used up. Compare it with cpu.gemm.fp64.all; the \
            clocks of its record were taken before that minute and at the end. A sample is one product.
            """,
        statistic: .median,
        validity: ValidityRule(
            samplesWanted: 21, samplesMin: 3, spread: .relativeDeviation, spreadMax: 0.05, ignoring: [],
            voidedBy: [.neighboured, .throttled, .beyondQuota, .majorFaults],
            reason: """
                What cannot be sustained is the figure and no flaw of it, so a clock that fell is told and does not void it. \
                Quiet products lie within 3 %.
                """),
        splitting: .proportional,
        timeWeight: 60,
        secondsMin: 90)
}
