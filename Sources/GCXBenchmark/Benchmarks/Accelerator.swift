extension Benchmark {
    /// Result: flop/s of one device, the slowest of several.
    package static let acceleratorFP32 = acceleratorRate("fp32", "FP32")
    /// Result: flop/s of one device, the slowest of several. Absent where a device has no FP64.
    package static let acceleratorFP64 = acceleratorRate("fp64", "FP64")

    /// Result: B/s of one device, the slowest of several.
    package static let acceleratorCopy = accelerator(
        "memory.copy", .bytesPerSecond, "GPU memory copy",
        """
        One array of the device's memory copied to another, by the driver (CUDA) or by a kernel of 16 bytes per work item \
        (OpenCL); bytes read and bytes written both count. Each array is 512 MiB, and no more than an eighth of the memory \
        of the device.
        """)
    /// Result: B/s of one device, the slowest of several.
    package static let acceleratorTransferTo = accelerator(
        "transfer.to", .bytesPerSecond, "transfer to GPU",
        "64 MiB copied from pinned memory of the host to the device, again and again.")
    /// Result: B/s of one device, the slowest of several.
    package static let acceleratorTransferFrom = accelerator(
        "transfer.from", .bytesPerSecond, "transfer from GPU",
        "64 MiB copied from the device to pinned memory of the host, again and again.")

    private static func acceleratorRate(_ name: String, _ title: String) -> Benchmark {
        accelerator(
            name, .flopsPerSecond, "GPU \(title) rate",
            """
            Independent chains of \(title) fused multiply-adds in registers (8 per thread with CUDA, 16 with OpenCL), as many \
            threads as the device holds at once or more; an FMA counts as two operations.
            """)
    }

    private static func accelerator(
        _ name: String, _ unit: BenchmarkUnit, _ title: String, _ definition: String
    ) -> Benchmark {
        Benchmark(
            name: "gpu.\(name).one",
            unit: unit,
            title: title,
            definition: """
                \(definition) A sample lasts about 20 ms on each device, one after the other, and its value is that of the \
                slowest: every device does at least this. Timed by events of the device (CUDA) or by the host around one \
                batch (OpenCL), after a quarter of a second of warming up and a check of every result.
                """,
            statistic: .secondBest,
            validity: .accelerator,
            splitting: .minimum,
            timeWeight: 0.5)
    }

    /// What `gpu.*` axes begin with: a run of nothing else may measure a processor through OpenCL.
    package var isOfAccelerator: Bool { AxisGroup(axis: name) == .accelerator }
}

extension ValidityRule {
    /// A device works by itself; the host only hands it the next batch.
    static let accelerator = ValidityRule(
        samplesWanted: 21, samplesMin: 5, spread: .capacity, spreadMax: 0.05,
        ignoring: [.contended, .neighboured, .stolen, .clockSag, .pressure, .majorFaults],
        voidedBy: [.throttled, .beyondQuota, .notAccelerator],
        reason: """
            What else the processors do hardly reaches a device that works for 20 ms on its own, so it is not counted; a quota \
            that stops the thread which feeds it is. A device in use by others, or one whose clock falls with heat, shows in the \
            spread: beyond 5 % the second best is not what a buyer gets. A processor behind OpenCL is no accelerator, whatever \
            it delivers.
            """)
}
