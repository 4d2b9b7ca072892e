import ArgumentParser
import FoundationEssentials
import GCXBenchmark
import GCXHardware
import GCXJSON
import GCXLinux
import GCXModel
import GCXPricing
import Glibc

/// Where the report goes: the terminal, and the files asked for.
struct BenchOutput: ParsableArguments {
    @Option(
        defaultAsFlag: BenchOutput.standardOutput,
        help: "Write the report with all samples as JSON: to a file, or without one to standard output.")
    var json: String?

    @Option(
        defaultAsFlag: BenchOutput.standardOutput,
        help: "Write a table to paste, in Markdown: to a file, or without one to standard output.")
    var markdown: String?

    @Option(help: "Write a page that stands alone: figures, roofline, samples, the machine.")
    var html: String?

    /// `--json=FILE` as two words: an option that may stand alone takes no value behind a sign of equality, and would write
    /// to standard output.
    static func split(_ arguments: [String]) -> [String] {
        guard arguments.first == "bench" else { return arguments }
        return arguments.flatMap { word -> [String] in
            for name in ["--json", "--markdown"] where word.hasPrefix(name + "=") {
                return [name, String(word.dropFirst(name.count + 1))]  // bounded: the length of a name
            }
            return [word]
        }
    }

    /// The verbs that take `--json` as every command does, without a file.
    static let readers: Set<String> = ["list", "compare", "verify"]

    /// What stands for standard output where a file is asked for.
    static let standardOutput = "-"

    func validate() throws {
        guard [json, markdown, html].count(where: { $0 == Self.standardOutput }) <= 1 else {
            throw ValidationError("only one of --json, --markdown and --html can have standard output; name files")
        }
    }

    /// Says before the run that a file could not be written after it.
    func requireWritable() throws {
        for place in [json, markdown, html].compactMap(\.self) where place != Self.standardOutput {
            try Writable.requireFile(place)
        }
    }

    /// - Parameters:
    ///   - asked: names of the axes that were to be measured.
    ///   - inventory: nil where none could be had; the report then stands alone.
    ///   - now: Unix seconds.
    func write(_ report: BenchmarkReport, asked: [String], _ inventory: Inventory?, at now: UInt64) throws {
        let subject = Self.subject(inventory, report, at: now)
        if let json {
            let published = PublishedReport(report: report, measuredAt: now, subject: subject)
            try put(try CanonicalJSON.bytes(published) + [10], at: json)
        }
        if let markdown { try put(Array(report.markdown(subject).utf8), at: markdown) }
        if let html { try put(Array(Page(report, subject).html.utf8), at: html) }
        // bounded: no subscript: a list
        guard ![json, markdown, html].contains(Self.standardOutput) else { return }
        let summary = subject.summary
        let fits = summary.count <= Terminal.width
        Terminal.say(Terminal.dim(fits ? summary : BenchText.wrapped(summary, width: Terminal.width)))
        Terminal.write(
            report.styledTable(width: Terminal.width, bars: Terminal.isTerminal ? .blocks : .plain),
            to: STDOUT_FILENO)
        // What was not asked for is not lacking.
        let isWhole = Set(ReferenceTable.v1.classes.flatMap(\.figures).map(\.fact)).isSubset(of: asked)
        if isWhole { for line in RatingText.lines(report.facts(measuredAt: now)) { Terminal.say(line) } }
    }

    private func put(_ bytes: [UInt8], at place: String) throws {
        guard place != Self.standardOutput else { return Terminal.write(Terminal.document(bytes), to: STDOUT_FILENO) }
        try DurableFile.write(bytes, to: place, mode: 0o644)
    }

    /// The machine as far as its inventory tells; without one the report still has its day and its rating.
    private static func subject(_ inventory: Inventory?, _ report: BenchmarkReport, at now: UInt64) -> BenchmarkSubject
    {
        let model = inventory?.processor?.model
        var subject = BenchmarkSubject(
            title: model ?? "This machine", measuredAt: now,
            facts: [
                ("processor", model), ("cores", inventory?.coreCount.map(String.init)),
                ("memory", inventory?.memoryBytes.map(Display.bytes)), ("kernel", inventory?.kernel?.release),
                ("system", inventory?.kernel?.distribution), ("hypervisor", inventory?.virtualisation?.hypervisor),
                ("Compute Hours an hour", RatingText.summary(report.facts(measuredAt: now))),
            ],
            topology: inventory.map { InventoryTree.draw($0, width: 120, colour: false) })
        subject.shape = inventory?.topology
        return subject
    }
}
