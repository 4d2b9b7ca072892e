import GCXBenchmark
import Testing

@Suite("Whether a figure may be believed")
struct ValidityTests {
    @Test("a quiet axis is steady and has nothing to say")
    func quiet() {
        let axis = Fixtures.axis()
        #expect(axis.steady && axis.flags.isEmpty)
        #expect(axis.value == 101)
    }

    @Test("samples during which a processor was lost count for nothing")
    func interrupted() {
        let axis = Fixtures.axis(share: 0.97)
        #expect(axis.keptValues.isEmpty && axis.value == nil && axis.statistics == nil)
        #expect(!axis.steady && axis.flags == [.tooFewSamples])
    }

    @Test("four samples are too few for a rate of the processors")
    func few() { #expect(Fixtures.axis(values: [100, 100, 100, 100]).flags == [.tooFewSamples]) }

    @Test("half the samples off by more than the bound are a spread")
    func spread() { #expect(Fixtures.axis(values: [100, 90, 110, 80, 120, 100]).flags == [.spread]) }

    @Test("a disk may vary as disks do, and not beyond")
    func disk() {
        #expect(Fixtures.axis(.diskWrite, values: [100, 60, 140, 100], share: nil).steady)
        #expect(Fixtures.axis(.diskWrite, values: [100, 30, 1000, 400], share: nil).flags == [.spread])
    }

    @Test("each reading over its bound raises its own flag, and only that", arguments: Self.readings)
    func gates(disturb: Change, flag: Flag) {
        var disturbance = Fixtures.quiet
        disturb.apply(&disturbance)
        #expect(disturbance.flags == [flag])
    }

    @Test("a window too short for the tick of /proc/stat is not gated by it")
    func shortWindow() {
        var disturbance = Fixtures.quiet
        disturbance.otherCores = 0.1
        disturbance.windowSeconds = 0.1
        #expect(disturbance.flags.isEmpty)
        disturbance.windowSeconds = 0.3
        #expect(disturbance.flags == [.contended])
    }

    @Test("being contended is told but does not void undisturbed samples; busy neighbours and a quota do")
    func voiding() {
        var disturbance = Fixtures.quiet
        disturbance.otherCores = 1
        let contended = Fixtures.axis(disturbance: disturbance)
        #expect(contended.steady && contended.flags == [.contended])
        disturbance.besideCores = 1
        #expect(!Fixtures.axis(disturbance: disturbance).steady)
        disturbance = Fixtures.quiet
        disturbance.throttledPeriods = 1
        #expect(!Fixtures.axis(disturbance: disturbance).steady)
    }

    @Test("memory is no disk, and the page cache voids reads but not durable writes")
    func storageConditions() {
        let values = [Double](repeating: 100, count: 11)
        #expect(!Fixtures.axis(.diskWrite, values: values, share: nil, conditions: [.memoryBacked]).steady)
        #expect(!Fixtures.axis(.diskRandomRead, values: values, share: nil, conditions: [.buffered]).steady)
        #expect(Fixtures.axis(.diskSync, values: values, share: nil, conditions: [.buffered]).steady)
        #expect(!Fixtures.axis(.memoryTriad, values: values, conditions: [.smallWorkingSet]).steady)
    }

    @Test("what cannot be told to be a disk is none")
    func unknownGround() {
        let values = [Double](repeating: 100, count: 11)
        let axis = Fixtures.axis(.diskSync, values: values, share: nil, conditions: [.groundUnknown])
        #expect(!axis.steady && axis.verdict?.contains("no fact: what the directory lies on cannot be told") == true)
    }

    @Test("a figure of more threads than the quota is worth is no fact, though no sample was throttled")
    func beyondQuota() {
        let axis = Fixtures.axis(conditions: [.beyondQuota])
        #expect(!axis.steady && axis.verdict?.contains("worth fewer processors than the figure has threads") == true)
        #expect(Fixtures.report([axis]).facts(measuredAt: 1).isEmpty)
        var allowance = Fixtures.report([]).processors
        #expect(allowance.feeds(2))
        for (quota, feeds) in [(1.99, false), (2, true), (2.5, true)] {
            allowance.quotaProcessors = quota
            #expect(allowance.feeds(2) == feeds)
        }
    }

    @Test("whatever a quota can stop, a quota that is too small voids")
    func quotaVoids() {
        for benchmark in BenchmarkRegistry.all {
            let rule = benchmark.validity
            #expect(rule.voidedBy.contains(.throttled) == rule.voidedBy.contains(.beyondQuota), "\(benchmark.name)")
            #expect(rule.ignoring.contains(.throttled) == rule.ignoring.contains(.beyondQuota), "\(benchmark.name)")
        }
    }

    @Test("every benchmark has a name of its own, a definition, a reason, and asks for more samples than it needs")
    func registry() {
        #expect(Set(BenchmarkRegistry.names).count == BenchmarkRegistry.all.count)
        for benchmark in BenchmarkRegistry.all {
            #expect(benchmark.definition.count > 100 && benchmark.validity.reason.count > 50)
            // What is counted is counted once.
            let isCount = benchmark.unit == .bytes
            #expect(isCount || benchmark.validity.samplesWanted > benchmark.validity.samplesMin)
            #expect(benchmark.validity.samplesWanted * BenchmarkLimits.repeatsMax <= BenchmarkLimits.samplesMax)
            #expect(benchmark.timeWeight > 0)
        }
    }

    /// A named change, so that the test's output says which reading it was.
    struct Change: Sendable, CustomStringConvertible {
        let description: String
        let apply: @Sendable (inout Disturbance) -> Void
    }

    static let readings: [(Change, Flag)] = [
        (Change(description: "other") { $0.otherCores = 0.06 }, .contended),
        (Change(description: "beside") { $0.besideCores = 0.06 }, .neighboured),
        (Change(description: "steal") { $0.stealShare = 0.03 }, .stolen),
        (Change(description: "throttled") { $0.throttledPeriods = 1 }, .throttled),
        (Change(description: "clock") { $0.clockAfterHertz = 3.8e9 }, .clockSag),
        (Change(description: "pressure") { $0.pressureShares = ["memory": 0.03] }, .pressure),
        (Change(description: "faults") { $0.majorFaults = 1 }, .majorFaults),
    ]
}
