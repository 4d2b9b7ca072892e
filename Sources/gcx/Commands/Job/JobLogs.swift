import ArgumentParser
import GCXBuyer
import GCXClient
import GCXJobLog
import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire

/// `gcx job logs`.
struct JobLogs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Show what a job wrote, live and long after; its standard error goes to yours.",
        discussion: """
            A time is RFC 3339 (2026-11-27T12:00:00Z), Unix seconds, or a span before now (90s, 10m, 2h, 1d). On a terminal,
            control characters of the job are made visible; --raw shows them as they came, and so does a pipe.

            What is not kept is said on a line in brackets, on standard error. A line whose beginning is not before it \
            begins with [...]; with --json its `begun` is false.

              gcx job logs LEASE --since 10m --grep 'error|warning' --timestamps
              gcx job logs LEASE --tail 20 --follow
              gcx job logs LEASE --verify      # status 0: the log is what the receipts say; 1: it is not
              gcx job logs LEASE --job 1       # the first of several jobs of the lease
            """)

    @OptionGroup var agent: AgentOptions
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var caller: CallerOptions

    @ArgumentParser.Flag(help: "One JSON document for each line, with its time (UTC) and stream.")
    var json = false

    @OptionGroup var times: TimeOptions

    @Argument(help: "Id of the lease, or its beginning.")
    var lease: LeaseName

    var search: JobSearch { JobSearch(lease, caller, agent, ledger) }

    @ArgumentParser.Flag(name: .shortAndLong, help: "Go on until the job ends.")
    var follow = false

    @Option(help: "Begin with what was written at this time.")
    var since: TimePoint?

    @Option(help: "Stop before what was written at this time.")
    var until: TimePoint?

    @Option(help: "Begin with so many lines before the end; --grep looks at these only.")
    var tail: UInt64?

    @Option(help: "One stream only: stdout or stderr.")
    var stream: LogStream?

    @ArgumentParser.Flag(name: .shortAndLong, help: "Begin each line with its time, its zone and its stream.")
    var timestamps = false

    @Option(help: "Only lines with a match of this POSIX extended regular expression, byte by byte.")
    var grep: String?

    @ArgumentParser.Flag(help: "Do not make control characters visible on a terminal.")
    var raw = false

    @Option(help: "Which of the lease's jobs, from 1. Default: the latest. Of those before it, the newest are kept.")
    var job: UInt64?

    @ArgumentParser.Flag(help: "Check the log against the receipts of the lease instead of showing it.")
    var verify = false

    func validate() throws {
        let isShown =
            follow || json || timestamps || raw || since != nil || until != nil || tail != nil || stream != nil
        if verify, isShown || grep != nil {
            throw ValidationError("--verify reads the whole log and shows nothing of it; leave out the other flags.")
        }
    }

    func run() async throws {
        let pattern = try grep.map { try LinePattern($0) }
        let search = search
        let found = try await search.find()
        if verify {
            let check = LogCheck(
                agent: found.agent, ledger: try search.ledger.open(), lease: found.lease, job: job,
                caller: found.caller)
            return try await check.run()
        }
        let style = LogStyle(
            json: json, timestamps: timestamps, raw: raw, pattern: pattern,
            isTail: tail != nil)
        try await show(found, LogPrinter(style))
    }

    private func show(_ found: FoundJob, _ printer: LogPrinter) async throws {
        let query = LogQuery(sinceNanoseconds: since?.nanoseconds, tail: tail, stream: stream)
        var reading = LogReading(from: 0, isWhole: since == nil && tail == nil, stream: stream)
        let follower = LogFollower(
            agent: found.agent, lease: found.lease, by: found.caller, follow: follow, job: job,
            patience: follow ? BuyerLimits.buyerPatience : .zero)
        try await follower.pages(query) { (page) throws(AgentError) in
            printer.skip(page.skipLines)
            for line in try reading.lines(page) {
                if let until, line.wallNanoseconds >= until.nanoseconds { return false }
                printer.write(line)
            }
            return !printer.isClosed
        }
        printer.finish()
    }
}

extension LogStream: ExpressibleByArgument {}
extension LogKeep: ExpressibleByArgument {}

/// A moment as people type it.
struct TimePoint: ExpressibleByArgument {
    /// Since 1970.
    let nanoseconds: UInt64

