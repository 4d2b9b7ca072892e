import ArgumentParser
import GCXClient
import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire

extension JobNetwork.Mode: ExpressibleByArgument {}

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

    @Option(
        help: """
            The image: oci:DIR[:TAG], oci-archive:FILE[:TAG], rootfs:DIR, or docker://HOST/PATH:TAG, which the agent \
            pulls by the digest that the tag has now; docker://HOST/PATH@sha256:HEX names the digest at once.
            """)
    var image = ""

    @Option(help: "What the job sees read-only at /input: a directory, or the https address of a tar archive.")
    var input: String?

    @Option(help: "SHA-256 of the archive at an https address, in hexadecimal digits.")
    var inputSHA256: String?

    @Option(help: "New directory for what the job leaves in /output.")
    var output: String?

    @Option(help: "NAME=VALUE for the job's environment; may be repeated.")
    var env: [String] = []

    @Option(help: "Working directory inside the job.")
    var workdir: String?

    @Option(help: "What is kept of a log beyond its limit: end or beginning. Default: what the machine's owner says.")
    var logKeep: LogKeep?

    @Option(help: "End the job after this: seconds, or 90s, 15m, 12h.")
    var timeLimit: Span?

    @Option(help: "none, or egress: public addresses over IPv4, where the owner gives jobs a network.")
    var network = JobNetwork.Mode.none

    @Option(help: "TCP port of the job that is to be reached from outside; may be repeated. Needs --network egress.")
    var publish: [UInt16] = []

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
        let reference = attach ? nil : try ImageReference(image, hasCommand: !command.isEmpty)
        let request: JobRequest? = if let reference { try self.request(reference) } else { nil }
        let lease = try await lease.id(on: ledger)
        // Whoever names an agent is believed; its answers are checked all the same.
        let client =
            agent.named == nil
            ? try await agent.search().agent(of: try await ledger.lease(lease).terms, on: ledger) : try agent.open()
        try await client.requireThere()
        let payer = try KeyFile.unlock(key, passwordFile: passwordFile)
        let session = try sessionKey.map { try KeyFile.unlock($0, passwordFile: passwordFile) }
        if let reference, reference.format == .registry { Terminal.complain("image \(reference.tag ?? "")") }
        let flow = JobFlow(
            ledger: ledger, agent: client, lease: lease, session: session ?? payer,
            caller: try await CallerOptions.caller(payer, agent: client, ledger: self.ledger))
        let terms = try await ledger.lease(lease).terms
        let place = try JournalPlace(journal, lease: lease)
        let begun: JobStatus
        if let reference, let request {
            begun = try await flow.start(request, image: reference, input: isRemote ? nil : input)
        } else {
            begun = try await started(lease, client, flow.caller)
        }
        let printer = LogPrinter(LogStyle())
        let departure = Departure(
            ask: { try await client.job(flow.lease, by: flow.caller) }, terms: terms, lease: lease, key: keyWords,
            others: attachWords)
        // Who attends a job that was started before does not know what it was given.
        let sendsNothing = !attach && network == .none
        let (status, logFault) = try await departure.watching(before: { printer.finish(isFollowed: true) }) {
            try await flow.attend(
                journal: place.path, job: begun.jobs, sendsNothing: sendsNothing,
                receipt: { _ in }, line: { printer.write($0) })
        }
        printer.finish(isFollowed: true)
        if let output {
            let transfer = JobTransfer(agent: client, ledger: ledger, lease: lease, caller: flow.caller)
            _ = try await transfer.fetch(into: output)
        }
        await place.sweep(ledger, waitingFor: status.isOpenAgain ? nil : lease)
        Terminal.complain(
            JobText.fields(status, now: WallClock.seconds()).text(width: Terminal.tableWidth))
        if status.isOpenAgain, let endsAt = try? await ledger.lease(lease).terms.endsAt {
            Terminal.complain(JobText.ways(on: status, until: endsAt).joined(separator: "\n"))
        }
        if let logFault {
            throw CommandError(
                "the log that was shown is not the one that the machine signed: \(logFault)",
                fix: "See where it differs with `gcx job logs \(lease) --verify`, and keep the receipts as evidence.")
        }
        throw ExitCode(Self.status(status.exit))
    }

    /// The job that was started before.
    private func started(_ lease: LeaseID, _ client: AgentClient, _ caller: Caller) async throws -> JobStatus {
        let status = try await client.job(lease, by: caller)
        // Of an older agent nobody knows how many there were.
        guard status.jobs == 0, !status.isActive, status.phase != .closed else { return status }
        throw CommandError(
            "no job was begun on lease \(lease.short) yet, so there is none to attend",
            fix: "Begin one: `gcx job run` with --image and without --attach.")
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

    private func request(_ image: ImageReference) throws -> JobRequest {
        var environment: [String: String] = [:]
        for pair in env {
            guard let equals = pair.firstIndex(of: "="), equals > pair.startIndex else {
                throw CommandError("--env \(pair) has no name and value", fix: "Give --env NAME=VALUE.")
            }
            // bounded: places that were found in the text; a dictionary
            environment[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
        }
        return JobRequest(
            command: command, environment: environment, workingDirectory: workdir, imageFormat: image.format,
            imageReference: image.tag.map { Untrusted($0) }, wallSecondsMax: timeLimit?.seconds, input: try remoteInput,
            logKeep: logKeep,
            network: network == .none && publish.isEmpty ? nil : JobNetwork(mode: network, publish: publish),
            keepsLease: keep ? true : nil)
    }

    private var isRemote: Bool { input?.hasPrefix("https://") ?? false }

    private var remoteInput: JobInput? {
        get throws {
            guard isRemote else { return nil }
            guard let inputSHA256 else {
                throw CommandError(
                    "an input at an address needs its digest",
                    fix: "Give --input-sha256 with the output of `sha256sum`.")
            }
            return JobInput(digest: inputSHA256.lowercased(), url: input)
        }
    }

    private static func status(_ exit: ExitReason?) -> Int32 {
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
