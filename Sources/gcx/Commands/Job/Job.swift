import ArgumentParser
import GCXAgent
import GCXClient
import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire

/// `gcx job`: run one, and read what it did.
struct JobNoun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "Run a job on a lease, pay for it as it goes, and read what it did.",
        subcommands: [
            JobRun.self, JobList.self, JobTop.self, JobInspect.self, JobEvents.self, JobLogs.self, JobOutput.self,
            JobPause.self,
            JobResume.self, JobCancel.self,
        ])
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
        return try await Self.caller(custody, agent: agent, ledger: ledger)
    }

    /// A session of an account whose key is unlocked.
    static func caller(
        _ custody: any KeyCustody, agent: AgentClient, ledger: LedgerOptions
    ) async throws -> Caller {
        let domain = try await ledger.open().identity().domain
        let now = WallClock.now() / 1_000_000_000
        let session = ApiSession(
            account: custody.address, session: custody.address, audience: try await agent.status().machine,
            issuedAt: now, expiresAt: now + sessionSeconds)  // bounded: seconds since 1970, and a constant
        return .session(try await Signed(session, by: custody, in: domain))
    }

    /// A day: the longest job that one command attends.
    private static var sessionSeconds: UInt64 { AgentLimits.sessionSecondsMax }
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

/// One job as lines.
enum JobText {
    static func lines(_ job: JobStatus) -> [String] {
        [
            "lease     \(job.lease)",
            "phase     \(job.phase.rawValue) (\(job.note.shown))",
            "end       \(job.exit?.description ?? "-")",
        ] + count(job) + [
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

    /// Which job of its lease it is, where that is worth a word.
    private static func count(_ job: JobStatus) -> [String] {
        guard let jobs = job.jobs, jobs > 1 || job.isOpenAgain else { return [] }
        return [
            "jobs      \(jobs) begun\(job.isOpenAgain ? ", and the lease is open for another" : "; this is the latest")"
        ]
    }

    /// What can be done with a lease that its job has left open.
    ///
    /// - Parameter endsAt: Unix seconds.
    static func ways(on job: JobStatus, until endsAt: UInt64) -> [String] {
        [
            "The lease is open until \(RFC3339.moment(endsAt)).",
            "  for another job:   gcx job run --lease \(job.lease) …    (with the same journal)",
            "  to end it now:     gcx job cancel \(job.lease)    or, on the ledger: gcx lease close \(job.lease)",
        ]
    }
}

/// `gcx job cancel`.
struct JobCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "End a job: SIGTERM, the grace, SIGKILL. What was used is owed. A lease without a job is closed.")

    @OptionGroup var target: JobTarget

    func run() async throws { try await target.show { try await $0.cancel($1, by: $2) } }
}
