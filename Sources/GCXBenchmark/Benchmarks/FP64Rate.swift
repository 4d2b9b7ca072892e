extension Benchmark {
    /// Result: flop/s of all cores together.
    package static let fp64Rate = multiplyAdd("fp64", "FP64", threads: .all, timeWeight: 2)
    /// Result: flop/s of one core, the others idle.
    package static let fp64RateOne = multiplyAdd("fp64", "FP64", threads: .one, timeWeight: 1)
    /// Result: flop/s of all cores together.
    package static let fp32Rate = multiplyAdd("fp32", "FP32", threads: .all, timeWeight: 1)
    /// Result: flop/s of one core, the others idle.
    package static let fp32RateOne = multiplyAdd("fp32", "FP32", threads: .one, timeWeight: 1)

    private static func multiplyAdd(
        _ name: String, _ title: String, threads: BenchmarkThreads, timeWeight: Double
    ) -> Benchmark {
        Benchmark(
            name: "cpu.\(name).\(threads.suffix)",
            unit: .flopsPerSecond,
            title: "\(title) rate, \(threads.title)",
            definition: """
                Independent chains of \(title) fused multiply-adds in registers (12 to 24 of the widest vectors of the \
                instruction set), \(threads.definition); an FMA counts as two operations. A sample \
                lasts about 4 ms, from the first thread's start to the last one's end.
                """,
            statistic: .secondBest,
            validity: .processor,
            splitting: threads.splitting,
            timeWeight: timeWeight)
    }
}

/// How many cores a figure of the processors is about.
enum BenchmarkThreads {
    case one, all

    var suffix: String { self == .one ? "one" : "all" }
    var title: String { self == .one ? "one core" : "all cores" }
    var definition: String {
        self == .one
            ? "one thread pinned to the first allowed core, the others idle"
            : "one pinned thread per allowed physical core, started together"
    }
    /// What one core does every part of the machine can do.
    var splitting: SplittingRule { self == .one ? .minimum : .proportional }
}
