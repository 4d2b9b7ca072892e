extension Benchmark {
    /// Result: op/s of all cores together; an operation is one round of the mix.
    package static let integerMix = integer(threads: .all)
    /// Result: op/s of one core, the others idle.
    package static let integerMixOne = integer(threads: .one)
    /// Result: op/s of all cores together, with every hardware thread of each. Absent where a core has one.
    package static let integerMixThreads = integer(threads: .hardware)

    private static func integer(threads: BenchmarkThreads) -> Benchmark {
        Benchmark(
            name: "cpu.integer.\(threads.suffix)",
            unit: .operationsPerSecond,
            title: "integer mix, \(threads.title)",
            definition: """
                What processors do all day, without wide vectors: one round compresses a block by matching what it has seen, \
                sorts 64-bit keys, parses text full of branches, and hashes; each part takes about a quarter of \
                the time. Seed and work are fixed, and a checksum proves every run. A sample lasts about 4 ms; \(threads.definition).
                """,
            statistic: .secondBest,
            validity: .processor,
            splitting: threads.splitting,
            timeWeight: 0.5)
    }
}
