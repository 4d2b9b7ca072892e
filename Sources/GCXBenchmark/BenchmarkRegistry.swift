/// Every benchmark there is, in the order in which they run and are shown.
package enum BenchmarkRegistry {
    package static let all: [Benchmark] = [
        .clock, .fp64RateOne, .fp64Rate, .fp64RateThreads, .fp32RateOne, .fp32Rate, .matrixProduct,
        .matrixProductFP32, .int8Rate, .integerMixOne, .integerMix, .integerMixThreads, .handover, .sha256One,
        .sha256, .sha256Threads, .aesGCMOne, .aesGCM,
        .memoryTriad, .memoryCopy, .memoryWrite, .memoryReadOne, .memoryRead, .memoryTriadNode,
        .cacheReadL1, .cacheReadL2, .cacheReadL3,
        .latencyL1, .latencyL2, .latencyL3, .latencyDRAM, .latencyDRAMSmallPages, .memoryTouched,
        .diskWrite, .diskRead, .diskRandomRead, .diskRandomReadDeep, .diskReadLatency,
        .diskReadLatencySlow,
        // What writes least goes first, so that the bytes allowed are there for it.
        .diskSync, .diskSyncSlow, .diskRandomWrite, .diskRandomWriteDeep,
        .acceleratorFP32, .acceleratorFP64, .acceleratorCopy, .acceleratorTransferTo, .acceleratorTransferFrom,
        .loopback, .peerUp, .peerDown, .peerRoundTrip,
        // It warms the machine, which is for no other axis to feel.
        .sustained,
    ]

    package static var names: [String] { all.map(\.name) }

    /// Nil when there is none of that name.
    package static func benchmark(named name: String) -> Benchmark? { all.first { $0.name == name } }
}
