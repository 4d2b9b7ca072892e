extension Benchmark {
    /// Result: op/s.
    package static let diskRandomRead = random(
        "read", "read",
        """
        4 KiB blocks read with direct I/O, one at a time (depth 1), at random places of the file just written. A \
        sample is 128 reads. The host of a virtual disk may still hold the file in its memory.
        """, voidedBy: [.buffered])

    /// Result: op/s.
    package static let diskRandomReadDeep = random(
        "read", "read", depth: 32,
        """
        4 KiB blocks read with direct I/O through io_uring, 32 under way at a time, by one thread, at random places of the \
        file just written. A sample is 1,024 reads.
        """, voidedBy: [.buffered])

    /// Result: op/s.
    package static let diskRandomWrite = random(
        "write", "write",
        """
        4 KiB blocks written with direct I/O, one at a time (depth 1), over random places of the file just written; nothing \
        is made durable. A sample is 128 writes.
        """, voidedBy: [.buffered])

    /// Result: op/s.
    package static let diskRandomWriteDeep = random(
        "write", "write", depth: 32,
        """
        4 KiB blocks written with direct I/O through io_uring, 32 under way at a time, by one thread, over random places of \
        the file just written; nothing is made durable. A sample is 1,024 writes, or fewer where few bytes may \
        be written.
        """, voidedBy: [.buffered])

    private static func random(
        _ name: String, _ verb: String, depth: Int = 1, _ definition: String, voidedBy: Set<Flag>
    ) -> Benchmark {
        Benchmark(
            name: "storage.\(name).random" + (depth > 1 ? ".qd\(depth)" : ""),
            unit: .operationsPerSecond,
            title: depth > 1 ? "disk, 4 KiB \(verb), \(depth) deep" : "disk, random 4 KiB \(verb)",
            definition: definition,
            statistic: .median,
            validity: .storage(samplesWanted: depth > 1 ? 21 : 41, samplesMin: 5, alsoVoidedBy: voidedBy),
            splitting: .proportional,
            timeWeight: 1)
    }
}
