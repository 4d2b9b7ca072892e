import ArgumentParser
import GCXBuyer
import GCXClient
import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire
import Glibc

/// `gcx run`, step by step. Whatever ends a step but success takes back what the steps before it made.
struct RunScript: Sendable {
    let purchase: Purchase
    let wish: Wish
    let request: JobRequest
    let image: ImageReference
    let input: String?
    let output: String?
    /// How another command comes back to the job, and what has to be typed where that cannot be remembered.
    let kept: KeptJob
    let words: CommandWords
    /// Whether the price is agreed to, whatever it is.
    let isAgreed: Bool
    let isDetached: Bool
    let saysReceipts: Bool
    let isForProgram: Bool

    /// - Returns: the exit status of the command.
    func play() async throws -> Int32 {
        Interrupt.arm(orderly: 3)
        defer { Interrupt.disarm() }
        let holding = Holding(purchase)
        let (bought, begun) = try await holding.guarding {
            let quote = try await purchase.quote(wish)
            try await agree(to: quote)
            let bought = try await purchase.open(quote, holding)
            Terminal.complain(
                "lease \(bought.lease.short): \(Display.amount(bought.terms.deposit)) in escrow; starting the job")
            return (bought, try await bought.flow.start(request, image: image, input: input))
        }
        let isKept = (try? purchase.folder.keep(kept, of: bought.lease)) != nil
        let words = isKept ? CommandWords.none : words
        let departure = Departure(
            ask: { try await bought.flow.agent.job(bought.lease, by: bought.flow.caller) }, terms: bought.terms,
            lease: bought.lease, key: words.text, others: "", payer: words.payer(of: bought.lease))
        if isDetached { return try await leave(bought, departure) }
        let attendance = RunAttendance(
            bought: bought, holding: holding, departure: departure, job: begun.jobs,
            sendsNothing: (request.network?.mode ?? JobNetwork.Mode.none) == JobNetwork.Mode.none, output: output,
            saysReceipts: saysReceipts, isForProgram: isForProgram)
        return try await attendance.finish(purchase.folder)
    }

    /// Shows the price, and asks where it is not agreed to already.
    private func agree(to quote: Quote) async throws {
        Terminal.complain(QuoteText.fields(quote).text(width: Terminal.tableWidth))
        if isAgreed { return }
        guard Question.canBeAsked else {
            throw CommandError(
                "nobody agreed to the price: there is no terminal to ask on",
                fix: "Give --yes, and with --max-price the most that it may cost.")
        }
        let answer = await Question.ask("Rent it? [y/N] ")
        if answer == nil, Interrupt.pending != nil { throw CancellationError() }
        guard ["y", "yes"].contains(answer) else {
            throw CommandError("you did not agree to the price", fix: "Ask for less, or bound it with --max-price.")
        }
    }

    /// The job goes on by itself, as long as its credit lasts.
    private func leave(_ bought: Bought, _ departure: Departure) async throws -> Int32 {
        let status = try? await departure.ask()
        Terminal.complain(departure.words(status).joined(separator: "\n"))
        if isForProgram { try Terminal.jsonLine(RunDocument(bought)) } else { Terminal.say(bought.lease.short) }
        return 0
    }
}

/// What came of `gcx run`, for programs.
struct RunDocument: Encodable {
    let lease: LeaseID
    /// Base units that went into escrow.
    let deposit: Amount
    let isDetached: Bool
    /// How the job ended; nil for one that goes on.
    var exit: ExitReason?
    /// The exit status of the command.
    var exitStatus: Int32 = 0
    /// Base units; nil while the lease is not closed.
    var paid: Amount?
    var refunded: Amount?

    /// Of a job that was left.
    init(_ bought: Bought) {
        (lease, deposit, isDetached) = (bought.lease, bought.terms.deposit, true)
    }

    init(_ bought: Bought, _ exit: ExitReason?, exitStatus: Int32, _ escrow: Escrow) {
        (lease, deposit, isDetached) = (bought.lease, bought.terms.deposit, false)
        (self.exit, self.exitStatus) = (exit, exitStatus)
        if case .closed(let settled, let refunded, _) = escrow { (paid, self.refunded) = (settled, refunded) }
    }
}
