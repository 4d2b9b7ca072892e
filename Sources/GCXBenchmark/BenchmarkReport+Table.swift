package import GCXModel

extension BenchmarkReport {
    /// The report for people: by group a line per axis, under it what is wrong with it, then the problems.
    ///
    /// - Parameters:
    ///   - width: columns of the terminal; rows are cut there, explanations wrapped. 80 shows every column, 120 also names
    ///     and a trail of the samples.
    ///   - colour: whether to use ANSI colours; off a terminal, or where `NO_COLOR` is set, they are noise.
    ///   - bars: how the fraction of the physical limit is drawn.
    package func table(width: Int, colour: Bool, bars: BarStyle = .plain) -> String {
        styledTable(width: width, bars: bars).text(colour: colour)
    }

    /// The same for a terminal.
    package func styledTable(width: Int, bars: BarStyle = .plain) -> StyledText {
        let (paint, columns) = (Paint(), TableColumns(width: width, bars: bars))
        let body = groups.flatMap { group, axes in
            [paint.bold(TextLayout.cut(group.rawValue, width))] + axes.flatMap { row($0, columns, paint) }
        }
        let trouble =
            circumstances.flatMap {
                TextLayout.wrapped(TextLayout.harmless("- \($0)"), width: width, indent: 0, hanging: 2).map(paint.dim)
            }
            + problems.flatMap {  // bounded: joins lists
                TextLayout.wrapped(TextLayout.harmless("! \($0)"), width: width, indent: 0, hanging: 2).map(paint.red)
            }
        // bounded: joins lists
        return .lines([paint.dim(TextLayout.cut(headline, width)), paint.dim(columns.heading)] + body + trouble)
    }

    /// Kernels, instruction set, processors, time.
    package var headline: String {
        let quota = processors.quotaProcessors.map { ", quota \(Quantity.fixed($0, decimals: 2))" } ?? ""
        let seconds = Quantity.fixed(elapsedSeconds, decimals: 1)
        let text =
            "\(kernelVersion) \(instructionSet), \(processors.used.count) of \(NumberText.count(processors.online, "processor"))\(quota), "
            + "\(seconds) s"
        return TextLayout.harmless(text)
    }

    private func row(_ axis: AxisResult, _ columns: TableColumns, _ paint: Paint) -> [StyledText] {
        let line = columns.line(axis)
        guard let verdict = axis.verdict else { return [paint.green(line)] }
        let notes = TextLayout.wrapped(verdict, width: columns.width, indent: 4).map(paint.dim)
        return [axis.steady ? paint.green(line) : paint.yellow(line)] + notes
    }
}

/// Which columns a terminal has room for, and how wide each is.
private struct TableColumns {
    let width: Int
    let bars: BarStyle

    private static let (title, figure, spread, runs, share) = (28, 13, 9, 8, 6)
    private static let fixed = title + figure + spread + runs  // bounded: of constants
    /// From here on a line holds the axis's name and a trail of samples too.
    private static let wide = 120
    private static let (name, trail, barMax) = (28, 22, 40)

    private var isWide: Bool { width >= Self.wide }
    private var bar: Int {
        // bounded: a terminal's width less constants
        let room = width - Self.fixed - Self.share - 2 - (isWide ? Self.name + Self.trail + 2 : 0)
        return room < 8 ? 0 : min(Self.barMax, room)
    }

    var heading: String {
        // bounded: joins texts; `bar` is at most `barMax`
        let limit = bar > 0 ? "  " + TextLayout.padded("of physical limit", bar + Self.share) : ""
        let more = isWide ? "  " + TextLayout.padded("samples", Self.trail) + "name" : ""
        return cut(columns("benchmark", "figure", "spread", "runs") + limit + more)  // bounded: joins texts
    }

    func line(_ axis: AxisResult) -> String {
        let samples =
            isWide
            ? "  " + TextLayout.padded(bars.trail(axis.samples.map(\.value), width: Self.trail - 2), Self.trail) : ""
        let name = isWide ? TextLayout.harmless(axis.name) : ""
        return cut(
            // bounded here: joins texts
            columns("  " + TextLayout.harmless(axis.title), axis.figure, axis.spreadText, axis.runs) + limit(of: axis)
                + samples + name)
    }

    private func limit(of axis: AxisResult) -> String {
        guard bar > 0 else { return "" }
        let drawn = axis.limitShare.map { bars.bar($0, width: bar) } ?? ""
        // bounded: joins texts
        return "  " + TextLayout.padded(drawn, bar) + TextLayout.padded(axis.limitText, Self.share, right: true)
    }

    private func columns(_ title: String, _ figure: String, _ spread: String, _ runs: String) -> String {
        // bounded here: joins texts
        TextLayout.padded(title, Self.title) + TextLayout.padded(figure, Self.figure, right: true)
            + TextLayout.padded(spread, Self.spread, right: true) + TextLayout.padded(runs, Self.runs, right: true)
    }

    /// No wider than the terminal, and without a tail of spaces.
    private func cut(_ line: String) -> String {
        TextLayout.cut(String(line.reversed().drop { $0 == " " }.reversed()), width)
    }
}
