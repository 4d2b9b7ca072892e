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
        validity: .storage(samplesWanted: 301, samplesMin: 11, alsoVoidedBy: []),
        splitting: .maximum,
        timeWeight: 1)

    /// Result: ps; one operation of a hundred takes longer.
    package static let diskSyncSlow = Benchmark(
        name: "storage.fsync.p99",
        unit: .picoseconds,
        title: "disk, write and fsync, p99",
        definition: """
            4 KiB appended with direct I/O and made durable with fdatasync, one at a time. A sample is one such pair; the \
            figure is the ninety-ninth percentile, nearest rank.
            """,
        statistic: .p99,
        validity: .storage(samplesWanted: 301, samplesMin: 101, alsoVoidedBy: []),
        splitting: .maximum,
        timeWeight: 1)
}
