import GCXBuyer
import GCXClient
import GCXLedger
import GCXLinux
import GCXModel
import GCXWire
import Glibc
import Synchronization

/// The job of `gcx run` from its start to the refund.
struct RunAttendance: Sendable {
    let bought: Bought
    let holding: Holding
    let departure: Departure
    /// Which of the lease's jobs; nil from an agent that does not count them.
    let job: UInt64?
    let sendsNothing: Bool
    let output: String?
    let saysReceipts: Bool
    let isForProgram: Bool

    private enum Step: Sendable {
        case ended(JobStatus, logFault: String?)
        case signal(Int32?)
        case told
    }

    private enum Choice { case stop, leave, goOn }

    /// How attending ended.
    private struct Outcome: Sendable {
        let status: JobStatus
        let logFault: String?
        /// The signal for which the job was stopped; nil where it was not.
        let stoppedBy: Int32?
    }

    /// - Returns: the exit status of the command.
    func finish(_ folder: BuyerFolder) async throws -> Int32 {
        let log = HeldLog(LogPrinter(LogStyle(json: isForProgram)))
        let outcome: Outcome
        do { outcome = try await attend(log, folder) } catch {
            log.finish()
            throw await holding.failure(error)
        }
        log.finish()
        // What was said until now is answered.
        Interrupt.answered()
        let record = try await holding.guarding { try await settle(outcome.status) }
        if record.escrow.isClosed {
            folder.forget(bought.lease)
            folder.forgetJob(of: bought.lease)
        }
        await (try? JournalPlace(nil, lease: bought.lease))?.sweep(bought.flow.ledger, waitingFor: nil)
        let status = Self.exitStatus(outcome.status.exit, outcome.stoppedBy)
        Terminal.complain(RunText.fields(outcome.status, record, bought.lease).text(width: Terminal.tableWidth))
        if isForProgram {
            let document = RunDocument(bought, outcome.status.exit, exitStatus: status, record.escrow)
            try Terminal.jsonLine(document)
        }
        if let fault = outcome.logFault { throw AttendedJob.complaint(of: bought.lease, fault) }
        return status
    }

    static func exitStatus(_ exit: ExitReason?, _ stoppedBy: Int32?) -> Int32 {
        // A job may have ended by itself just before it was stopped.
        if case .cancelled = exit, let stoppedBy { return 128 + stoppedBy }  // bounded: the number of a signal
        return AttendedJob.status(exit)
    }

    /// Answers receipts and shows the log until the job is over; signals are asked about meanwhile.
    private func attend(_ log: HeldLog, _ folder: BuyerFolder) async throws -> Outcome {
        let journal = folder.file(of: bought.lease)
        return try await withThrowingTaskGroup(of: Step.self) { group in
            group.addTask {
                let (status, fault) = try await bought.flow.attend(
                    journal: journal, job: job, sendsNothing: sendsNothing,
                    receipt: { event in
                        if saysReceipts, let line = ReceiptText.line(event) { Terminal.complain(line) }
                    },
                    line: { log.write($0) })
                return .ended(status, logFault: fault)
            }
            group.addTask { .signal(await Interrupt.next()) }
            defer { group.cancelAll() }
            var stoppedBy: Int32?
            while let step = try await group.next() {
                switch step {
                case .told, .signal(nil): continue
                case .ended(let status, let fault):
                    return Outcome(status: status, logFault: fault, stoppedBy: stoppedBy)
                case .signal(let number?):
                    switch stoppedBy == nil ? await choose(log) : .leave {
                    case .goOn: Interrupt.answered()
                    case .leave: await leave(number, log, isAtOnce: stoppedBy != nil)
                    case .stop:
                        stoppedBy = number
                        Terminal.complain("stopping the job; what it used is paid")
                        group.addTask { await stop() }
                    }
                    let count = Interrupt.count
                    group.addTask { .signal(await Interrupt.next(after: count)) }
                }
            }
            throw CancellationError()
        }
    }

    /// A second signal is an answer, too.
    private func choose(_ log: HeldLog) async -> Choice {
        guard Question.canBeAsked, Interrupt.pending == SIGINT, Interrupt.count == 1 else { return .stop }
        log.hold()
        defer { log.goOn() }
        let answer = await Question.ask(
            "Stop the job and pay what it used (s), leave it running unattended (l), or go on (Enter)? ")
        switch answer {
        case nil, "s", "stop": return .stop
        case "l", "leave": return .leave
        default: return .goOn
        }
    }

