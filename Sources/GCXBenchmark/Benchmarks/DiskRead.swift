extension Benchmark {
    /// Result: B/s.
    package static let diskRead = Benchmark(
        name: "storage.read.sequential",
        unit: .bytesPerSecond,
        title: "disk, sequential read",
        definition: """
            1 MiB blocks read with direct I/O one after the other (depth 1) from the file just written, from its beginning \
            again when its end is reached. A sample is 16 blocks. The host of a virtual disk may still hold the file in its memory.
            """,
        statistic: .median,
        validity: .storage(samplesWanted: 21, samplesMin: 5, alsoVoidedBy: [.buffered]),
        splitting: .proportional,
        timeWeight: 1)
}
