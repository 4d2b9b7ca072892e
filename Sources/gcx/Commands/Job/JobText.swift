import GCXModel
import GCXSigning
import GCXWire

/// One job as lines.
enum JobText {
    /// - Parameter now: Unix seconds.
    static func fields(_ job: JobStatus, now: UInt64) -> TextFields {
        var fields = TextFields()
        fields.add("lease", "\(job.lease)")
        fields.add("payer", job.payer.checksummed)
        fields.add("state", "\(job.stateText) (\(job.note.shown))")
        fields.add("command", job.command?.shown)
        fields.add("image", job.image?.shown)
        fields.add("jobs", count(job))
        times(job, now: now, &fields)
        usage(job.usageNow, &fields)
        for port in job.published ?? [] { fields.add("published", "\(port)") }
        let signed = "by \(Display.count(job.receipts, "receipt"))"
        fields.add("owed", "\(Display.amount(job.amount)) \(signed)")
        if job.amountNow > job.amount { fields.add("metered", "\(Display.amount(job.amountNow)) so far") }
        fields.add("vouched", Display.amount(job.vouched))
        fields.add("claimed", "\(Display.amount(job.claimed)) of a deposit of \(Display.amount(job.deposit))")
        fields.add("log", Display.bytes(job.logBytes))
        return fields
    }

    private static func times(_ job: JobStatus, now: UInt64, _ fields: inout TextFields) {
        fields.add("created", job.createdAt.map(RFC3339.moment))
        fields.add("started", job.startedAt.map(RFC3339.moment))
        fields.add("ended", job.endedAt.map(RFC3339.moment))
        fields.add("ran", JobTable.ran(job, now: now))
    }

    private static func usage(_ usage: Usage, _ fields: inout TextFields) {
        fields.add("CPU", Display.seconds(usage.coreNanoseconds))
        fields.add("elapsed", Display.seconds(usage.leaseNanoseconds))
        fields.add("memory", "\(NumberText.held(usage.memoryByteSeconds)) held")
        fields.add("storage", "\(NumberText.held(usage.storageByteSeconds)) held")
        if usage.gpuNanoseconds > 0 { fields.add("GPU", Display.seconds(usage.gpuNanoseconds)) }
        fields.add("sent", Display.bytes(usage.egressBytes))
    }

    /// Which job of its lease it is, where that is worth a word.
    private static func count(_ job: JobStatus) -> String? {
        guard let jobs = job.jobs, jobs > 1 || job.isOpenAgain else { return nil }
        return "\(jobs) begun\(job.isOpenAgain ? ", and the lease is open for another" : "; this is the latest")"
    }

    /// What can be done with a lease that its job has left open.
    ///
    /// - Parameter endsAt: Unix seconds.
    static func ways(on job: JobStatus, until endsAt: UInt64) -> [String] {
        [
            "The lease is open until \(RFC3339.moment(endsAt)).",
            "  for another job:   gcx job run --lease \(job.lease) …    (with the same journal)",
            "  to end it now:     gcx job cancel \(job.lease)    or, on the ledger: gcx lease close \(job.lease)",
        ]
    }
}
