extension Benchmark {
    /// Result: B/s, from here to a peer. Absent without one.
    package static let peerUp = rate("up", "to the peer", "sent, until the peer says that it has them")
    /// Result: B/s, from a peer to here. Absent without one.
    package static let peerDown = rate("down", "from the peer", "asked for, until the last is here")
    /// Result: ps, the median round trip. Absent without a peer.
    package static let peerRoundTrip = Benchmark(
        name: "network.rtt.peer",
        unit: .picoseconds,
        title: "round trip to the peer",
        definition: """
            Five bytes to a peer that runs `gcx bench --serve`, and five back, over the connection of the rates, which is idle \
            then. A sample is one round trip.
            """,
        statistic: .median,
        validity: .peer,
        splitting: .maximum,
        timeWeight: 0.5)

    private static func rate(_ name: String, _ title: String, _ what: String) -> Benchmark {
        Benchmark(
            name: "network.\(name).peer",
            unit: .bytesPerSecond,
            title: "network, \(title)",
            definition: """
                Bytes over one TCP connection with a peer that runs `gcx bench --serve`: so many \(what), as last about 50 ms \
                (never more than 1 GiB). The peer times the same bytes and signs what it saw.
                """,
            statistic: .median,
            validity: .peer,
            splitting: .indivisible,
            timeWeight: 1)
    }
}

extension ValidityRule {
    /// A network is shared by whoever uses it: the spread is published.
    static let peer = ValidityRule(
        samplesWanted: 21, samplesMin: 5, spread: .relativeDeviation, spreadMax: 0.25,
        ignoring: [.pressure, .clockSag, .neighboured], voidedBy: [.throttled, .beyondQuota],
        reason: """
            Others share the way to the peer, and a connection finds its rate by trying; the bound is on the middle half of the \
            samples, beyond which the median says little.
            """)
}
