import CKernels
import GCXBenchmark
import Testing

@testable import gcx_probe

/// Gives out what it was given, and then nothing more.
private struct ScriptedMeasurement: BenchMeasurement {
    var samples: [Sample]
    let threads = 1
    let workingSetBytes: UInt64 = 0

    mutating func sample() throws(BenchFailure) -> Sample? { samples.isEmpty ? nil : samples.removeFirst() }
}

/// Always the same, as often as it is asked, at once; and counts.
private struct Untiring: BenchMeasurement {
    let threads = 1
    let workingSetBytes: UInt64 = 0
    let mayGoOn: Bool
    var calls = 0

    mutating func sample() throws(BenchFailure) -> Sample? {
        calls += 1
        return Sample(value: 100, processorShare: 1)
    }
}

@Suite("Sampling")
struct SamplerTests {
    static let wanted = Benchmark.fp64Rate.validity.samplesWanted
    static let never = UInt64.max

    private func collect(_ samples: [Sample], until deadline: UInt64 = never) throws -> (taken: Int, ending: Ending) {
        var measurement: any BenchMeasurement = ScriptedMeasurement(samples: samples)
        let sampler = BenchSampler(benchmark: .fp64Rate, deadline: deadline, pauseNanoseconds: 0)
        let (taken, ending) = try sampler.collect(&measurement)
        return (taken.count, ending)
    }

    private func clean(_ count: Int, value: Double = 100) -> [Sample] {
        [Sample](repeating: Sample(value: value, processorShare: 1), count: count)
    }

    private func disturbed(_ count: Int) -> [Sample] {
        [Sample](repeating: Sample(value: 50, processorShare: 0.5), count: count)
    }

    @Test("undisturbed samples that agree are enough when there are as many as wanted")
    func steady() throws { #expect(try collect(clean(1000)) == (Self.wanted, .steady)) }

    @Test("every disturbed sample is repeated")
    func repeated() throws {
        #expect(try collect(disturbed(5) + clean(1000)) == (Self.wanted + 5, .steady))
    }

    @Test("disturbed samples are repeated while there is time, up to the most that a report holds")
    func patience() throws {
        #expect(try collect(disturbed(2_000)) == (BenchmarkLimits.samplesMax, .repeats))
        #expect(try collect(disturbed(900) + clean(100)) == (900 + Self.wanted, .steady))
    }

    @Test("samples that do not agree are taken on until the repeating ends")
    func spread() throws {
        let wild = (0..<500).flatMap { _ in clean(1, value: 100) + clean(1, value: 200) }
        #expect(try collect(wild) == (Self.wanted * BenchmarkLimits.repeatsMax, .repeats))
    }

    @Test(
        "samples of cores and memory are spread over the time, and the work goes on in between",
        arguments: [true, false])
    func spreadOut(mayGoOn: Bool) throws {
        var measurement: any BenchMeasurement = Untiring(mayGoOn: mayGoOn)
        let begin = gcx_now_nanoseconds()
        let sampler = BenchSampler(benchmark: .fp64Rate, deadline: begin + 200_000_000)
        let (taken, _) = try sampler.collect(&measurement)
        let calls = (measurement as? Untiring)?.calls ?? 0
        #expect(taken.count <= Self.wanted)
        #expect(mayGoOn ? calls > 10 * taken.count : calls == taken.count)
        if mayGoOn { #expect(gcx_now_nanoseconds() - begin > 100_000_000) }
    }

    @Test("samples of cores that are not whole are repeated, and count where they never are")
    func whole() throws {
        func values(_ samples: [Sample]) throws -> [Double] {
            var measurement: any BenchMeasurement = ScriptedMeasurement(samples: samples)
            let sampler = BenchSampler(benchmark: .fp64Rate, deadline: Self.never, whole: 100, pauseNanoseconds: 0)
            return try sampler.collect(&measurement).0.filter(\.isUndisturbed).map(\.value)
        }
        #expect(try values(clean(50, value: 52) + clean(100)) == [Double](repeating: 100, count: Self.wanted))
        #expect(try values(clean(50, value: 52)) == [Double](repeating: 52, count: 50))
    }

    @Test("when the time is over, only the fewest samples that make a figure are taken")
    func time() throws {
        #expect(try collect(clean(1000), until: 0) == (Benchmark.fp64Rate.validity.samplesMin, .time))
    }

    @Test("when nothing more may be written, sampling ends")
    func bytes() throws { #expect(try collect(clean(3)) == (3, .bytes)) }

    @Test("a run's share is that of the thread that had its processor least")
    func share() {
        let run = BenchRun(spans: [
            gcx_span(begin_nanoseconds: 1000, end_nanoseconds: 2000, cpu_nanoseconds: 1000),
            gcx_span(begin_nanoseconds: 1000, end_nanoseconds: 3000, cpu_nanoseconds: 500),
        ])
        #expect(run.processorShare == 0.25)
        #expect(run.wallSeconds == 2e-6 && run.slowestSeconds == 2e-6)
    }

    @Test("a thread that began late lost that time")
    func late() {
        let run = BenchRun(spans: [
            gcx_span(begin_nanoseconds: 1000, end_nanoseconds: 2000, cpu_nanoseconds: 1000),
            gcx_span(begin_nanoseconds: 1500, end_nanoseconds: 2500, cpu_nanoseconds: 1000),
        ])
        #expect(abs(run.processorShare - 2.0 / 3) < 1e-12)
        #expect(run.wallSeconds == 1.5e-6 && run.slowestSeconds == 1e-6)
    }
}
