import ArgumentParser
import GCXBenchmark
import GCXModel

/// `gcx bench list`: what each figure means.
struct BenchList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Explain every benchmark and measure nothing.")

    @OptionGroup var output: OutputOptions

    func run() throws {
        if output.json { return try Terminal.json(BenchmarkRegistry.all.map(Entry.init)) }
        Self.say()
    }

    /// For people: by group, each with unit, definition, statistic, and when it may be believed.
    static func say() {
        for (group, benchmarks) in AxisGroup.grouped(BenchmarkRegistry.all, by: \.name) {
            Terminal.say(Terminal.bold(group.rawValue.uppercased()) + "\n")
            benchmarks.forEach(say)
        }
    }

    private static func say(_ benchmark: Benchmark) {
        let rule = benchmark.validity
        Terminal.say(Terminal.bold(benchmark.name) + "  [\(benchmark.unit.rawValue)]  \(benchmark.title)")
        let statistic =
            switch benchmark.statistic {
            case .median: "median"
            case .secondBest: "second best"
            case .p99: "ninety-ninth percentile"
            }
        let length = rule.samplesWanted == 1 ? "" : "; spread at most \(AxisResult.percent(rule.spreadMax))"
        // bounded: seconds of a benchmark in the registry
        let least = benchmark.secondsMin > 0 ? " Left out of runs under \(Int(benchmark.secondsMin)) s." : ""
        for text in [
            benchmark.definition,
            "Figure: \(statistic) of \(Display.count(rule.samplesWanted, "undisturbed sample")), at least "
                + "\(rule.samplesMin)\(length). In a part of the machine: \(benchmark.splitting.rawValue).\(least)",
            rule.reason,
        ] { Terminal.say(BenchText.wrapped(text, width: min(Terminal.width, widthMax))) }
        Terminal.say()
    }

    /// Longer lines are hard to read.
    private static let widthMax = 110

    /// The same for programs.
    private struct Entry: Encodable {
        let name, unit, title, group, definition, statistic, splitting, reason: String
        let samplesWanted, samplesMin: Int
        let spreadMax: Double

        init(_ benchmark: Benchmark) {
            (name, unit, title) = (benchmark.name, benchmark.unit.rawValue, benchmark.title)
            group = AxisGroup(axis: benchmark.name).rawValue
            (definition, statistic) = (benchmark.definition, benchmark.statistic.rawValue)
            (splitting, reason) = (benchmark.splitting.rawValue, benchmark.validity.reason)
            (samplesWanted, samplesMin) = (benchmark.validity.samplesWanted, benchmark.validity.samplesMin)
            spreadMax = benchmark.validity.spreadMax
        }
    }
}

/// Text for a terminal.
enum BenchText {
    /// Lines of whole words, each indented by two.
    static func wrapped(_ text: String, width: Int) -> String {
        text.split(whereSeparator: \.isWhitespace).reduce(into: [String]()) { lines, word in
            // bounded here: joins texts; lengths of texts in memory, and the last one is there
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append("  " + word)
            }
        }.joined(separator: "\n")
    }
}
