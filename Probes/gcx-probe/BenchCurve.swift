import CKernels
import GCXBenchmark

/// The latency of a load over the size of the working set, as `memory.latency.*` measures it at four of them.
struct BenchLatencyCurve {
    /// From the smallest cache to beyond the largest, twice as much each time.
    private static let sizes = (12...28).map { UInt64(1) << UInt64($0) }
    static var bytesMax: UInt64 { sizes.last ?? 0 }
    /// Samples at each size, of which the best undisturbed one counts: whatever disturbs a load makes it slower.
    private static let samples = 5

    let team: BenchTeam
    let cgroup: BenchCgroup
    /// Of `gcx_now_nanoseconds`; sizes that are left then are left out.
    let deadline: UInt64

    /// Cost: about 20 ms a size, and the linking, which takes a second in all.
    func measured() throws(BenchFailure) -> Curve {
        var points: [Curve.Point] = []
        for size in Self.sizes where gcx_now_nanoseconds() < deadline {
            var latency = try BenchLatency(bytes: size, team: team, cgroup: cgroup)
            guard latency.conditions.isEmpty else { break }
            var best: Double?
            for _ in 0..<Self.samples {
                guard let sample = try latency.sample(), sample.isUndisturbed else { continue }
                best = min(best ?? sample.value, sample.value)
            }
            if let best { points.append(.init(workingSetBytes: size, value: best)) }
        }
        return Curve(name: "memory.latency", unit: .picoseconds, points: points)
    }
}
