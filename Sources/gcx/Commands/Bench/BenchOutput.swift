import ArgumentParser
import FoundationEssentials
import GCXBenchmark
import GCXLinux
import Glibc

/// Where the report goes: the terminal, and the files asked for.
struct BenchOutput: ParsableArguments {
    @Option(
        defaultAsFlag: BenchOutput.standardOutput,
        help: "Write the report with all samples as JSON: to a file, or without one to standard output.")
    var json: String?

    /// What stands for standard output where a file is asked for.
    static let standardOutput = "-"

    func write(_ report: BenchmarkReport) throws {
        try put(try json.map { ($0, try report.encoded() + [10]) })
        guard json != Self.standardOutput else { return }
        Terminal.write(
            report.table(
                width: Terminal.width, colour: Terminal.hasColour, bars: Terminal.isTerminal ? .blocks : .plain),
            to: STDOUT_FILENO)
    }

    private func put(_ document: (place: String, bytes: Data)?) throws {
        guard let document else { return }
        guard document.place != Self.standardOutput else {
            return Terminal.write(Array(document.bytes), to: STDOUT_FILENO)
        }
        try DurableFile.write(document.bytes, to: document.place, mode: 0o644)
    }
}
