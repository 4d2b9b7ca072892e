extension Benchmark {
    /// Result: ps, the median of single reads.
    package static let diskReadLatency = readLatency(
        "p50", "half of the reads take longer", .median, wanted: 301, min: 11)
    /// Result: ps; one read of a hundred takes longer.
    package static let diskReadLatencySlow = readLatency(
        "p99", "one read of a hundred takes longer", .p99, wanted: 301, min: 101)

    private static func readLatency(
        _ name: String, _ meaning: String, _ statistic: Statistic, wanted: Int, min: Int
    ) -> Benchmark {
        Benchmark(
            name: "storage.read.random.\(name)",
            unit: .picoseconds,
            title: "disk, 4 KiB read, \(name)",
            definition: """
                4 KiB read with direct I/O at a random place of the file just written, one at a time. A sample is one read; \
                \(meaning) (nearest rank).
                """,
            statistic: statistic,
            validity: .storage(samplesWanted: wanted, samplesMin: min, alsoVoidedBy: [.buffered]),
            splitting: .maximum,
            timeWeight: 0.5)
    }
}
