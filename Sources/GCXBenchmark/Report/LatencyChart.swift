/// Latency over the working set: a step for every cache, and where it ends.
struct LatencyChart {
    private let curve: Curve

    /// Nil for a curve with fewer than two points, which is no line.
    init?(_ curve: Curve) {
        guard curve.points.count > 1, curve.points.allSatisfy({ $0.workingSetBytes > 0 && $0.value > 0 }) else {
            return nil
        }
        self.curve = curve
    }

    var svg: String {
        let sizes = curve.points.map { Double($0.workingSetBytes) }
        let values = curve.points.map(\.value)
        let x = ChartScale(
            // bounded: the least and the greatest of one list
            values: (sizes.min() ?? 1)...(sizes.max() ?? 2), pixels: (70, 680), isLogarithmic: true)
        // A factor of two of room above and below, so that the line touches no edge.
        let y = ChartScale(
            // bounded: of Doubles
            values: (values.min() ?? 1) / 2...(values.max() ?? 2) * 2, pixels: (280, 16), isLogarithmic: true)
        let line = zip(sizes, values).enumerated().map { index, point in
            "\(index == 0 ? "M" : "L")\(x.text(point.0)) \(y.text(point.1))"
        }.joined()
        let dots = zip(sizes, values).map {
            "<circle class=\"dot\" r=\"4\" cx=\"\(x.text($0))\" cy=\"\(y.text($1))\"/>"
        }
        return """
            <svg viewBox="0 0 720 330" role="img"><path class="axis" d="M70 16V280H690"/>
            <path class="roof" d="\(line)"/>\(dots.joined())\(ticks(x))\(figures(x, y))
            <text x="78" y="12">time of one load, both axes logarithmic</text>
            <text x="380" y="322" text-anchor="middle">working set</text></svg>
            """
    }

    /// Every second size.
    private func ticks(_ x: ChartScale) -> String {
        stride(from: 0, to: curve.points.count, by: 2).map { index in
            // bounded: a place in the list, the stride ends before its end
            let bytes = curve.points[index].workingSetBytes
            return
                "<text x=\"\(x.text(Double(bytes)))\" y=\"298\" text-anchor=\"middle\">\(BinarySize.text(bytes))</text>"
        }.joined()
    }

    /// The latency at every fourth point, above it.
    private func figures(_ x: ChartScale, _ y: ChartScale) -> String {
        stride(from: 0, to: curve.points.count, by: 4).map { index in
            // bounded here: a place in the list, the stride ends before its end; of Doubles
            let point = curve.points[index]
            let above = Quantity.fixed(y.place(point.value) - 10, decimals: 1)
            return "<text x=\"\(x.text(Double(point.workingSetBytes)))\" y=\"\(above)\" text-anchor=\"middle\">"
                + "\(Markup.escaped("\(Quantity(point.value, curve.unit))"))</text>"
        }.joined()
    }
}
