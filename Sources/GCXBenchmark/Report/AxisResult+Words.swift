import GCXModel

// What a report says of an axis, in words and shares: the same in the terminal, in Markdown and on the page.
extension AxisResult {
    /// The registry's entry; nil for an axis of another release.
    package var benchmark: Benchmark? { BenchmarkRegistry.benchmark(named: name) }

    /// A few words; for an axis of another release its name.
    package var title: String { benchmark?.title ?? name }

    /// The figure with its unit, or `none`.
    package var figure: String { value.map { Quantity($0, unit).description } ?? "none" }

    /// Kept samples of all.
    package var runs: String { "\(keptValues.count)/\(samples.count)" }

    /// Scatter as a share of the figure, by the benchmark's own measure; nil without samples.
    package var spreadShare: Double? {
        let rule = benchmark?.validity.spread ?? .coefficientOfVariation
        return statistics.map(rule.value(of:))
    }

    /// Share of what no run can exceed; nil where no limit is known.
    package var limitShare: Double? {
        guard let value, let limit, limit > 0 else { return nil }
        return value / limit  // bounded: of Doubles
    }

    /// Spread and share of the limit as people read them; `-` and empty where there is none.
    package var spreadText: String { spreadShare.map { "±" + Self.percent($0, decimals: 1) } ?? "-" }
    package var limitText: String { limitShare.map { Self.percent($0) } ?? "" }

    package static func percent(_ share: Double, decimals: Int = 0) -> String {
        Quantity.fixed(100 * share, decimals: decimals) + " %"  // bounded: joins texts; of Doubles
    }

    /// `unsteady, no fact: …; note: …`, first what voids the figure; nil when there is nothing to say.
    package var verdict: String? {
        guard !flags.isEmpty || !steady else { return nil }
        let voiding = benchmark?.validity.voidedBy.union([.tooFewSamples, .spread]) ?? Set(flags)
        let reasons = [
            ("unsteady, no fact", flags.filter(voiding.contains)), ("note", flags.filter { !voiding.contains($0) }),
        ]
        let parts = reasons.filter { !$0.1.isEmpty }.map { "\($0.0): " + $0.1.map(words).joined(separator: "; ") }
        return parts.isEmpty ? "unsteady, no fact" : parts.joined(separator: "; ")
    }

    /// What made it unsteady: what voids it, or else what interrupts samples.
    var causes: [Flag] {
        let voiding = flags.filter((benchmark?.validity.voidedBy ?? []).contains)
        return voiding.isEmpty ? flags.filter { $0 == .contended || $0 == .stolen } : voiding
    }

    /// What a flag says, with what was read.
    package func words(_ flag: Flag) -> String {
        guard let reading = reading(flag) else { return flag.explanation }
        return "\(flag.explanation) (\(reading))"
    }

    private func reading(_ flag: Flag) -> String? {
        switch flag {
        case .contended: disturbance.otherCores.map { NumberText.count(Quantity.fixed($0, decimals: 2), "core") }
        case .neighboured: disturbance.besideCores.map { NumberText.count(Quantity.fixed($0, decimals: 2), "core") }
        case .stolen: disturbance.stealShare.map { "\(Self.percent($0, decimals: 1)) of the time" }
        case .throttled: disturbance.throttledPeriods.map { NumberText.count($0, "time") }
        case .clockSag: clockReading
        case .pressure: pressureReading
        case .majorFaults: NumberText.count(disturbance.majorFaults, "page")
        case .tooFewSamples:
            benchmark.map { "\(keptValues.count) of \(samples.count), \($0.validity.samplesMin) needed" }
        case .spread: spreadReading
        default: nil
        }
    }

    private var clockReading: String? {
        guard let before = disturbance.clockBeforeHertz, let after = disturbance.clockAfterHertz else { return nil }
        return "from \(Quantity(before, .hertz)) to \(Quantity(after, .hertz))"
    }

    private var pressureReading: String? {
        let worst = disturbance.pressureShares.filter { $0.key != "cpu" }.max {
            ($0.value, $1.key) < ($1.value, $0.key)
        }
        return worst.map { "\($0.key) \(Self.percent($0.value, decimals: 1)) of the time" }
    }

    private var spreadReading: String? {
        guard let spreadShare, let bound = benchmark?.validity.spreadMax else { return nil }
        return "\(Self.percent(spreadShare, decimals: 1)), bound \(Self.percent(bound))"
    }
}
