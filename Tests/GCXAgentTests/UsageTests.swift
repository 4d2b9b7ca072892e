import GCXModel
import GCXWire
import Testing

@Suite("What people see of a job's use")
struct UsageTests {
    private func sample(_ second: UInt64, cpu: UInt64, memory: UInt64? = nil, inode: UInt64 = 1) -> RawSample {
        RawSample(
            bootID: "b", bootNanoseconds: second * 1_000_000_000, cgroupInode: inode, cpuNanoseconds: cpu,
            memoryCurrentBytes: memory, ioReadBytes: second * 100)
    }

    @Test(
        "a graph keeps its bounds, its first point and its last, however long the job runs",
        arguments: [10, 241, 5_000])
    func bounded(count: Int) {
        var graph = UsageGraph()
        for second in 1...UInt64(count) {
            graph.add(sample(second, cpu: second * 7))
            #expect(graph.points.count <= UsageGraph.pointsMax)
            #expect(graph.points.last?.bootNanoseconds == second * 1_000_000_000)
        }
        #expect(graph.points.first?.bootNanoseconds == 1_000_000_000)
        #expect(graph.points.count >= min(count, UsageGraph.pointsMax / 4))
        let times = graph.points.map(\.bootNanoseconds)
        #expect(times == times.sorted() && Set(times).count == times.count)
    }

    @Test("what a job does now is the difference of two samples of one meter")
    func live() throws {
        let live = try #require(
            LiveUsage(from: sample(10, cpu: 1_000_000_000), to: sample(12, cpu: 4_000_000_000, memory: 9)))
        #expect(live.millicores == 1_500)
        #expect(live.memoryBytes == 9)
        #expect(live.ioReadRate == 100)
        #expect(live.ioWriteRate == nil)
        #expect(LiveUsage(from: sample(10, cpu: 1), to: sample(11, cpu: 2, inode: 2)) == nil)
        #expect(LiveUsage(from: sample(10, cpu: 2), to: sample(10, cpu: 2)) == nil)
    }

    @Test("counters that say anything end no graph and no rate")
    func impossible() throws {
        let first = RawSample(bootID: "b", bootNanoseconds: 1, cgroupInode: 1, cpuNanoseconds: 0, ioReadBytes: 0)
        let second = RawSample(
            bootID: "b", bootNanoseconds: 2, cgroupInode: 1, cpuNanoseconds: .max, ioReadBytes: .max)
        let live = try #require(LiveUsage(from: first, to: second))
        #expect(live.millicores == .max && live.ioReadRate == .max)
        var graph = UsageGraph()
        // A clock that goes back has every sample kept, so the distance is doubled again and again.
        graph.add(sample(0, cpu: 0))
        for second in (1...20_000).reversed() { graph.add(sample(UInt64(second), cpu: 0)) }
        #expect(graph.points.count <= UsageGraph.pointsMax)
    }
}
