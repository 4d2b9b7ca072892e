import ArgumentParser
import GCXBuyer
import GCXClient
import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire

/// `gcx job run`: upload, start, pay as it goes, show the log, fetch the output.
struct JobRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a job on an open lease, and pay for it as it goes.",
        discussion: """
            Every receipt is checked against the lease (rates, sequence, what is physically possible) and answered with a \
            voucher; a receipt that does not hold gets none. The exit status is the job's own, 128 + n after signal n, and \
            125 when the job did not end by itself. 126 is a program that cannot be run, 127 one that is not there, and 78 an \
            image or an input that cannot be used: the message says what to change.

            The lease ends with the job, and what is left of its deposit comes back, unless --keep is given. A job that could \
            not be run (a wrong image, a program that is not there: 126 or 127) leaves it open in any case.

            Ctrl-C, and SIGTERM, leave the job as it is: the command says how long its credit lasts and how to attend it again, \
            and ends with 130, or 143. `gcx job cancel` ends a job.

            What the buyer has promised is kept in a journal, $XDG_STATE_HOME/gcx or ~/.local/state/gcx, until the ledger has \
            closed the lease; one with a refused receipt stays, as evidence. A file that --journal names is never removed.

              gcx job run --lease 0x… --key buyer.json --image oci:./image:latest --input ./data -- /bin/sh -c 'wc -l /input/*'
            """)

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var agent: AgentOptions

    @Option(help: "Id of the lease, or its beginning.")
    var lease: LeaseName

    @Option(help: "Key of the payer, who opens the session, by file or name.")
    var key: String

    @Option(help: "File whose first line is the keystore's password.")
    var passwordFile: String?

    @Option(help: "The lease's session key, by file or name; without it the payer's own key signs the vouchers.")
    var sessionKey: String?

    @OptionGroup var job: JobOptions

    @Option(help: "New directory for what the job leaves in /output.")
    var output: String?

    @Option(
        help: "Where the buyer's promises are kept, so that a second run goes on. Default: a file in your state folder."
    )
    var journal: String?

    @ArgumentParser.Flag(help: "Keep the lease open for further jobs after this one.")
    var keep = false

    @ArgumentParser.Flag(help: "Attend a job that was started before.")
    var attach = false

    @Argument(parsing: .postTerminator, help: "Program and arguments; empty takes the image's own.")
    var command: [String] = []

    func run() async throws {
        let ledger = try ledger.open()
        // What is wrong with the words themselves is said before anybody is asked.
        let reference = attach ? nil : try job.reference(hasCommand: !command.isEmpty)
        let request: JobRequest? =
            if let reference { try job.request(reference, command, keepsLease: keep ? true : nil) } else { nil }
        let lease = try await lease.id(on: ledger)
        // Whoever names an agent is believed; its answers are checked all the same.
        let client =
            agent.named == nil
            ? try await agent.search().agent(of: try await ledger.lease(lease).terms, on: ledger) : try agent.open()
        try await client.requireThere()
        let payer = try KeyFile.unlock(key, passwordFile: passwordFile)
        let session: (any KeyCustody)? = try sessionKey.map { try KeyFile.unlock($0, passwordFile: passwordFile) }
        let kept: (any KeyCustody)? = try JournalPlace.ofUser?.session(of: lease).map { MemoryCustody($0) }
        reference?.announce()
        let flow = JobFlow(
            ledger: ledger, agent: client, lease: lease, session: session ?? kept ?? payer,
            caller: try await CallerOptions.caller(payer, agent: client, ledger: self.ledger))
        let terms = try await ledger.lease(lease).terms
        let place = try JournalPlace(journal, lease: lease)
        let begun: JobStatus
        if let reference, let request {
            begun = try await flow.start(request, image: reference, input: job.directory)
        } else {
            begun = try await AttendedJob.started(flow)
        }
        let departure = Departure(
            ask: { try await client.job(flow.lease, by: flow.caller) }, terms: terms, lease: lease, key: keyWords,
            others: attachWords)
        // Who attends a job that was started before does not know what it was given.
        let attended = AttendedJob(
            flow: flow, place: place, departure: departure, output: output, job: begun.jobs,
            sendsNothing: !attach && job.network == .none)
        throw ExitCode(try await attended.finish())
    }

    /// How the payer's key is named, for commands to type.
    private var keyWords: String {
        "--key \(key)\(passwordFile.map { " --password-file \($0)" } ?? "")"
    }

    /// What else has to be said again to attend the job.
    private var attachWords: String {
        [("--session-key", sessionKey), ("--journal", journal)].compactMap { name, value in
            value.map { " \(name) \($0)" }
        }
        .joined()
    }
}
