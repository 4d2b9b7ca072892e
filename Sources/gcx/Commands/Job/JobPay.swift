import ArgumentParser
import FoundationEssentials
import GCXBuyer
import GCXClient
import GCXLedger
import GCXLinux
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
            the job does. Ctrl-C leaves the job as it is. Of a job that is paid already it says what became of the money.

            The payer's key needs not be named where `gcx run` began the job: it is remembered which one that was.
            """)

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var agent: AgentOptions
    @OptionGroup var caller: CallerOptions

    @Option(
        help: "The lease's session key, by file or name. Default: the one that `gcx run` made, else the payer's own.")
    var sessionKey: String?

    @Option(help: "New directory for what the job leaves in /output.")
    var output: String?

    @Argument(help: "Id of the lease, or its beginning.")
    var lease: LeaseName

    var search: JobSearch { JobSearch(lease, caller, agent, ledger) }

    func run() async throws {
        let search = search
        let found = try await search.find()
        let payer = try found.payer ?? search.keptPayer()
        let caller =
            found.payer == nil
            ? try await CallerOptions.caller(payer, agent: found.agent, ledger: search.ledger) : found.caller
        let (book, lease) = (try search.ledger.open(), found.lease)
        let named = try sessionKey.map { try KeyFile.unlock($0, passwordFile: self.caller.passwordFile) }
        let kept: (any KeyCustody)? = try JournalPlace.ofUser?.session(of: lease).map { MemoryCustody($0) }
        let flow = JobFlow(
            ledger: book, agent: found.agent, lease: lease, session: named ?? kept ?? payer, caller: caller)
        let record = try await book.lease(lease)
        if record.escrow.isClosed { throw ExitCode(try await SettledJob(flow: flow, record: record).show(output)) }
        let words = CommandWords(self.caller, ledger, agent)
        let departure = Departure(
            ask: { try await flow.agent.job(lease, by: caller) }, terms: record.terms, lease: lease,
            key: words.text, others: "", payer: words.payer(of: lease, sessionKey))
        let attended = AttendedJob(
            flow: flow, place: try JournalPlace(nil, lease: lease), departure: departure, output: output,
            job: try await AttendedJob.started(flow).jobs, sendsNothing: false, endsLease: kept != nil)
        throw ExitCode(try await attended.finish())
    }
}

/// A job whose lease is closed: nothing can be paid any more, and nothing has to be.
struct SettledJob: Sendable {
    let flow: JobFlow
    let record: LeaseRecord

    /// Says what became of job and money, and fetches what it left.
    ///
    /// - Returns: the exit status of a command that ends as its job did.
    func show(_ output: String?) async throws -> Int32 {
        JournalPlace.ofUser?.forget(flow.lease)
        let status = try await flow.agent.job(flow.lease, by: flow.caller)
        Terminal.complain("lease \(flow.lease.short) is closed: there is nothing left to pay")
        Terminal.complain(RunText.fields(status, record, flow.lease).text(width: Terminal.tableWidth))
        if let output {
            let transfer = JobTransfer(
                agent: flow.agent, ledger: flow.ledger, lease: flow.lease, caller: flow.caller)
            if try await transfer.fetch(into: output) == nil { Terminal.complain("the job left no output") }
        }
        return AttendedJob.status(status.exit)
    }
}

/// The options that a person would have to type again.
struct CommandWords {
    let key: String?
    let passwordFile: String?
    let ledger: String?
    let agent: String?

    /// Of a job that is remembered.
    static let none = CommandWords(key: nil, passwordFile: nil, ledger: nil, agent: nil)

    init(_ caller: CallerOptions, _ ledger: LedgerOptions, _ agent: AgentOptions) {
        self.init(key: caller.key, passwordFile: caller.passwordFile, ledger: ledger.ledger, agent: agent.agent)
    }

    init(key: String?, passwordFile: String?, ledger: String?, agent: String?) {
        (self.key, self.passwordFile, self.ledger, self.agent) = (key, passwordFile, ledger, agent)
    }

    var text: String {
        [("--key", key), ("--password-file", passwordFile), ("--ledger", ledger), ("--agent", agent)]
            .compactMap { name, value in value.map { "\(name) \($0)" } }.joined(separator: " ")
    }

    func payer(of lease: LeaseID, _ sessionKey: String? = nil) -> String {
        "gcx job pay \(lease) \(text)\(sessionKey.map { " --session-key \($0)" } ?? "")".trimmedEnd
    }
}

extension KeptJob {
    /// What was said to `gcx run`, so that it holds in another folder and another shell.
    init(_ key: KeyOptions, _ ledger: LedgerOptions, _ agent: AgentOptions) throws {
        func absolute(_ path: String) -> String {
            path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
        }
        self.init(
            key: absolute(try KeyFile.path(key.key)), passwordFile: key.passwordFile.map(absolute),
            ledger: try ledger.place(), agent: agent.named, leftAt: WallClock.seconds())
    }
}
