import ArgumentParser
import GCXBuyer
import GCXClient
import GCXLedger
import GCXModel
import GCXSigning
import GCXWire

/// `gcx job pay`: come back to a job that was left, and pay for it.
struct JobPay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pay",
        abstract: "Come back to a job that was left running: pay for it as it goes, and show its log.",
        discussion: """
            A job that `gcx run --detach` began, or that you left with Ctrl-C, has nobody who answers its receipts. When its \
            credit is used up it is paused, and ended a little later. This command answers them to the job's end, and ends as \
            the job does. Ctrl-C leaves the job as it is.
            """)

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var agent: AgentOptions
    @OptionGroup var key: KeyOptions

    @Option(help: "New directory for what the job leaves in /output.")
    var output: String?

    @Argument(help: "Id of the lease, or its beginning.")
    var lease: LeaseName

    func run() async throws {
        let client = try agent.open()
        try await client.requireThere()
        let payer = try key.unlock()
        let caller = try await CallerOptions.caller(payer, agent: client, ledger: ledger)
        let lease = try await lease.id(on: client, by: caller)
        let kept: (any KeyCustody)? = try JournalPlace.ofUser?.session(of: lease).map { MemoryCustody($0) }
        let book = try ledger.open()
        let flow = JobFlow(ledger: book, agent: client, lease: lease, session: kept ?? payer, caller: caller)
        let words = CommandWords(key: key, ledger: ledger, agent: agent)
        let departure = Departure(
            ask: { try await client.job(lease, by: caller) }, terms: try await book.lease(lease).terms, lease: lease,
            key: words.text, others: "", payer: words.payer(of: lease))
        let attended = AttendedJob(
            flow: flow, place: try JournalPlace(nil, lease: lease), departure: departure, output: output,
            job: try await AttendedJob.started(flow).jobs, sendsNothing: false, endsLease: kept != nil)
        throw ExitCode(try await attended.finish())
    }
}

/// The options that a person would have to type again.
struct CommandWords {
    let key: KeyOptions
    let ledger: LedgerOptions
    let agent: AgentOptions

    var text: String {
        let named = [
            ("--password-file", key.passwordFile), ("--ledger", ledger.ledger), ("--agent", agent.agent),
        ]
        // bounded here: joins texts
        return "--key \(key.key)" + named.compactMap { name, value in value.map { " \(name) \($0)" } }.joined()
    }

    func payer(of lease: LeaseID) -> String { "gcx job pay \(lease) \(text)" }
}
