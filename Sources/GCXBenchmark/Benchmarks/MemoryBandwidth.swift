extension Benchmark {
    /// Result: B/s of all cores together.
    package static let memoryTriad = Benchmark(
        name: "memory.triad.all",
        unit: .bytesPerSecond,
        title: "memory triad, all cores",
        definition: """
            a = b + s c over three arrays of doubles with non-temporal stores, 24 bytes per element. Each array is four \
            times the last-level cache and at least 256 MiB, on huge pages, 68 KiB out of step, first touched by the pinned thread that uses \
            it; one thread per allowed physical core. A sample is a pass \
            through a quarter of each array, the next quarter every time.
            """,
        statistic: .secondBest,
        validity: .memory,
        splitting: .proportional,
        timeWeight: 2)

    /// Result: B/s of all cores together.
    package static let memoryCopy = Benchmark(
        name: "memory.copy.all",
        unit: .bytesPerSecond,
        title: "memory copy, all cores",
        definition: """
            a = b over two of the triad's arrays with non-temporal stores, 16 bytes per element, by the threads that first \
            touched them. A sample is a quarter of them, the next quarter every time.
            """,
        statistic: .secondBest,
        validity: .memory,
        splitting: .proportional,
        timeWeight: 1)

    /// Result: B/s of all cores together.
    package static let memoryWrite = Benchmark(
        name: "memory.write.all",
        unit: .bytesPerSecond,
        title: "memory write, all cores",
        definition: """
            One of the triad's arrays filled with a constant with non-temporal stores, 8 bytes per element, by the threads \
            that first touched it. A sample is a quarter of it, the next quarter every time.
            """,
        statistic: .secondBest,
        validity: .memory,
        splitting: .proportional,
        timeWeight: 1)

    /// Result: B/s of one core, the others idle.
    package static let memoryReadOne = Benchmark(
        name: "memory.read.one",
        unit: .bytesPerSecond,
        title: "memory read, one core",
        definition: """
            The sum of one of the triad's arrays, 8 bytes per element, by one thread pinned to the first allowed core; on a \
            machine of several NUMA nodes, wherever the pages lie. A sample is a quarter of it, the next quarter every time.
            """,
        statistic: .secondBest,
        validity: .memory,
        splitting: .minimum,
        timeWeight: 1)

    /// Result: B/s of all cores together.
    package static let memoryRead = Benchmark(
        name: "memory.read.all",
        unit: .bytesPerSecond,
        title: "memory read, all cores",
        definition: """
            The sum of one of the triad's arrays, 8 bytes per element, by the threads that first touched it. A sample is \
            a quarter of it, the next quarter every time.
            """,
        statistic: .secondBest,
        validity: .memory,
        splitting: .proportional,
        timeWeight: 1)

    /// Result: B/s of the slowest NUMA node. Absent where there is one.
    package static let memoryTriadNode = Benchmark(
        name: "memory.triad.node",
        unit: .bytesPerSecond,
        title: "memory triad, one NUMA node",
        definition: """
            The triad by the cores of one NUMA node in memory that they touched first, the other nodes idle. A sample visits \
            every node in turn; its value is that of the slowest.
            """,
        statistic: .secondBest,
        validity: .memory,
        splitting: .indivisible,
        timeWeight: 1)
}

extension ValidityRule {
    /// Memory is shared with neighbours on the same host, whom no counter of a guest shows.
    static let memory = ValidityRule(
        samplesWanted: 21, samplesMin: 5, spread: .capacity, spreadMax: 0.1, ignoring: [],
        voidedBy: [.neighboured, .throttled, .beyondQuota, .majorFaults, .smallWorkingSet],
        reason: """
            Bandwidth of a virtual machine was seen in two modes, a third apart, on quiet runs. One mode scatters by 2 to 4 %; \
            beyond 10 % the samples come from both, and the second best is not what a buyer gets.
            """)
}
