import ArgumentParser
import GCXBuyer
import GCXClient
import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire

/// `gcx run`: from a wish to a finished, paid job, with one command.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Rent a machine, run a command on it, pay for it, and give it back.",
        discussion: """
            The cheapest offer that serves is taken. Its price is shown first, and asked about on a terminal; --yes agrees to \
            it, and --max-price bounds it. Without a terminal and without --yes nothing is rented.

              gcx run --key buyer --for 1h --image oci:image:busybox -- /bin/date

            What the job writes comes out here, on standard output and standard error; all that gcx says is on standard error. \
            The exit status is the job's own, 128 + n after signal n, and 125 when the job did not end by itself. 126 is a \
            program that cannot be run, 127 one that is not there, and 78 something that has to be changed first: the message \
            says what, and what became of the money.

            Ctrl-C before the job runs takes everything back. While it runs, Ctrl-C asks whether to stop it and pay what it \
            used, or to leave it; without a terminal, SIGINT, SIGTERM and SIGHUP stop it. Again, they stop it without asking, \
            and once more, they end gcx at once.

            A job that is left, or begun with --detach, has nobody who answers its receipts: when its credit is used up it is \
            paused, and then ended. `gcx job pay ID` answers them; `gcx job logs`, `output`, `inspect` and `cancel` know the job, \
            too. Which key, ledger and agent it was is remembered in your state folder, so the id is all that you type.

            The key that signs the vouchers is made for the lease, and lies with the journal in $XDG_STATE_HOME/gcx, or \
            ~/.local/state/gcx, until the lease is settled.

            With --json the log is a document each line, as of `gcx job logs --json`, and the last line is what came of it.
            """)

    @OptionGroup var needs: NeedOptions

    @Option(help: "Length of the lease: seconds, or 90s, 15m, 12h, 30d. What is used is paid.")
    var `for` = Span(seconds: 3_600)

    @Option(help: "The most it may cost in all, such as 1.5TEST. Default: what the cheapest offer asks.")
    var maxPrice: TypedMoney?

    @OptionGroup var job: JobOptions

    @Option(help: "New directory for what the job leaves in /output.")
    var output: String?

    @ArgumentParser.Flag(name: .shortAndLong, help: "Agree to the price without being asked.")
    var yes = false

    @ArgumentParser.Flag(name: .shortAndLong, help: "Begin the job, say its id, and leave it.")
    var detach = false

    @ArgumentParser.Flag(help: "Say each receipt of the machine, and the voucher that answers it.")
    var receipts = false

    @OptionGroup var key: KeyOptions
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var agent: AgentOptions
    @OptionGroup var form: OutputOptions

    @Argument(parsing: .postTerminator, help: "Program and arguments; empty takes the image's own.")
    var command: [String] = []

    /// What the parser of arguments cannot see.
    private var fault: UsageError? {
        if job.image.isEmpty {
            return UsageError(
                "gcx run needs an image in which the command runs",
                fix: "Give --image oci:DIR[:TAG], oci-archive:FILE[:TAG], rootfs:DIR or docker://HOST/PATH:TAG.")
        }
        if detach, output != nil {
            return UsageError(
                "--detach leaves the job before there is anything for --output",
                fix: "Leave one of them out; `gcx job pay --output` and `gcx job output` fetch it later.")
        }
        return nil
    }

    func run() async throws {
        if let fault { throw fault }
        // What is wrong with the words themselves is said before anybody is asked.
        let image = try job.reference(hasCommand: !command.isEmpty)
        let request = try job.request(image, command)
        try requirePlaces()
        let purchase = Purchase(
            ledger: try ledger.open(), agents: try agent.search(), buyer: try key.unlock(),
            folder: try JournalPlace.folder(orElse: "Set HOME."))
        let most = try await maxPrice.priced(on: purchase.ledger)
        try await needs.requireKnownFacts(on: purchase.ledger)
        image.announce()
        let script = RunScript(
            purchase: purchase, wish: needs.wish(seconds: self.for.seconds, priceMax: most), request: request,
            image: image, input: job.directory, output: output,
            kept: try KeptJob(key, ledger, agent),
            words: CommandWords(
                key: key.key, passwordFile: key.passwordFile, ledger: ledger.ledger, agent: agent.agent),
            isAgreed: yes, isDetached: detach, saysReceipts: receipts, isForProgram: form.json)
        throw ExitCode(try await script.play())
    }

    /// What would stop the job, or lose its output, after it is paid for.
    private func requirePlaces() throws {
        if let input = job.directory, !Files.exists(input) {
            throw CommandError("there is no input directory \(input)", fix: "Check the path.")
        }
        if let output, Files.exists(output), (try? Files.names(in: output)) == nil {
            throw CommandError("\(output) is no directory that you can use", fix: "Name another one with --output.")
        }
    }
}

extension TypedMoney? {
    /// In base units of a ledger, which is asked only where something was typed.
    fileprivate func priced(on ledger: any Ledger) async throws -> Amount? {
        guard let self else { return nil }
        return try self.amount(in: try await ledger.identity().money)
    }
}
