extension Benchmark {
    /// Result: flop/s of all cores together.
    package static let matrixProduct = product("fp64", "FP64", timeWeight: 3)
    /// Result: flop/s of all cores together.
    package static let matrixProductFP32 = product("fp32", "FP32", timeWeight: 2)

    private static func product(_ name: String, _ title: String, timeWeight: Double) -> Benchmark {
        Benchmark(
            name: "cpu.gemm.\(name).all",
            unit: .flopsPerSecond,
            title: "\(title) matrix product",
            definition: """
                C = A B of square \(title) matrices, n = 2016 (larger from 33 threads on, so that every thread has enough columns), \
                packed and blocked for registers and caches, one pinned thread per allowed physical core; 2 n³ operations. The \
                entries are small whole numbers, so the product is exact. A sample is one product with its packing.
                """,
            statistic: .secondBest,
            validity: .product,
            splitting: .proportional,
            timeWeight: timeWeight)
    }
}

extension ValidityRule {
    /// A product lasts tens of milliseconds, so on a busy machine few samples go undisturbed.
    static let product = ValidityRule(
        samplesWanted: 9, samplesMin: 3, spread: .capacity, spreadMax: 0.05, ignoring: [],
        voidedBy: [.neighboured, .throttled, .beyondQuota, .majorFaults],
        reason: """
            Quiet products lie within 3 %: they stream through the last-level cache, which neighbours of a virtual machine \
            share. Of three samples, one lies below the second best.
            """)
}