    init?(argument: String) {
        // bounded here: compared first, or a span of ten years at most; the smaller from the larger
        if let seconds = UInt64(digits: argument) {
            guard seconds < UInt64.max / Nanoseconds.inSecond else { return nil }
            nanoseconds = Nanoseconds.of(seconds: seconds)
        } else if let span = Span(argument: argument) {
            let now = WallClock.now()
            nanoseconds = now - min(now, Nanoseconds.of(seconds: span.seconds))
        } else if let time = RFC3339.nanoseconds(argument) {
            nanoseconds = time
        } else {
            return nil
        }
    }
}

/// `gcx job logs --verify`: the log as the agent hands it out, against the receipts that the machine signed.
struct LogCheck {
    let agent: AgentClient
    let ledger: any Ledger
    let lease: LeaseID
    /// Nil takes the latest.
    let job: UInt64?
    let caller: Caller

    func run() async throws {
        let status = try await agent.job(lease, by: caller)
        let job = job ?? status.jobs.map { max($0, 1) }
        // The receipts first: what they stand for has been written then, also while the job runs.
        let receipts = try await receipts(of: job, isOpenAgain: status.isOpenAgain)
        do {
            let summary = try await read(receipts, of: job)
            Terminal.say("ok: \(text(summary, receipts))")
        } catch let fault as JobLogFault {
            Terminal.say("differs: \(fault.description)")
            throw ExitCode(1)
        } catch BuyerError.agent(.logDamaged(_, let why)) {
            Terminal.say("differs: \(why.shown)")
            throw ExitCode(1)
        }
    }

    /// - Parameter job: nil from an agent that knows of one job alone.
    private func receipts(of job: UInt64?, isOpenAgain: Bool) async throws -> [JobLogVerifier.Point] {
        let domain = try await ledger.identity().domain
        let machine = try await ledger.lease(lease).terms.machine
        // Each job's log is a chain of its own, and a receipt says where the next one begins.
        var (previous, current) = (Digest.zero, UInt64(1))
        var points: [(job: UInt64, point: JobLogVerifier.Point)] = []
        for signed in try await agent.allReceipts(lease, by: caller) {
            try signed.verify(signer: machine, in: domain)
            let receipt = signed.document
            guard receipt.previous == previous else {
                throw CommandError(
                    "receipt \(receipt.sequence) does not follow the one before it",
                    fix: "See what is wrong with `gcx receipt verify`.")
            }
            previous = signed.digest(in: domain)
            current = receipt.beginsJob ?? current
            points.append(
                (current, .init(sequence: receipt.sequence, head: receipt.logDigest, isFinal: receipt.isFinal)))
        }
        let job = job ?? current
        var own = points.filter { $0.job == job }.map(\.point)
        // The last receipt of a job that is over carries the head of its end.
        // bounded: a place that was found in it
        if let last = own.indices.last, job < current || isOpenAgain { own[last].isFinal = true }
        return own
    }

    private func read(_ points: [JobLogVerifier.Point], of job: UInt64?) async throws -> JobLogVerifier.Summary {
        let follower = LogFollower(agent: agent, lease: lease, by: caller, follow: false, job: job, patience: .zero)
        var verifier = JobLogVerifier(points)
        var fault: JobLogFault?
        var next: UInt64 = 0
        try await follower.pages(LogQuery()) { (page) throws(AgentError) in
            // The job writes on and has dropped what was about to be read: what is kept now is checked from its beginning.
            if page.start > next, page.start == page.firstKept { verifier = JobLogVerifier(points) }
            next = page.next
            do throws(JobLogFault) {
                try verifier.add(page.bytes, start: page.start)
                return true
            } catch {
                fault = error
                return false
            }
        }
        if let fault { throw fault }
        return try verifier.finish()
    }

    private func text(_ summary: JobLogVerifier.Summary, _ points: [JobLogVerifier.Point]) -> String {
        let kept = Display.bytes(summary.end - summary.firstKept)  // bounded: a verifier goes on from where it began
        var words =
            "\(Display.count(summary.records, "record")) in \(Display.count(summary.segments, "segment")), \(kept)"
        if summary.firstKept > 0 { words += " (\(Display.bytes(summary.firstKept)) before them are dropped)" }
        words += "; it holds the heads of \(Display.count(summary.proven, "receipt"))"
        if summary.dropped > 0 {
            words +=
                ", and \(NumberText.count(summary.dropped, "older one", one: "belongs", many: "belong")) to what is dropped"
        }
        if points.isEmpty { return words + "; there is no receipt yet, so nothing but the log itself says so" }
        // bounded: joins texts
        return words + (points.last?.isFinal == true ? ", the final one is its end" : "")
    }
}
