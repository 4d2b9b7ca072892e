extension Benchmark {
    /// Result: flop/s of all cores together.
    package static let fp64Rate = multiplyAdd("fp64", "FP64", threads: .all, timeWeight: 2)
    /// Result: flop/s of one core, the others idle.
    package static let fp64RateOne = multiplyAdd("fp64", "FP64", threads: .one, timeWeight: 1)
    /// Result: flop/s of all cores together, with every hardware thread of each. Absent where a core has one.
    package static let fp64RateThreads = multiplyAdd("fp64", "FP64", threads: .hardware, timeWeight: 0.5)
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
    case one, all, hardware

    var suffix: String {
        switch self {
        case .one: "one"
        case .all: "all"
        case .hardware: "smt"
        }
    }
    var title: String {
        switch self {
        case .one: "one core"
        case .all: "all cores"
        case .hardware: "all threads"
        }
    }
    var definition: String {
        switch self {
        case .one: "one thread pinned to the first allowed core, the others idle"
        case .all: "one pinned thread per allowed physical core, started together"
        case .hardware: "one pinned thread on every allowed hardware thread of those cores, started together"
        }
    }
    /// What one core does every part of the machine can do.
    var splitting: SplittingRule { self == .one ? .minimum : .proportional }
}
