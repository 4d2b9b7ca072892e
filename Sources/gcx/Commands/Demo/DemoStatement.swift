import GCXLedger
import GCXModel
import GCXWire

/// What the demonstration ends with: every figure from the ledger, the receipts or the job itself.
struct DemoStatement: Encodable {
    let job: JobStatus
    let deposit: Amount
    /// What the owner got in the end.
    let claimed: Amount
    /// What the offer's reservation came to; it is paid where the job came to less.
    let reserved: Amount
    let ownerBalance: Amount
    let escrow: Escrow
    let ratings: [Rating]
    /// CPU time in which the job's image and input were read, before it began: part of the bill.
    let readingNanoseconds: UInt64
    /// CPU time by the job's own count; nil when it did not get that far.
    let selfReportedNanoseconds: UInt64?
    /// Who spoke to whom, and where each answered.
    let wire: DemoWire
    let report: VerifyReport

    /// The job did its work, was paid to the last unit, and the ledger holds.
    var isSound: Bool {
        job.exit == .exited(code: 0) && claimed == max(job.amount, reserved) && ownerBalance == claimed
            && refunded != nil
            && ratings.count == 2 && report.isSound
    }

    private var refunded: Amount? {
        if case .closed(_, let refunded, _) = escrow { refunded } else { nil }
    }

    /// The difference between the meter and the job's own count, in thousandths of the latter.
    var differencePerMille: UInt64? {
        guard let own = selfReportedNanoseconds, own > 0 else { return nil }
        let metered = job.usage.coreNanoseconds - min(readingNanoseconds, job.usage.coreNanoseconds)
        return (metered > own ? metered - own : own - metered) * 1_000 / own
    }

    func say() {
        Terminal.say("\n" + Terminal.bold("Statement"))
        for line in fields.lines(width: Terminal.tableWidth) { Terminal.say(coloured(line)) }
    }

    private var fields: TextFields {
        var fields = TextFields()
        fields.add("job", job.exit?.description ?? "not ended")
        fields.add("receipts", Display.grouped(job.receipts))
        addTime(&fields)
        addMoney(&fields)
        for rating in ratings { fields.add("rating", "\(rating.stars) of 5: \(rating.comment.shown)") }
        for problem in report.problems { fields.add("problem", "\(problem)") }
        let counts = "\(Display.count(report.entries, "entry")), \(Display.count(report.heads, "signed head"))"
        fields.add(Self.verdict, "\(report.isSound ? "ok" : "FAILED") (\(counts), no unit made or lost)")
        return fields
    }

    private func addTime(_ fields: inout TextFields) {
        let reading = "\(Display.seconds(readingNanoseconds)) for reading the image and the input"
        fields.add("CPU metered", "\(Display.seconds(job.usage.coreNanoseconds)), of it \(reading)")
        guard let own = selfReportedNanoseconds, let difference = differencePerMille else { return }
        fields.add(
            "CPU by the job",
            "\(Display.seconds(own)) (times(2)); they differ by \(difference / 10).\(difference % 10) %")
    }

    private func addMoney(_ fields: inout TextFields) {
        fields.add("earned", Display.amount(job.amount))
        let isMore = reserved > job.amount
        fields.add(
            "reservation",
            Display.amount(reserved)
                + (isMore ? ", paid instead: more than the job came to" : " at least, within what was earned"))
        fields.add("claimed", Display.amount(claimed))
        fields.add(
            "refunded", "\(refunded.map(Display.amount) ?? "nothing yet") of a deposit of \(Display.amount(deposit))")
    }

    /// The last line's good word in green.
    private func coloured(_ line: String) -> StyledText {
        guard report.isSound, line.hasPrefix(Self.verdict), let word = line.firstRange(of: " ok ") else {
            return StyledText(line)
        }
        return StyledText("\(line[..<word.lowerBound]) ") + Terminal.green("ok") + " \(line[word.upperBound...])"
    }

    private static let verdict = "ledger verify:"
}
