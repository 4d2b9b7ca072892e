extension BenchmarkReport {
    /// The report for people: a line per axis, a line under it for what is wrong with it, then the problems.
    ///
    /// - Parameters:
    ///   - width: columns of the terminal; rows are cut there, explanations wrapped. 80 shows every column.
    ///   - colour: whether to use ANSI colours; off a terminal, or where `NO_COLOR` is set, they are noise.
    package func table(width: Int, colour: Bool) -> String {
        let paint = Paint(enabled: colour)
        let rows = axes.flatMap { row($0, width: width, paint) }
        let trouble = problems.map { paint.red(Self.cut("! \($0)", width)) }
        return ([paint.dim(Self.cut(headline, width)), paint.bold(Self.cut(heading, width))] + rows + trouble)
            .joined(separator: "\n") + "\n"
    }

    private var headline: String {
        let quota = processors.quotaProcessors.map { ", quota \(Quantity.fixed($0, decimals: 2))" } ?? ""
        let seconds = Quantity.fixed(elapsedSeconds, decimals: 1)
        return
            "\(kernelVersion) \(instructionSet), \(processors.used.count) of \(processors.online) processors\(quota), "
            + "\(seconds) s"
    }

    private var heading: String { Self.columns("benchmark", "figure", "spread", "runs", "of limit") }

    private func row(_ axis: AxisResult, width: Int, _ paint: Paint) -> [String] {
        let title = BenchmarkRegistry.benchmark(named: axis.name)?.title ?? axis.name
        let line = Self.cut(
            Self.columns(
                title, axis.value.map { Quantity($0, axis.unit).description } ?? "none", Self.spread(of: axis),
                "\(axis.keptValues.count)/\(axis.samples.count)", Self.fraction(of: axis)), width)
        guard !axis.flags.isEmpty else { return [paint.green(line)] }
        let verdict = axis.steady ? "note" : "unsteady, no fact"
        let reasons = axis.flags.map(\.explanation).joined(separator: "; ")
        let notes = Self.wrapped("\(verdict): \(reasons)", width: width, indent: 2).map(paint.dim)
        return [axis.steady ? paint.green(line) : paint.yellow(line)] + notes
    }

    private static func spread(of axis: AxisResult) -> String {
        guard let statistics = axis.statistics else { return "-" }
        let rule = BenchmarkRegistry.benchmark(named: axis.name)?.validity.spread ?? .coefficientOfVariation
        return "±" + Quantity.fixed(100 * rule.value(of: statistics), decimals: 1) + " %"
    }

    private static func fraction(of axis: AxisResult) -> String {
        guard let value = axis.value, let limit = axis.limit, limit > 0 else { return "" }
        return Quantity.fixed(100 * value / limit, decimals: 0) + " %"
    }

    private static func columns(_ name: String, _ figure: String, _ spread: String, _ runs: String, _ limit: String)
        -> String
    {
        let line =
            padded(name, 26) + padded(figure, 16, right: true) + padded(spread, 11, right: true)
            + padded(runs, 10, right: true)
        return limit.isEmpty ? line : line + padded(limit, 10, right: true)
    }

    private static func padded(_ text: String, _ width: Int, right: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - text.count))
        return right ? space + text : text + space
    }

    /// Lines of whole words, the second and later ones indented twice; a word longer than a line is cut.
    private static func wrapped(_ text: String, width: Int, indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        return text.split(separator: " ").reduce(into: [String]()) { lines, word in
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(cut((lines.isEmpty ? margin : margin + margin) + word, width))
            }
        }
    }

    private static func cut(_ line: String, _ width: Int) -> String {
        line.count <= width ? line : String(line.prefix(max(0, width - 1))) + "…"
    }
}

/// ANSI colours, or nothing.
private struct Paint {
    let enabled: Bool

    func bold(_ text: String) -> String { wrap(text, "1") }
    func dim(_ text: String) -> String { wrap(text, "2") }
    func red(_ text: String) -> String { wrap(text, "31") }
    func green(_ text: String) -> String { wrap(text, "32") }
    func yellow(_ text: String) -> String { wrap(text, "33") }

    private func wrap(_ text: String, _ code: String) -> String { enabled ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
}
