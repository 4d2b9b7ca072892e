import CKernels
import GCXBenchmark

/// `memory.triad.node`: each NUMA node by itself.
struct BenchNodes: BenchMeasurement {
    private var nodes: [BenchBandwidth]
    let threads: Int
    var workingSetBytes: UInt64 { nodes.map(\.workingSetBytes).max() ?? 0 }
    var conditions: [Flag] { Array(Set(nodes.flatMap(\.conditions))).sorted() }

    /// - Parameter groups: processors of each node, none of them empty.
    init(groups: [[Int]], isa: gcx_isa, cgroup: BenchCgroup, deadline: UInt64) throws(BenchFailure) {
        guard groups.count > 1 else {
            throw .absent("there is one NUMA node, and the figure of all cores is its")
        }
        threads = groups.map(\.count).max() ?? 0
        nodes = []
        for processors in groups {
            let team = try BenchTeam(processors: processors)
            let arena = try BenchArena(
                team: team, isa: isa, processors: processors, cgroup: cgroup, deadline: deadline)
            nodes.append(try .triad(team, arena))
        }
    }

    /// One node after the other; the slowest is the figure.
    mutating func sample() throws(BenchFailure) -> Sample? {
        var slowest: Sample?
        for index in nodes.indices {
            guard let sample = try nodes[index].sample() else { return nil }
            if sample.value < slowest?.value ?? .infinity { slowest = sample }
        }
        return slowest
    }

    /// The processors among `used` of each node that has any, by the number of the node.
    static func groups(of used: [Int], read: (String) -> String? = BenchSystem.text) -> [[Int]] {
        let wanted = Set(used)
        let nodes = BenchSystem.cpuList(read("/sys/devices/system/node/online") ?? "")
        return nodes.map { node in
            BenchSystem.cpuList(read("/sys/devices/system/node/node\(node)/cpulist") ?? "").filter(wanted.contains)
        }.filter { !$0.isEmpty }
    }
}
