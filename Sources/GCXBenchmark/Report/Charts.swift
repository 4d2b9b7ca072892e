import Glibc

/// A straight or logarithmic map from values to pixels.
struct ChartScale {
    let values: ClosedRange<Double>
    let pixels: (Double, Double)
    let isLogarithmic: Bool

    func place(_ value: Double) -> Double {
        // bounded here: of Doubles
        let (low, high, at) = (mapped(values.lowerBound), mapped(values.upperBound), mapped(value))
        let share = high > low ? (at - low) / (high - low) : 0.5
        return pixels.0 + share * (pixels.1 - pixels.0)
    }

    func text(_ value: Double) -> String { Quantity.fixed(place(value), decimals: 1) }

    private func mapped(_ value: Double) -> Double { isLogarithmic ? log2(value) : value }
}

/// The samples of one axis in the order taken.
struct SampleScatter {
    let axis: AxisResult

    var svg: String {
        let values = axis.samples.map(\.value).filter(\.isFinite)
        guard let least = values.min(), let greatest = values.max() else { return "" }
        // Samples that agree must not look wild: the chart spans at least a tenth of the figure.
        // bounded here: of Doubles, and of the place in a list
        let margin = max((greatest - least) * 0.1, abs(greatest) * 0.05)
        let x = ChartScale(values: 0...Double(max(1, axis.samples.count - 1)), pixels: (8, 212), isLogarithmic: false)
        let y = ChartScale(values: (least - margin)...(greatest + margin), pixels: (82, 8), isLogarithmic: false)
        let dots = axis.samples.enumerated().filter { $0.element.value.isFinite }.map { index, sample in
            "<circle class=\"\(sample.isUndisturbed ? "dot" : "lost")\" r=\"2.2\" cx=\"\(x.text(Double(index)))\" cy=\"\(y.text(sample.value))\"/>"
        }
        let figure = axis.value.map { "<path class=\"limit\" d=\"M8 \(y.text($0))H212\"/>" } ?? ""
        let (top, bottom) = (Quantity(greatest, axis.unit), Quantity(least, axis.unit))
        return
            "<svg viewBox=\"0 0 220 108\" role=\"img\"><path class=\"axis\" d=\"M8 8V82H212\"/>\(figure)\(dots.joined())"
            + "<text x=\"8\" y=\"100\">\(Markup.escaped("\(bottom) to \(top)"))</text></svg>"
    }
}

/// Attainable FP64 rate over arithmetic intensity: the lower of the processor's peak and memory's bandwidth times intensity.
///
/// Source: Williams, Waterman, Patterson, "Roofline", CACM 52(4), 2009. Nil unless the report has both figures.
struct Roofline {
    private let peak, bandwidth: Double
    private let peakLimit: Double?
    private let source: String

    init?(_ report: BenchmarkReport) {
        guard let compute = report.axes.first(where: { $0.name == "cpu.fp64.all" }), let peak = compute.value, peak > 0
        else { return nil }
        let memory = report.axes.filter {
            $0.name.hasPrefix("memory.") && $0.unit == .bytesPerSecond && $0.name.hasSuffix(".all")
        }
        guard let best = memory.max(by: { ($0.value ?? 0) < ($1.value ?? 0) }), let bandwidth = best.value,
            bandwidth > 0
        else { return nil }
        (self.peak, self.bandwidth, peakLimit, source) = (peak, bandwidth, compute.limit, best.title)
    }

    var svg: String {
        // bounded here: of Doubles
        let ridge = peak / bandwidth
        let intensities = min(1.0 / 16, ridge / 8)...max(64, ridge * 8)
        let x = ChartScale(values: intensities, pixels: (70, 690), isLogarithmic: true)
        let top = max(peak, peakLimit ?? 0) * 2
        let y = ChartScale(
            values: (bandwidth * intensities.lowerBound / 2)...top, pixels: (280, 16), isLogarithmic: true)
        let start = y.text(bandwidth * intensities.lowerBound)
        let limit = peakLimit.map { "<path class=\"limit\" d=\"M\(x.text(ridge)) \(y.text($0))H690\"/>" } ?? ""
        return """
            <svg viewBox="0 0 720 330" role="img"><path class="axis" d="M70 16V280H690"/>\(ticks(x))\(limit)
            <path class="roof" d="M70 \(start)L\(x.text(ridge)) \(y.text(peak))H690"/>
            <circle class="dot" r="5" cx="\(x.text(ridge))" cy="\(y.text(peak))"/>
            <text x="686" y="\(Quantity.fixed(y.place(peak) + 18, decimals: 1))" text-anchor="end">FP64 peak \(Quantity(peak, .flopsPerSecond))</text>
            <text x="\(x.text(ridge))" y="\(Quantity.fixed(y.place(peak) + 36, decimals: 1))">ridge at \(Quantity.fixed(ridge, decimals: 2)) FLOP/B</text>
            <text x="150" y="\(start)">\(Markup.escaped(source)) \(Quantity(bandwidth, .bytesPerSecond))</text>
            <text x="78" y="12">attainable FLOP/s, both axes logarithmic</text>
            <text x="380" y="322" text-anchor="middle">operations per byte, FLOP/B</text></svg>
            """
    }

    private func ticks(_ x: ChartScale) -> String {
        stride(from: -4, through: 8, by: 2).map { exp2(Double($0)) }.filter(x.values.contains).map { value in
            // bounded: of Doubles; the value is a power of two from 2^-4 to 2^8
            let text = value < 1 ? "1/\(Int(1 / value))" : "\(Int(value))"
            return "<text x=\"\(x.text(value))\" y=\"298\" text-anchor=\"middle\">\(text)</text>"
        }.joined()
    }
}
