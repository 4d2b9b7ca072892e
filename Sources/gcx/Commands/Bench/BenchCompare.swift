import ArgumentParser
import FoundationEssentials
import GCXBenchmark
import GCXLinux
import GCXModel

/// `gcx bench compare`: what changed between two reports.
struct BenchCompare: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compare two reports (`gcx bench --json FILE`), and say which differences are noise.",
        discussion: """
            A difference counts when the samples differ by a rank test at 1 % and the figures by more than the benchmark \
            itself calls agreement (3 % for processors, 10 % for memory, 50 % for disks).
            """)

    @Argument(help: "The earlier report.")
    var first: String

    @Argument(help: "The later report.")
    var second: String

    @OptionGroup var output: OutputOptions

    func run() throws { try Self.say(first, second, json: output.json) }

    /// - Parameters: paths of reports.
    static func say(_ first: String, _ second: String, json: Bool) throws {
        let (one, other) = (try report(first), try report(second))
        let comparison = try BenchmarkComparison(one, other)
        if json { return try Terminal.json(comparison) }
        var table = Self.table()
        for axis in comparison.axes where axis.first != nil && axis.second != nil {
            let entry = BenchmarkRegistry.benchmark(named: axis.name)
            func figure(_ value: Double?) -> String {
                guard let value, let entry else { return "none" }
                return Quantity(value, entry.unit).description
            }
            table.add([
                entry?.title ?? "an axis that this release does not know", figure(axis.first), figure(axis.second),
                axis.ratio.map { Quantity.fixed($0, decimals: 3) } ?? "-",
                axis.chance.map { $0 < 0.001 ? "<0.001" : Quantity.fixed($0, decimals: 3) } ?? "-",
                axis.verdict.rawValue,
            ])
        }
        let alone = comparison.axes.filter { $0.first == nil || $0.second == nil }
        if alone.count < comparison.axes.count { Terminal.say(table) }
        // What one report alone has compares with nothing: a line for each report says it.
        for (name, names) in [
            (first, alone.filter { $0.second == nil && $0.first != nil }.map(\.name)),
            (second, alone.filter { $0.first == nil && $0.second != nil }.map(\.name)),
        ] where !names.isEmpty {
            Terminal.say(BenchText.wrapped("only in \(name): \(names.joined(separator: ", "))", width: Terminal.width))
        }
        guard alone.count < comparison.axes.count else {
            throw CommandError(
                "the two reports have no figure in common", fix: "Measure both with the same --only, or without it.")
        }
    }

    static func table() -> TextTable {
        TextTable(
            [
                .text("benchmark", least: 16), .number("first"), .number("second"), .number("ratio"), .number("chance"),
                .whole("verdict"),
            ], dropping: ["chance", "ratio"])
    }

    private static func report(_ path: String) throws -> BenchmarkReport {
        do {
            return try BenchmarkReport(
                decoding: Data(try Files.bytes(path, limit: BenchmarkLimits.reportBytesMax)), isPublished: true)
        } catch let error as BenchmarkError {
            throw CommandError("\(path): \(error.description)", fix: "Name a report of `gcx bench --json FILE`.")
        } catch let error as LinuxError {
            throw CommandError("the report cannot be read: \(error.description)", fix: error.instruction)
        }
    }
}
