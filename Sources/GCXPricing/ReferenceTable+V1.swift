package import GCXModel

extension ReferenceTable {
    /// The first table. Everything in it is our decision; the paper that coined the Compute Hour publishes no figures.
    ///
    /// The reference system is a round description of one core of a server of 2023 and its fair share of memory, bus and
    /// disk, so that a machine is worth about as many Compute Hours an hour as it has such cores. A class counts only what
    /// can be measured on every machine; the network and GPUs get classes when they are measured against a stranger.
    ///
    /// Weights: within the processor, FP64 counts most because most of what is computed for money is floating point;
    /// within memory, bandwidth counts more than latency because it is what neighbours take from each other; on disks,
    /// small random reads count most because they are what jobs wait for. Of the whole, the processor is half.
    package static let v1 = ReferenceTable(
        version: 1, system: "one core of a server of 2023, with its share of memory, bus and disk",
        classes: [
            Class(
                name: "cpu", weight: 2,
                figures: [
                    Figure(fact: "cpu.fp64.all", unit: "flop/s", reference: 50_000_000_000, weight: 3),
                    Figure(fact: "cpu.fp32.all", unit: "flop/s", reference: 100_000_000_000, weight: 1),
                    Figure(fact: "cpu.sha256.all", unit: "B/s", reference: 2_000_000_000, weight: 1),
                    Figure(fact: "cpu.aes-gcm.all", unit: "B/s", reference: 5_000_000_000, weight: 1),
                ]),
            Class(
                name: "memory", weight: 1,
                figures: [
                    Figure(fact: "memory.triad.all", unit: "B/s", reference: 20_000_000_000, weight: 2),
                    Figure(fact: "memory.read.all", unit: "B/s", reference: 20_000_000_000, weight: 1),
                    Figure(
                        fact: "memory.latency.dram", unit: "ps", reference: 100_000, weight: 1, better: .smaller),
                ]),
            Class(
                name: "storage", weight: 1,
                figures: [
                    Figure(fact: "storage.read.sequential", unit: "B/s", reference: 1_000_000_000, weight: 1),
                    Figure(fact: "storage.write.sequential", unit: "B/s", reference: 1_000_000_000, weight: 1),
                    Figure(fact: "storage.read.random", unit: "op/s", reference: 10_000, weight: 2),
                    Figure(
                        fact: "storage.fsync.p50", unit: "ps", reference: 500_000_000, weight: 1, better: .smaller),
                ]),
        ])

    /// SHA-256 of `Config/compute-hour-v1.json`, the published form of ``v1``: what offers name.
    package static let v1Digest = Digest(
        checkedBytes: [
            0x26, 0x3a, 0xce, 0xd7, 0x57, 0xbd, 0x3d, 0x78, 0xb0, 0x19, 0x27, 0x65, 0xb4, 0x4e, 0x5d, 0x82,
            0x53, 0x03, 0x45, 0x65, 0x1a, 0xb8, 0x35, 0x6f, 0xec, 0x4e, 0xee, 0xb3, 0xe0, 0x90, 0x6e, 0xf2,
        ])
}
