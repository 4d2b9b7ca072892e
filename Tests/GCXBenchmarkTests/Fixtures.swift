import GCXBenchmark

/// Values that the tests start from.
enum Fixtures {
    static let quiet = Disturbance(
        windowSeconds: 1, otherCores: 0.01, besideCores: 0, stealShare: 0, throttledPeriods: 0,
        clockBeforeHertz: 4e9, clockAfterHertz: 4e9, pressureShares: [:], majorFaults: 0, involuntarySwitches: 0)

    static func axis(
        _ benchmark: Benchmark = .fp64Rate, values: [Double] = [100, 101, 102, 101, 100, 101], share: Double? = 1,
        disturbance: Disturbance = quiet, conditions: [Flag] = []
    ) -> AxisResult {
        AxisResult(
            benchmark, threads: 2, workingSetBytes: 0, samples: values.map { Sample(value: $0, processorShare: share) },
            ended: .steady, limit: nil, disturbance: disturbance, conditions: conditions)
    }

    static func report(_ axes: [AxisResult], problems: [String] = []) -> BenchmarkReport {
        BenchmarkReport(
            kernelVersion: "gcx-kernels/1", instructionSet: "avx512",
            processors: ProcessorAllowance(online: 2, allowed: [0, 1], used: [0, 1], quotaProcessors: nil),
            environmentRemoved: [], elapsedSeconds: 1.5, axes: axes, problems: problems)
    }

    /// As a probe printed it on a 2-core virtual machine, with two axes and most samples left out; whoever changes the document
    /// so that this no longer reads has made a new schema.
    static let document = """
        {"axes":[{"conditions":[],"disturbance":{"besideCores":0,"clockAfterHertz":3664528872.13,\
        "clockBeforeHertz":3694254280.14,"involuntarySwitches":8,"majorFaults":0,"otherCores":0.084,\
        "pressureShares":{"cpu":0.0073,"io":0,"memory":0},"stealShare":0,"throttledPeriods":0,"windowSeconds":0.078},\
        "ended":"time","flags":[],"limit":118215212964,"name":"cpu.fp64.all","samples":[\
        {"processorShare":0.99,"value":117600000000.5},{"processorShare":1,"value":117500000000},\
        {"processorShare":0.5,"value":58800000000},{"processorShare":1,"value":117400000000},\
        {"processorShare":1,"value":117450000000},{"processorShare":1,"value":117300000000}],\
        "statistics":{"best":117600000000.5,"coefficientOfVariation":0.00097,"median":117450000000,\
        "medianAbsoluteDeviation":50000000,"n":5,"p10":117300000000,"secondBest":117500000000},"steady":true,\
        "threads":2,"unit":"flop/s","value":117500000000,"workingSetBytes":0},\
        {"conditions":["buffered"],"disturbance":{"clockAfterHertz":3664528872.13,"clockBeforeHertz":3694254280.14,\
        "involuntarySwitches":0,"majorFaults":0,"pressureShares":{},"windowSeconds":0.02},"ended":"bytes",\
        "flags":["buffered","tooFewSamples"],"name":"storage.fsync.p50","samples":[{"value":175300000}],\
        "statistics":{"best":175300000,"coefficientOfVariation":0,"median":175300000,"medianAbsoluteDeviation":0,"n":1,\
        "p10":175300000,"secondBest":175300000},"steady":false,"threads":1,"unit":"ps","value":175300000,\
        "workingSetBytes":4096}],"elapsedSeconds":1.68,"environmentRemoved":["MALLOC_ARENA_MAX"],\
        "instructionSet":"avx512","kernelVersion":"gcx-kernels/1",\
        "problems":["memory.triad.all: allocate the arrays: 1 bytes of memory are available, 805306368 are needed"],\
        "processors":{"allowed":[0,1],"online":2,"used":[0,1]},"schema":1}
        """
}
