import GCXModel
import GCXSigning
import GCXWire
import Support
import Testing

@testable import gcx

@Suite("A job as it is shown")
struct ReportTests {
    private let world: TestWorld

    init() throws { world = try TestWorld() }

    private func report(_ change: (inout JobReport) -> Void = { _ in }) -> JobReport {
        let terms = world.terms(offer: .random(), demand: .random())
        var status = JobStatus(
            lease: terms.digest(in: world.domain), payer: terms.payer, phase: .running, exit: nil,
            startedAt: 1_800_000_060, endedAt: nil, usage: .zero, amount: 1_234_567, vouched: 1_000_000, claimed: 0,
            deposit: 5_000_000, receipts: 3, logBytes: 4_096, note: "running")
        status.createdAt = 1_800_000_000
        status.metered = MeteredUsage(usage: .zero, amount: 1_300_000)
        let request = JobRequest(
            command: ["/bin/sh", "-c", "wc -l /input/* | sort"], environment: ["TOKEN": "s3cret"],
            imageFormat: .registry,
            imageReference: "docker://registry.example/lib/tool:1")
        var report = JobReport(
            status: status, terms: terms, placement: nil, request: request, facts: nil, events: [], usage: UsageGraph(),
            receipts: [], isWiped: false)
        change(&report)
        return report
    }

    @Test("command, image, payer, price, limits, times, use and money are there, in words")
    func words() {
        let text = ReportText(report(), now: 1_800_003_660).text(width: nil)
            .split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        for word in [
            "command /bin/sh -c 'wc -l /input/* | sort'", "image docker://registry.example/lib/tool:1",
            "payer \(world.buyer.address.checksummed)",
            "price 3,600 base units/hour of lease, 7,200 base units/core-hour",
            "created 2027-01-15 08:00:00Z", "started 2027-01-15 08:01:00Z",
            "ran 1 h", "owed 1,234,567 base units by 3 receipts", "metered 1,300,000 base units so far",
            "of a deposit of 5,000,000 base units", "leased 2 cores, 2.0 GiB memory, 1.0 GiB storage",
            "log 4.0 KiB", "credit 100 base units beyond what is vouched for",
        ] { #expect(text.contains(word), "\(word) in\n\(text)") }
    }

    @Test("of the environment the names are shown, and the values to programs alone")
    func environment() {
        let text = ReportText(report(), now: 0).text(width: nil)
        #expect(text.contains("TOKEN") && !text.contains("s3cret"))
    }

    @Test("what a stranger wrote steers nothing and makes no line of its own")
    func hostile() {
        let text = ReportText(
            report {
                $0.request?.command = ["a\nstate ended\u{1B}[2J"]
                $0.status.note = Hostile.words
            }, now: 0
        ).text(width: 80)
        #expect(!text.unicodeScalars.contains { $0 != "\n" && PlainText.isHidden($0) })
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("state") }.count == 1)
    }

    @Test("who leaves a running job is told how long it goes on unpaid, and what to type")
    func departure() async throws {
        let report = report()
        let departure = Departure(
            ask: { throw CancellationError() }, terms: report.terms, lease: report.status.lease,
            key: "--key buyer.json",
            others: " --journal mine")
        var status = report.status
        status.amount = status.vouched
        status.metered = nil
        let words = departure.words(status).joined(separator: "\n")
        for part in [
            "The job goes on (running). Nobody answers its receipts now, so nothing more of it is paid.",
            "It has credit for 100 base units more, in full use ", "then it is paused, and ended 30 s later.",
            "gcx job run --attach --lease \(status.lease) --key buyer.json --journal mine",
            "gcx job logs \(status.lease) --follow --key buyer.json", "gcx job cancel \(status.lease) --key buyer.json",
        ] { #expect(words.contains(part), "\(part) in\n\(words)") }
        // What is metered and not vouched for is taken from the credit.
        status.metered = MeteredUsage(usage: .zero, amount: Amount(status.vouched.value + 40))
        #expect(departure.words(status).joined().contains("credit for 60 base units more"))
        status.phase = .closed
        status.exit = .exited(code: 3)
        #expect(departure.words(status).first?.contains("The job is over (exited with status 3)") == true)
        #expect(departure.words(nil).first?.contains("does not say where the job stands") == true)
    }
}
