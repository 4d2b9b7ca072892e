import GCXBenchmark

/// Reasons, each with the axes it is true of: a disk that is missing is told once.
struct BenchReasons {
    private(set) var list: [SkippedAxes] = []

    mutating func add(_ axis: String, _ reason: String) {
        guard let place = list.firstIndex(where: { $0.reason == reason }) else {
            return list.append(SkippedAxes(axes: [axis], reason: reason))
        }
        list[place].axes.append(axis)
    }
}
