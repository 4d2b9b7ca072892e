import GCXModel
import GCXPricing
import GCXSandbox
import GCXSigning
import GCXWire

/// A job's report for people.
struct ReportText {
    private let report: JobReport
    private let now: UInt64

    /// - Parameter now: Unix seconds.
    init(_ report: JobReport, now: UInt64) {
        self.report = report
        self.now = now
    }

    /// - Parameter width: columns of the terminal; nil for as many as it takes.
    func text(width: Int?) -> String {
        var parts = [fields.text(width: width)]
        let graph = UsageText(report: report).lines
        if !graph.isEmpty { parts.append(graph.joined(separator: "\n")) }
        let tables = [
            Self.receipts(report.receipts.map(\.document).suffix(Self.receiptsShown)), Self.timeline(report.events),
        ]
        // bounded: joins lists
        parts += tables.filter { !$0.isEmpty }.map { $0.text(width: width) }
        return parts.joined(separator: "\n\n")
    }

    private var fields: TextFields {
        var status = report.status
        // The list shortens it; here there is room.
        status.command = report.request?.commandLine ?? status.command
        status.image = report.request?.imageReference ?? status.image
        var fields = JobText.fields(status, now: now)
        if let names = report.request?.environment.keys.sorted(), !names.isEmpty {
            fields.add("env", names.map { Untrusted($0).shown }.joined(separator: ", "))
        }
        let submitted = report.events.last { $0.kind == .submitted }
        fields.add("submitted", submitted.map { RFC3339.moment(Nanoseconds.wholeSeconds(in: $0.wallNanoseconds)) })
        lease(&fields)
        if let facts = report.facts { limits(facts, &fields) }
        return fields
    }

    private func lease(_ fields: inout TextFields) {
        let terms = report.terms
        fields.add("leased", ResourceText.line(terms.resources))
        fields.add("until", RFC3339.moment(terms.endsAt))
        fields.add("price", RatesText.line(terms.rates))
        fields.add(
            "credit",
            "\(Display.amount(terms.creditLimit)) beyond what is vouched for, then a pause of \(Display.span(terms.graceSeconds)) and the end"
        )
        if let cores = report.placement?.cores {
            fields.add("cores", "processing units \(cores.pus) of NUMA node \(cores.nodes), for itself")
        }
        if let devices = report.placement?.devices, !devices.isEmpty {
            fields.add("devices", devices.map(\.shown).joined(separator: ", "))
        }
    }

    private func limits(_ facts: JobFacts, _ fields: inout TextFields) {
        let io = facts.resources
        fields.add(
            "manifest", facts.imageDigest.map { "sha256:\($0.shown)" } ?? "a root filesystem, without a digest")
        fields.add(
            "runtime",
            "\(facts.runtime.shown)\(facts.appArmorProfile.map { ", AppArmor profile \($0.shown)" } ?? "")")
        fields.add(
            "limits",
            "\(Display.count(io.pids, "process")), \(Display.count(facts.openFilesMax, "open file")), "
                + "\(Display.span(facts.wallSecondsMax)), log \(Display.bytes(facts.logBytesMax))")
        fields.add("disk", io.ioBytesPerSecond.map { "\(Display.bytes($0)) a second each way" })
        fields.add(
            "reading",
            facts.readingNanoseconds.map {
                "\(Display.seconds($0)) of CPU time for the image and the input, part of the bill"
            })
        guard let exit = facts.exit else { return }
        if let killed = exit.oomKills, killed > 0 {
            fields.add("killed", "\(Display.count(killed, "process")) ended by the kernel for want of memory")
        }
        if exit.logDroppedBytes > 0 { fields.add("dropped", "\(Display.bytes(exit.logDroppedBytes)) of log") }
    }

    static func receipts(_ receipts: some Collection<Receipt>) -> TextTable {
        var table = TextTable(
            [
                .whole("receipt"), .whole("time"), .number("CPU"), .number("owed"), .whole("log"),
            ], dropping: ["log"])
        for receipt in receipts {
            table.add([
                "\(receipt.sequence)\(receipt.isFinal ? " final" : "")", RFC3339.moment(receipt.issuedAt),
                Display.seconds(receipt.usage.coreNanoseconds), Display.money(receipt.amount),
                receipt.logDigest.short,
            ])
        }
        return table
    }

    /// The newest ones; `--json` has more, and `gcx receipt` all.
    private static let receiptsShown = 8

    static func timeline(_ events: [JobEvent]) -> TextTable {
        var table = TextTable(
            [.whole("time"), .number("after"), .whole("event"), .text("", least: 20)], dropping: ["after"])
        let first = events.first?.wallNanoseconds ?? 0
        for event in events {
            // bounded: the smaller from the larger
            let after = event.wallNanoseconds > first ? event.wallNanoseconds - first : 0
            table.add([
                RFC3339.moment(Nanoseconds.wholeSeconds(in: event.wallNanoseconds)), Display.seconds(after),
                event.kind.rawValue,
                event.text.shown,
            ])
        }
        return table
    }
}

/// Prices in words.
enum RatesText {
    static func line(_ rates: Rates) -> String {
        let parts: [(Amount, Priced, String)] = [
            (rates.leaseHour, .lease, " of lease"), (rates.coreHour, .core, ""),
            (rates.memoryGiBHour, .memory, " of memory"), (rates.gpuHour, .gpu, ""),
            (rates.storageGiBHour, .storage, " of storage"), (rates.egressGiB, .egress, " sent"),
        ]
        let words = parts.filter { $0.0 > .zero }.map { $1.text($0) + $2 }  // bounded: joins texts
        return words.isEmpty ? "nothing" : words.joined(separator: ", ")
    }
}
