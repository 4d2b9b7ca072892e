/// How much of a kernel's work lasts one sample.
enum BenchPace {
    /// The most of several runs, since an interrupted one makes a kernel look slow; they also give wide vectors their clock
    /// and their power, and the caches what they need.
    ///
    /// - Parameters:
    ///   - seconds: what a sample is to last.
    ///   - amounts: least and most of the work; the first run does the least.
    ///   - run: does so much, and returns the seconds it took.
    static func amount(
        lasting seconds: Double, in amounts: ClosedRange<Double>, runs: Int = 5, run: (UInt64) -> Double
    ) -> UInt64 {
        var (amount, most) = (UInt64(amounts.lowerBound), amounts.lowerBound)
        for _ in 0..<runs {
            most = max(most, Double(amount) * seconds / run(amount))
            amount = UInt64(min(most, amounts.upperBound))
        }
        return amount
    }
}

/// What a rate cannot exceed by what a core does in a cycle.
enum BenchCeiling {
    /// Cores × amount per cycle × clock. A virtual machine may hide which core it is, so the amount per cycle is the one
    /// measured, rounded up to a power of two (pipes and lanes are), but never more than `most`, which any core of the
    /// instruction set does.
    static func rate(value: Double, cores: Int, clockHertz: Double, most: Double) -> Double? {
        let cycles = Double(cores) * clockHertz
        guard cycles > 0, value > 0 else { return nil }
        var perCycle = 1.0
        // 5 %: the clock is measured beside the run, not in it.
        while perCycle < most, perCycle * 1.05 < value / cycles { perCycle *= 2 }
        return perCycle * cycles
    }
}
