extension Benchmark {
    /// Result: B/s of one core.
    package static let cacheReadL1 = cacheRead("l1", "L1", "half of the first-level data cache")
    /// Result: B/s of one core.
    package static let cacheReadL2 = cacheRead("l2", "L2", "a quarter of the second-level cache")
    /// Result: B/s of one core. Absent where there is no third level.
    package static let cacheReadL3 = cacheRead(
        "l3", "L3", "four times the second-level cache, a quarter of the third level and 8 MiB at the most")

    private static func cacheRead(_ name: String, _ title: String, _ workingSet: String) -> Benchmark {
        Benchmark(
            name: "memory.read.\(name)",
            unit: .bytesPerSecond,
            title: "\(title) cache read, one core",
            definition: """
                Loads of the widest vectors, one line after the other and again from the beginning; the working set is \
                \(workingSet), on a huge page where there is one. Nothing is done with what is loaded. \
                \(BenchmarkThreads.one.definition). A sample lasts about 4 ms.
                """,
            statistic: .secondBest,
            validity: name == "l3" ? .memory : .processor,
            splitting: .minimum,
            timeWeight: 0.5)
    }
}
