import ArgumentParser
import GCXAPI
import GCXAgent
import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning

/// `gcx job`: run one, and read what it did.
struct JobNoun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "Run a job on a lease, pay for it as it goes, and read what it did.",
        subcommands: [JobRun.self, JobList.self, JobInspect.self, JobLogs.self, JobCancel.self])
}

/// Who asks: with a key its account, without one the owner of the agent's socket.
struct CallerOptions: ParsableArguments {
    @Option(name: .long, help: "Keystore of the lease's payer. Without it: the owner, who may open the agent's socket.")
    var key: String?

    @Option(name: .long, help: "File whose first line is the keystore's password.")
    var passwordFile: String?

    func caller(agent: AgentClient, ledger: LedgerOptions) async throws -> Caller {
        guard let key else { return .owner }
        let custody = try KeystoreCustody(path: key, password: try Password.read(passwordFile, for: key))
        let domain = try await ledger.open().identity().domain
        let now = WallClock.now() / 1_000_000_000
        let session = ApiSession(
            account: custody.address, session: custody.address, audience: try await agent.status().machine,
            issuedAt: now, expiresAt: now + sessionSeconds)
        return .session(try await Signed(session, by: custody, in: domain))
    }

    /// A day: the longest job that one command attends.
    private var sessionSeconds: UInt64 { AgentLimits.sessionSecondsMax }
}

/// Jobs as a table.
enum JobTable {
    static func text(_ jobs: [JobStatus]) -> String {
        var table = Table(["lease", "phase", "end", "CPU", "owed", "vouched", "claimed", "receipts"])
        for job in jobs {
            table.add([
                "\(job.lease)", job.phase.rawValue, job.exit?.description ?? "-",
                Display.seconds(job.usage.coreNanoseconds), Display.grouped(job.amount), Display.grouped(job.vouched),
                Display.grouped(job.claimed), "\(job.receipts)",
            ])
        }
        return jobs.isEmpty ? "no jobs" : table.text
    }
}

/// `gcx job list`.
struct JobList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the agent's jobs, newest first.")

    @OptionGroup var agent: AgentOptions
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var caller: CallerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let client = try agent.open()
        let jobs = try await client.jobs(by: try await caller.caller(agent: client, ledger: ledger))
        if output.json { return try Terminal.json(jobs) }
        Terminal.say(JobTable.text(jobs))
    }
}

/// `gcx job inspect`.
struct JobInspect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show one job: phase, end, usage, money.")

    @OptionGroup var agent: AgentOptions
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var caller: CallerOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "Id of the lease.")
    var lease: Digest

    func run() async throws {
        let client = try agent.open()
        let job = try await client.job(lease, by: try await caller.caller(agent: client, ledger: ledger))
        if output.json { return try Terminal.json(job) }
        Terminal.say(JobText.lines(job).joined(separator: "\n"))
    }
}

/// One job as lines.
enum JobText {
    static func lines(_ job: JobStatus) -> [String] {
        [
            "lease     \(job.lease)",
            "phase     \(job.phase.rawValue) (\(job.note))",
            "end       \(job.exit?.description ?? "-")",
            "CPU       \(Display.seconds(job.usage.coreNanoseconds))",
            "elapsed   \(Display.seconds(job.usage.leaseNanoseconds))",
            "memory    \(Display.grouped(job.usage.memoryByteSeconds)) byte-seconds",
            "storage   \(Display.grouped(job.usage.storageByteSeconds)) byte-seconds",
            "sent      \(Display.bytes(job.usage.egressBytes))",
        ] + (job.published ?? []).map { "published \($0)" } + [
            "owed      \(Display.amount(job.amount)) by \(job.receipts) receipts",
            "vouched   \(Display.amount(job.vouched))",
            "claimed   \(Display.amount(job.claimed))",
            "log       \(Display.bytes(job.logBytes))",
        ]
    }
}

/// `gcx job cancel`.
struct JobCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "End a job: SIGTERM, the grace, SIGKILL. What was used is owed.")

    @OptionGroup var agent: AgentOptions
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var caller: CallerOptions

    @Argument(help: "Id of the lease.")
    var lease: Digest

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let client = try agent.open()
        let job = try await client.cancel(lease, by: try await caller.caller(agent: client, ledger: ledger))
        if output.json { return try Terminal.json(job) }
        Terminal.say("\(job.phase.rawValue): \(job.note)")
    }
}

/// `gcx job logs`.
struct JobLogs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Show what a job wrote; its standard error goes to yours.")

    @OptionGroup var agent: AgentOptions
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var caller: CallerOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "Id of the lease.")
    var lease: Digest

    @ArgumentParser.Flag(name: .shortAndLong, help: "Go on until the job ends.")
    var follow = false

    @ArgumentParser.Flag(name: .shortAndLong, help: "Show the time of each piece (Unix seconds) and its stream.")
    var timestamps = false

    func run() async throws {
        let client = try agent.open()
        let who = try await caller.caller(agent: client, ledger: ledger)
        let style = LogStyle(json: output.json, timestamps: timestamps)
        try await LogFollower(agent: client, lease: lease, by: who, follow: follow).run { style.write($0) }
    }
}

/// How a log is shown.
struct LogStyle: Sendable {
    let json: Bool
    let timestamps: Bool

    func write(_ line: LogLine) {
        if json {
            return Terminal.say(
                "{\"wallNanoseconds\":\(line.wallNanoseconds),\"stream\":\"\(line.stream)\",\"hex\":\"\(Hex.encodeBare(line.bytes))\"}"
            )
        }
        let file: Int32 = line.stream == "stdout" ? 1 : 2
        if timestamps { Terminal.write("\(line.wallNanoseconds / 1_000_000_000) \(line.stream) ", to: file) }
        switch line.stream {
        case "truncated": Terminal.complain("[the log limit was reached; what followed was dropped]")
        case "sandbox": Terminal.complain("[sandbox] \(String(decoding: line.bytes, as: UTF8.self))")
        default: Terminal.write(line.bytes, to: file)
        }
    }
}
