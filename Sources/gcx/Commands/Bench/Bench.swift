import ArgumentParser
import FoundationEssentials
import GCXAgent
import GCXBenchmark
import GCXHardware

/// `gcx bench`: a one-shot benchmark for anybody.
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure this machine: FP64 rate, memory bandwidth, disk. No account, no daemon, no root needed.",
        discussion: "A figure that was disturbed beyond its bound is marked unsteady, and says by what.")

    @Option(help: "Time for all benchmarks together, seconds.")
    var duration: Double = 8

    @Option(help: "Directory for the disk benchmark's file, which has no name and leaves nothing.")
    var path = "."

    @Option(help: "The most that the disk benchmark writes.")
    var bytesMax = ByteSize(bytes: 256 << 20)

    @Option(help: "Only these, separated by commas; `gcx bench --list` names them.")
    var only: String?

    @ArgumentParser.Flag(help: "Explain every benchmark and measure nothing.")
    var list = false

    @OptionGroup var output: OutputOptions

    func run() async throws {
        if list { return listAll() }
        let axes = only?.split(separator: ",").map(String.init) ?? BenchmarkRegistry.names
        let plan = try BenchmarkPlan(axes: axes, seconds: duration, directory: path, bytesMax: bytesMax.bytes)
        let report = try await BenchmarkRunner(process: ProbeBenchmarkProcess(probe: try .located())).run(plan)
        if output.json {
            Terminal.say(String(decoding: try report.encoded(), as: UTF8.self))
        } else {
            Terminal.say(report.table(width: Terminal.width, colour: Terminal.hasColour))
        }
    }

    private func listAll() {
        for benchmark in BenchmarkRegistry.all {
            Terminal.say("\(Terminal.bold(benchmark.name))  [\(benchmark.unit.rawValue)]\n  \(benchmark.definition)\n")
        }
    }
}
