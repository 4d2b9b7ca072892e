import GCXModel
import Support
import Testing

@testable import GCXLedger

@Suite("how much of a machine is held, over time")
struct LoadTimelineTests {
    private struct Hold {
        var from: UInt64
        var until: UInt64
        var cores: UInt32

        var resources: Resources { Resources(cores: cores, memoryBytes: .max, storageBytes: 0, gpus: .max) }
    }

    private func timeline(_ holds: [Hold]) -> LoadTimeline {
        var timeline = LoadTimeline()
        for hold in holds { timeline.add(hold.resources, from: hold.from, until: hold.until) }
        return timeline
    }

    /// Windows on 10..<20 with 2 cores, 20..<30 with 3 and 15..<25 with 4.
    @Test(
        "the peak of a window is what is held at its busiest moment",
        arguments: [
            (0, 10, 0), (0, 11, 2), (10, 15, 2), (10, 16, 6), (14, 15, 2), (15, 20, 6), (19, 20, 6), (20, 21, 7),
            (20, 25, 7), (25, 30, 3), (24, 26, 7), (30, 31, 0), (29, .max, 3), (30, .max, 0), (0, .max, 7),
            (20, 20, 7), (30, 30, 0), (5, 5, 0),
        ] as [(UInt64, UInt64, Int128)])
    func peaks(_ from: UInt64, _ until: UInt64, _ cores: Int128) {
        let timeline = timeline([
            Hold(from: 10, until: 20, cores: 2), Hold(from: 20, until: 30, cores: 3),
            Hold(from: 15, until: 25, cores: 4),
        ])
        #expect(timeline.peak(from: from, until: until).cores == cores)
    }

    @Test("many loads of the largest numbers add up without a wrap")
    func large() {
        let timeline = timeline([Hold](repeating: Hold(from: 0, until: .max, cores: .max), count: 100))
        let peak = timeline.peak(from: 0, until: 1)
        #expect(peak.cores == 100 * Int128(UInt32.max) && peak.gpus == 100 * Int128(UInt32.max))
        #expect(peak.memoryBytes == 100 * Int128(UInt64.max) && peak.storageBytes == 0)
        #expect(timeline.peak(from: .max, until: .max) == LoadTimeline.Load(), "an end is exclusive")
    }

    @Test("what was taken away again leaves nothing, in whatever order", arguments: PropertyTests.seeds)
    func removal(_ seed: UInt64) {
        var generator = SeededGenerator(seed)
        var holds = (0..<60).map { _ in
            let from = UInt64.random(in: 0...40, using: &generator)
            return Hold(
                from: from, until: from + .random(in: 1...20, using: &generator),
                cores: .random(in: 1...9, using: &generator))
        }
        var whole = timeline(holds)
        while !holds.isEmpty {
            let gone = holds.remove(at: .random(in: 0..<holds.count, using: &generator))
            whole.remove(gone.resources, from: gone.from, until: gone.until)
            #expect(whole == timeline(holds.shuffled(using: &generator)), "seed \(seed), \(holds.count) left")
            let (from, until) = (
                UInt64.random(in: 0...30, using: &generator), UInt64.random(in: 31...70, using: &generator)
            )
            // At each second, the plain way.
            let plain = (from..<until).map { second in
                holds.filter { $0.from <= second && second < $0.until }.reduce(0) { $0 + Int128($1.cores) }
            }.max()
            #expect(whole.peak(from: from, until: until).cores == plain, "seed \(seed), \(from)..<\(until)")
        }
        #expect(whole == LoadTimeline())
    }
}