    private func stop() async -> Step {
        do { try await Closing.cancel(bought) } catch {
            Terminal.complain(
                "the job could not be told to stop: \((error as? any WordedError)?.description ?? "no answer")")
        }
        return .told
    }

    /// Ends the program; the job goes on.
    private func leave(_ number: Int32, _ log: HeldLog, isAtOnce: Bool) async {
        log.finish()
        let status = isAtOnce ? nil : try? await departure.ask()
        Terminal.complain(departure.words(status).joined(separator: "\n"))
        exit(128 + number)  // bounded: the number of a signal
    }

    /// Fetches the output, ends a lease that its job left open, and waits for the refund.
    private func settle(_ status: JobStatus) async throws -> LeaseRecord {
        if !status.isOpenAgain { holding.hold(.settled(bought)) }
        if let output { try await fetch(into: output) }
        if status.isOpenAgain { try await Closing.cancel(bought) }
        holding.hold(.settled(bought))
        return try await bought.flow.awaitClose()
    }

    private func fetch(into output: String) async throws {
        let flow = bought.flow
        do {
            let transfer = JobTransfer(agent: flow.agent, ledger: flow.ledger, lease: flow.lease, caller: flow.caller)
            if try await transfer.fetch(into: output) == nil { Terminal.complain("the job left no output") }
        } catch {
            // Who stops it does not want a part.
            if Interrupt.pending != nil { JobTransfer.forget(output) }
            throw error
        }
    }
}

/// What came of a job and of its money, in words.
enum RunText {
    static func fields(_ status: JobStatus, _ record: LeaseRecord, _ lease: LeaseID) -> TextFields {
        var fields = TextFields()
        fields.add("job", status.exit.map { "\($0)" } ?? status.stateText)
        fields.add(
            "used",
            "\(Display.seconds(status.usage.coreNanoseconds)) of CPU, by \(Display.count(status.receipts, "receipt"))")
        if !addMoney(record, to: &fields) {
            fields.add("owed", Display.amount(status.amount))
            fields.add("lease", "not closed yet; see `gcx lease show \(lease)`")
        }
        return fields
    }

    /// - Returns: false for a lease that is not closed, of which there is nothing to say.
    static func addMoney(_ record: LeaseRecord, to fields: inout TextFields) -> Bool {
        guard case .closed(let settled, let refunded, _) = record.escrow else { return false }
        fields.add("paid", Display.amount(settled))
        fields.add("refunded", "\(Display.amount(refunded)) of a deposit of \(Display.amount(record.deposit))")
        return true
    }
}

/// What passes between buyer and machine for a job, in words.
enum ReceiptText {
    /// Nil for what is said otherwise.
    static func line(_ event: BuyerEvent) -> String? {
        switch event {
        case .receiptAccepted(let receipt):
            "receipt \(receipt.sequence)\(receipt.isFinal ? ", final" : ""): "
                + "\(Display.seconds(receipt.usage.coreNanoseconds)) CPU, \(Display.amount(receipt.amount)) owed in all"
        case .voucherSent(let voucher): "voucher for \(Display.amount(voucher.cumulative))"
        case .receiptRefused(_, let reason): "receipt refused: \(reason)"
        case .agentSilent(let error, _): "agent silent: \(error.description)"
        case .finished: nil
        }
    }
}

/// A log that waits while the person is asked something.
final class HeldLog: Sendable {
    private let printer: LogPrinter
    /// What came while it was held; nil while it is not.
    private let held = Mutex<[LogLine]?>(nil)

    init(_ printer: LogPrinter) { self.printer = printer }

    func hold() { held.withLock { $0 = $0 ?? [] } }

    func write(_ line: LogLine) {
        held.withLock { lines in
            if lines != nil, lines?.count ?? 0 < Self.linesMax {
                lines?.append(line)
            } else {
                // Too much to be held: the question has to stand it.
                show(&lines)
                printer.write(line)
            }
        }
    }

    /// Shows what waited.
    func goOn() { held.withLock { show(&$0) } }

    private func show(_ lines: inout [LogLine]?) {
        for line in lines ?? [] { printer.write(line) }
        lines = nil
    }

    func finish() {
        goOn()
        printer.finish(isFollowed: true)
    }

    /// A line is at most a page of the log.
    private static let linesMax = 1_024
}
