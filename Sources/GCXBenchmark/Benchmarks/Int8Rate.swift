extension Benchmark {
    /// Result: op/s of all cores together.
    package static let int8Rate = Benchmark(
        name: "cpu.int8.all",
        unit: .operationsPerSecond,
        title: "INT8 rate, all cores",
        definition: """
            Independent chains of dot products of bytes added to 32-bit sums, in registers, by the best instructions that the \
            processor has for them (VNNI, the dot products of Arm, or multiplications and additions; the record names them); \
            \(BenchmarkThreads.all.definition). A multiplication and its addition count as two operations. A sample lasts about 4 ms.
            """,
        statistic: .secondBest,
        validity: .processor,
        splitting: .proportional,
        timeWeight: 0.5)
}
