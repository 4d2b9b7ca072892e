extension Benchmark {
    /// Result: flop/s of all cores together.
    package static let fp64Rate = Benchmark(
        name: "cpu.fp64.all",
        unit: .flopsPerSecond,
        title: "FP64 rate, all cores",
        definition: """
            Independent chains of FP64 fused multiply-adds in registers (12 to 24 of the widest vectors of the instruction \
            set), one pinned thread per allowed physical core, started together; an FMA counts as two operations. A sample \
            lasts about 4 ms, from the first thread's start to the last one's end.
            """,
        statistic: .secondBest,
        validity: .processor,
        splitting: .proportional,
        timeWeight: 2)
}
