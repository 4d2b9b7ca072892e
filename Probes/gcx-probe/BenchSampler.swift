import CKernels
import GCXBenchmark

/// Takes samples until there are enough good ones, or the time or the patience is used up.
///
/// A hypervisor may put two virtual cores on one real one for a tenth of a second or for some: samples then agree on half of
/// the figure, and no counter of the guest shows it. So the samples of cores and memory lie apart, with the same work going on
/// in between; and a sample of all cores that is far under what each does alone is repeated while there is time.
struct BenchSampler {
    /// What the samples wanted are spread over, at the most; and the share of the axis's time that they may take for it.
    private static let spanNanosecondsMax = 1e9
    private static let spanShare = 0.6
    /// Cores that share one do little over half each; a clock that is lower when all are busy takes a tenth or two.
    private static let wholeShareMin = 0.8

    let benchmark: Benchmark
    /// Of `gcx_now_nanoseconds`.
    let deadline: UInt64
    /// What one core alone does, times the cores; 0 where that is not known.
    var whole = 0.0
    /// After a disturbed sample: as long as most samples.
    var pauseNanoseconds: UInt32 = 4_000_000

    func collect(_ measurement: inout any BenchMeasurement) throws(BenchFailure) -> ([Sample], Ending) {
        let rule = benchmark.validity
        let keptMax = rule.samplesWanted * BenchmarkLimits.repeatsMax
        var (taken, samples): ([Sample], [Sample]) = ([], [])
        var next = gcx_now_nanoseconds()
        let step = measurement.mayGoOn ? step(from: next) : 0
        while !isSettled(samples) {
            guard samples.count(where: \.isUndisturbed) < keptMax, samples.count < BenchmarkLimits.samplesMax else {
                return (told(taken, samples), .repeats)
            }
            // Whoever has waited is let run for a while by the scheduler, so the next sample has a better chance.
            if samples.last?.isUndisturbed == false { gcx_pause(pauseNanoseconds) }
            // The minimum is taken even when the time is short: a figure with too few samples is none at all.
            guard samples.count < rule.samplesMin || gcx_now_nanoseconds() < deadline else {
                return (told(taken, samples), .time)
            }
            while gcx_now_nanoseconds() < next { _ = try measurement.sample() }
            next = gcx_now_nanoseconds() + step
            guard let sample = try measurement.sample() else { return (told(taken, samples), .bytes) }
            taken.append(sample)
            samples.append(gated(sample))
        }
        return (samples, .steady)
    }

    private func step(from begin: UInt64) -> UInt64 {
        let time = Double(deadline > begin ? deadline - begin : 0) * Self.spanShare
        return UInt64(min(time, Self.spanNanosecondsMax)) / UInt64(benchmark.validity.samplesWanted)
    }

    /// A sample of cores that were not whole had no more of its processors than it shows.
    private func gated(_ sample: Sample) -> Sample {
        let share = whole > 0 ? sample.value / whole : 1
        guard share < Self.wholeShareMin else { return sample }
        return Sample(value: sample.value, processorShare: min(sample.processorShare ?? 1, share))
    }

    /// Where the cores were never whole, that is the machine, and its samples count as they are.
    private func told(_ taken: [Sample], _ samples: [Sample]) -> [Sample] {
        samples.count(where: \.isUndisturbed) < benchmark.validity.samplesMin ? taken : samples
    }

    private func isSettled(_ samples: [Sample]) -> Bool {
        let kept = samples.filter(\.isUndisturbed).map(\.value)
        guard kept.count >= benchmark.validity.samplesWanted, let statistics = Statistics(kept) else { return false }
        return benchmark.validity.spread.value(of: statistics) <= benchmark.validity.spreadMax
    }
}
