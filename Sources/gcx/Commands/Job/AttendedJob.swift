import GCXBuyer
import GCXClient
import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire

/// A job that somebody attends to its end: its receipts are answered, its log is shown, its output is fetched.
struct AttendedJob: Sendable {
    let flow: JobFlow
    let place: JournalPlace
    let departure: Departure
    /// New directory for what the job leaves; nil leaves it there.
    let output: String?
    /// Which of the lease's jobs, from 1; nil from an agent that does not count them.
    let job: UInt64?
    let sendsNothing: Bool
    /// Whether the lease is ended where its job left it open.
    var endsLease = false

    /// - Returns: the exit status of a command that ends as its job did.
    func finish() async throws -> Int32 {
        let printer = LogPrinter(LogStyle())
        let (status, logFault) = try await departure.watching(before: { printer.finish(isFollowed: true) }) {
            try await flow.attend(
                journal: place.path, job: job, sendsNothing: sendsNothing,
                receipt: { _ in }, line: { printer.write($0) })
        }
        printer.finish(isFollowed: true)
        try await fetch()
        let isEnded = endsLease && status.isOpenAgain
        if isEnded { _ = try await flow.agent.cancel(flow.lease, by: flow.caller) }
        await place.sweep(flow.ledger, waitingFor: status.isOpenAgain && !isEnded ? nil : flow.lease)
        Terminal.complain(await fields(status).text(width: Terminal.tableWidth))
        if status.isOpenAgain, !isEnded, let endsAt = try? await flow.ledger.lease(flow.lease).terms.endsAt {
            Terminal.complain(JobText.ways(on: status, until: endsAt).joined(separator: "\n"))
        }
        if let logFault { throw Self.complaint(of: flow.lease, logFault) }
        return Self.status(status.exit)
    }

    /// Where the job stands, and what became of the money where the lease is closed.
    private func fields(_ status: JobStatus) async -> TextFields {
        let now = WallClock.seconds()
        guard !status.isOpenAgain || endsLease, let record = try? await flow.ledger.lease(flow.lease) else {
            return JobText.fields(status, now: now)
        }
        // The ledger knows later than the agent said it.
        var settled = status
        settled.claimed = max(status.claimed, record.settled)
        var fields = JobText.fields(settled, now: now)
        if !RunText.addMoney(record, to: &fields) {
            fields.add("lease", "not closed yet; then the rest of \(Display.amount(record.deposit)) comes back")
        }
        return fields
    }

    private func fetch() async throws {
        guard let output else { return }
        let transfer = JobTransfer(agent: flow.agent, ledger: flow.ledger, lease: flow.lease, caller: flow.caller)
        _ = try await transfer.fetch(into: output)
    }

    /// The job that was started before.
    static func started(_ flow: JobFlow) async throws -> JobStatus {
        let status = try await flow.agent.job(flow.lease, by: flow.caller)
        // Of an older agent nobody knows how many there were.
        guard status.jobs == 0, !status.isActive, status.phase != .closed else { return status }
        throw CommandError(
            "no job was begun on lease \(flow.lease.short) yet, so there is none to attend",
            fix: "Begin one: `gcx job run` with --image and without --attach.")
    }

    static func complaint(of lease: LeaseID, _ fault: String) -> CommandError {
        CommandError(
            "the log that was shown is not the one that the machine signed: \(fault)",
            fix: "See where it differs with `gcx job logs \(lease) --verify`, and keep the receipts as evidence.")
    }

    /// The exit status of a command that ends as its job did.
    static func status(_ exit: ExitReason?) -> Int32 {
        switch exit {
        // The agent's word: what no process can end with is no success.
        case .exited(let code) where (0...255).contains(code): code
        case .signalled(let signal) where (1...127).contains(signal): 128 + signal  // bounded: 1 to 127
        // As an error of a command that somebody has to do something about.
        case .refused: 78
        case .exited, .signalled, nil, .outOfMemory, .timeLimit, .budget, .cancelled, .hostFailure: 125
        }
    }
}
