extension Benchmark {
    /// Result: B/s.
    package static let diskWrite = Benchmark(
        name: "storage.write.sequential",
        unit: .bytesPerSecond,
        title: "disk, sequential write",
        definition: """
            1 MiB blocks of incompressible data written one after the other (depth 1) with direct I/O to a new file \
            without a name in the directory given, then fdatasync, which counts. A sample is a seventh of half \
            of the bytes allowed.
            """,
        statistic: .median,
        validity: .storage(samplesWanted: 7, samplesMin: 3, alsoVoidedBy: []),
        splitting: .proportional,
        timeWeight: 2)
}

extension ValidityRule {
    /// For disks: the spread is published, and only a figure that describes nothing is refused.
    static func storage(samplesWanted: Int, samplesMin: Int, alsoVoidedBy: Set<Flag>) -> ValidityRule {
        ValidityRule(
            samplesWanted: samplesWanted, samplesMin: samplesMin, spread: .relativeDeviation, spreadMax: 0.5,
            ignoring: [.clockSag, .neighboured, .pressure],
            voidedBy: alsoVoidedBy.union([.throttled, .beyondQuota, .memoryBacked, .groundUnknown]),
            reason: """
                Shared virtual disks do not repeat (twice as fast or slow between rounds), so the bound is on the middle \
                half of the samples: beyond 50 % the median is off by more than a factor of two as often as not. A disk \
                under test is pressure by itself. Answers \
                that waited for a processor are repeated (they made an fsync of 0.2 ms one of 4 ms); memory is no disk. The page cache may delay a write but not its fsync, \
                so it voids only reads.
                """)
    }
}
