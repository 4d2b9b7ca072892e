/// A figure as people read it: three digits and a prefix, `118 GFLOP/s`.
///
/// For the eye only: nothing parses it.
package struct Quantity: CustomStringConvertible, Sendable {
    package let value: Double
    package let unit: BenchmarkUnit

    package init(_ value: Double, _ unit: BenchmarkUnit) {
        self.value = value
        self.unit = unit
    }

    package var description: String {
        let steps = Self.steps(of: unit)
        let step = steps.last { value >= $0.scale } ?? steps[0]  // bounded: a unit has a step at least
        return "\(Self.threeDigits(value / step.scale)) \(step.name)"  // bounded: of Doubles
    }

    /// Prefixes of the unit, smallest first.
    private static func steps(of unit: BenchmarkUnit) -> [(scale: Double, name: String)] {
        switch unit {
        case .hertz: [(1, "Hz"), (1e6, "MHz"), (1e9, "GHz")]
        case .flopsPerSecond: [(1, "FLOP/s"), (1e6, "MFLOP/s"), (1e9, "GFLOP/s"), (1e12, "TFLOP/s")]
        case .bytesPerSecond: [(1, "B/s"), (1e6, "MB/s"), (1e9, "GB/s"), (1e12, "TB/s")]
        case .operationsPerSecond: [(1, "op/s"), (1e3, "kop/s"), (1e6, "Mop/s"), (1e9, "Gop/s"), (1e12, "Top/s")]
        case .bytes: [(1, "B"), (1e3, "kB"), (1e6, "MB"), (1e9, "GB"), (1e12, "TB")]
        case .picoseconds: [(1, "ps"), (1e3, "ns"), (1e6, "µs"), (1e9, "ms"), (1e12, "s")]
        }
    }

    private static func threeDigits(_ value: Double) -> String {
        value >= 99.95 ? fixed(value, decimals: 0) : fixed(value, decimals: value >= 9.995 ? 1 : 2)
    }

    /// `value` with exactly `decimals` digits behind the point; for values that fit in 64 bits with them.
    package static func fixed(_ value: Double, decimals: Int) -> String {
        // bounded here: of Doubles; digits of 64 bits, and as many decimals as the code says
        let scale = (0..<decimals).reduce(1.0) { result, _ in result * 10 }
        guard let whole = Int64(exactly: (value * scale).rounded()) else { return "\(value)" }
        guard decimals > 0 else { return String(whole) }
        let digits = String(whole.magnitude)
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        return (whole < 0 ? "-" : "") + padded.dropLast(decimals) + "." + padded.suffix(decimals)
    }
}
