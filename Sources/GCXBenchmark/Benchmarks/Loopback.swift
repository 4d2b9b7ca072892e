extension Benchmark {
    /// Result: B/s. The way through the kernel and back, not a network: it becomes no fact.
    package static let loopback = Benchmark(
        name: "network.loopback.one",
        unit: .bytesPerSecond,
        title: "loopback, no network",
        definition: """
            One TCP connection over 127.0.0.1, 128 KiB a call, from a thread on the first allowed core to one on the second \
            (the same where there is one). A sample lasts about 40 ms. It is the ceiling that processors and kernel set to any \
            network, and says nothing about one.
            """,
        statistic: .median,
        validity: .loopback,
        splitting: .indivisible,
        timeWeight: 0.5)

    /// Whether a steady figure may stand in an offer. What never leaves the machine tells a buyer nothing about its network.
    /// What lies between it and a peer that the owner chose tells as little: the two may be one machine.
    package var isFact: Bool { AxisGroup(axis: name) != .network }
}

extension ValidityRule {
    /// Two threads and the scheduler between them.
    static let loopback = ValidityRule(
        samplesWanted: 21, samplesMin: 5, spread: .relativeDeviation, spreadMax: 0.2, ignoring: [.pressure],
        voidedBy: [.throttled, .beyondQuota, .neighboured],
        reason: """
            The two threads wait for each other, so the scheduler's choices are in the figure; the middle half of the samples \
            was seen to stay within 10 %.
            """)
}
