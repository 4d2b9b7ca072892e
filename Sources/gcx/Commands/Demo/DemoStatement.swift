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
        Terminal.say("job             \(job.exit?.description ?? "not ended")")
        Terminal.say("receipts        \(job.receipts)")
        Terminal.say(
            "CPU metered     \(Display.seconds(job.usage.coreNanoseconds)), of it "
                + "\(Display.seconds(readingNanoseconds)) for reading the image and the input")
        if let own = selfReportedNanoseconds, let difference = differencePerMille {
            Terminal.say(
                "CPU by the job  \(Display.seconds(own)) (times(2)); they differ by \(difference / 10).\(difference % 10) %"
            )
        }
        Terminal.say("earned          \(Display.amount(job.amount))")
        if reserved > job.amount {
            Terminal.say("reservation     \(Display.amount(reserved)), paid instead: more than the job came to")
        } else {
            Terminal.say("reservation     \(Display.amount(reserved)) at least, within what was earned")
        }
        Terminal.say("claimed         \(Display.amount(claimed))")
        Terminal.say(
            "refunded        \(refunded.map(Display.amount) ?? "nothing yet") of a deposit of \(Display.amount(deposit))"
        )
        for rating in ratings { Terminal.say("rating          \(rating.stars) of 5: \(rating.comment.shown)") }
        for problem in report.problems { Terminal.say("problem         \(problem)") }
        Terminal.say(
            "ledger verify:  " + (report.isSound ? Terminal.green("ok") : StyledText("FAILED"))
                + " "
                + "(\(report.entries) entries, \(report.heads) signed heads, no unit made or lost)")
    }
}
