extension Benchmark {
    /// Result: bytes.
    package static let memoryTouched = Benchmark(
        name: "memory.touched.all",
        unit: .bytes,
        title: "memory touched",
        definition: """
            Half of the memory that is available, within every limit above this process, is written and read again: each page \
            of 4 KiB holds a mark of its own, so that no page stands in for another. The figure is what held its mark after all was \
            written; after ten seconds no more is written. What came back from a swap area is no memory and voids it.
            """,
        statistic: .median,
        validity: ValidityRule(
            samplesWanted: 1, samplesMin: 1, spread: .relativeDeviation, spreadMax: 1,
            ignoring: [.contended, .neighboured, .stolen, .throttled, .beyondQuota, .clockSag],
            voidedBy: [.majorFaults],
            reason: "It is a count: what else runs makes it slower and not smaller, except by its own memory."),
        splitting: .proportional,
        timeWeight: 5,
        secondsMin: 30)
}
