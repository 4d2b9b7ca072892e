extension Benchmark {
    /// Result: ps, the median of single operations.
    package static let diskSync = Benchmark(
        name: "storage.fsync.p50",
        unit: .picoseconds,
        title: "disk, write and fsync",
        definition: """
            4 KiB appended with direct I/O and made durable with fdatasync, one at a time; what a database pays per \
            commit. A sample is one such pair.
            """,
        statistic: .median,
        validity: .storage(samplesWanted: 101, samplesMin: 11, alsoVoidedBy: []),
        splitting: .maximum,
        timeWeight: 1)
}
