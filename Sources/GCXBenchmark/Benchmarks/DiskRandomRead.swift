extension Benchmark {
    /// Result: op/s.
    package static let diskRandomRead = Benchmark(
        name: "storage.read.random",
        unit: .operationsPerSecond,
        title: "disk, random 4 KiB read",
        definition: """
            4 KiB blocks read with direct I/O, one at a time (depth 1), at random places of the file just written. A \
            sample is 32 reads. The host of a virtual disk may still hold the file in its memory.
            """,
        statistic: .median,
        validity: .storage(samplesWanted: 21, samplesMin: 5, alsoVoidedBy: [.buffered]),
        splitting: .proportional,
        timeWeight: 1)
}
