import ArgumentParser
import GCXModel
import GCXSandbox
import GCXWire

/// `gcx job inspect`: the whole story of one lease.
struct JobInspect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show one job from its lease to its wipe: resources, limits, use, receipts, events, end.")

    @OptionGroup var agent: AgentOptions
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var caller: CallerOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "Id of the lease.")
    var lease: Digest

    @ArgumentParser.Flag(help: "Print the OCI configuration that the runtime got, as JSON, and nothing else.")
    var bundle = false

    func run() async throws {
        let client = try agent.open()
        let who = try await caller.caller(agent: client, ledger: ledger)
        if bundle {
            guard let text = try await client.bundle(lease, by: who) else {
                throw CommandError(
                    "there is no bundle: the job was not started yet, or is wiped",
                    fix: "See where it stands with `gcx job inspect \(lease)`.")
            }
            return Terminal.say(text)
        }
        let report = try await client.report(lease, by: who)
        if output.json { return try Terminal.json(report) }
        Terminal.say(ReportText(report).text)
    }
}

/// A job's report for people.
struct ReportText {
    private let report: JobReport

    init(_ report: JobReport) { self.report = report }

    var text: String {
        // bounded: joins lists
        [JobText.lines(report.status) + limits, graph, receipts, timeline].filter { !$0.isEmpty }
            .map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
    }

    private var limits: [String] {
        let parts = report.terms.resources
        var lines = [
            "leased    \(parts.cores) cores, \(Display.bytes(parts.memoryBytes)) memory, \(Display.bytes(parts.storageBytes)) storage"
        ]
        if let cores = report.placement?.cores {
            lines.append("cores     processing units \(cores.pus) of NUMA node \(cores.nodes), for itself")
        }
        if let devices = report.placement?.devices, !devices.isEmpty {
            lines.append("devices   \(devices.map(\.shown).joined(separator: ", "))")
        }
        guard let facts = report.facts else { return lines }
        let io = facts.resources
        lines += [
            "image     \(facts.imageDigest.map { "sha256:\($0.shown)" } ?? "a root filesystem, without a digest")",
            "runtime   \(facts.runtime.shown)\(facts.appArmorProfile.map { ", AppArmor profile \($0.shown)" } ?? "")",
            "limits    \(io.pids) processes, \(facts.openFilesMax) open files, \(facts.wallSecondsMax) s, log \(Display.bytes(facts.logBytesMax))",
        ]
        if let bytes = io.ioBytesPerSecond { lines.append("disk      \(Display.bytes(bytes)) a second each way") }
        if let spent = facts.readingNanoseconds {
            lines.append(
                "reading   \(Display.seconds(spent)) of CPU time for the image and the input, part of the bill")
        }
        guard let exit = facts.exit else { return lines }
        if let killed = exit.oomKills, killed > 0 { lines.append("memory    \(killed) processes ended by the kernel") }
        if exit.logDroppedBytes > 0 { lines.append("dropped   \(Display.bytes(exit.logDroppedBytes)) of log") }
        return lines
    }

    /// CPU and memory over the life of the job, one character for each part of it.
    private var graph: [String] {
        let points = report.usage.points
        guard points.count > 1, let first = points.first, let last = points.last,
            last.bootNanoseconds > first.bootNanoseconds
        else { return [] }
        // bounded here: more than one point; the smaller from the larger, compared first; a column is below the width
        let width = min(Self.graphWidth, points.count - 1)
        let span = last.bootNanoseconds - first.bootNanoseconds
        var cpu = [UInt64](repeating: 0, count: width)
        var memory = [UInt64](repeating: 0, count: width)
        // The agent's word: points may be in any order.
        for (from, to) in zip(points, points.dropFirst())
        where from.bootNanoseconds >= first.bootNanoseconds && to.bootNanoseconds > from.bootNanoseconds {
            let length = to.bootNanoseconds - from.bootNanoseconds
            let middle = from.bootNanoseconds - first.bootNanoseconds + length / 2
            let column = Int(min(UInt128(width - 1), UInt128(middle) * UInt128(width) / UInt128(span)))
            let used = to.cpuNanoseconds >= from.cpuNanoseconds ? to.cpuNanoseconds - from.cpuNanoseconds : 0
            let rate = UInt64(clamping: UInt128(used) * 1_000 / UInt128(length))
            cpu[column] = max(cpu[column], rate)
            memory[column] = max(memory[column], to.memoryBytes ?? 0)
        }
        let most = UInt64(report.terms.resources.cores) * 1_000
        return [
            "CPU     \(Self.bars(cpu, most: most))  of \(report.terms.resources.cores) cores",
            "memory  \(Self.bars(memory, most: report.terms.resources.memoryBytes))  of \(Display.bytes(report.terms.resources.memoryBytes))",
            "        \(Display.seconds(span)) from left to right",
        ]
    }

    /// Columns of the graph: what fits a narrow terminal beside its legend.
    private static let graphWidth = 60

    private static func bars(_ values: [UInt64], most: UInt64) -> String {
        let steps = Array(" ▁▂▃▄▅▆▇█")
        return String(
            values.map { value in
                // A little is never shown as nothing.
                // bounded here: of 64 bits in 128; there are steps, and the place is at most the last
                let step = UInt64(steps.count - 1)
                let scaled = most == 0 ? 0 : (UInt128(value) * UInt128(step) + UInt128(most) / 2) / UInt128(most)
                return steps[Int(min(UInt128(step), max(scaled, value > 0 ? 1 : 0)))]
            })
    }

    private var receipts: [String] {
        guard !report.receipts.isEmpty else { return [] }
        var table = Table(["receipt", "time", "CPU", "owed", "log"])
        for signed in report.receipts.suffix(Self.receiptsShown) {
            let receipt = signed.document
            table.add([
                "\(receipt.sequence)\(receipt.isFinal ? " final" : "")",
                RFC3339.moment(receipt.issuedAt), Display.seconds(receipt.usage.coreNanoseconds),
                Display.grouped(receipt.amount), receipt.logDigest.short,
            ])
        }
        return [table.text]
    }

    /// The newest ones; `--json` has more, and `gcx receipt` all.
    private static let receiptsShown = 8

    private var timeline: [String] {
        guard let first = report.events.first else { return [] }
        var table = Table(["time", "after", "event", ""])
        for event in report.events {
            let after =
                // bounded: the smaller from the larger
                event.wallNanoseconds > first.wallNanoseconds ? event.wallNanoseconds - first.wallNanoseconds : 0
            table.add([
                RFC3339.moment(event.wallNanoseconds / 1_000_000_000), Display.seconds(after), event.kind.rawValue,
                event.text.shown,
            ])
        }
        return [table.text]
    }
}
