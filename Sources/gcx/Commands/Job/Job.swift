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
            JobRun.self, JobPay.self, JobList.self, JobTop.self, JobInspect.self, JobEvents.self, JobLogs.self,
            JobOutput.self,
            JobPause.self,
            JobResume.self, JobCancel.self,
        ])
}

/// Who asks: with a key its account, without one the machine's owner.
struct CallerOptions: ParsableArguments {
    @Option(
        name: .long,
        help:
            "Key of the lease's payer, by file or name. Without it: the machine's owner, or what `gcx run` has remembered."
    )
    var key: String?

    @Option(name: .long, help: "File whose first line is the keystore's password.")
    var passwordFile: String?

    /// - Throws: `AgentError.unreachable` at once when no agent is there: what a command waits for later is one that
    ///   restarts.
    func caller(agent: AgentClient, ledger: LedgerOptions) async throws -> Caller {
        try await agent.requireThere()
        guard let key else { return .owner }
        let custody = try KeyFile.unlock(key, passwordFile: passwordFile)
        return try await Self.caller(custody, agent: agent, ledger: ledger)
    }

    /// A session of an account whose key is unlocked. It is of use with this agent alone, so whose ledger that one serves is its own
    /// word; the ledger is asked where the agent does not say.
    static func caller(
        _ custody: any KeyCustody, agent: AgentClient, ledger: LedgerOptions
    ) async throws -> Caller {
        let (machine, domain) = try await place(of: agent, ledger: ledger)
        return try await caller(custody, of: agent, machine: machine, in: domain)
    }

    /// Where a session is of use: with whose agent, and on which ledger.
    static func place(of agent: AgentClient, ledger: LedgerOptions) async throws -> (machine: Address, EIP712Domain) {
        let status = try await agent.status()
        let domain = if let known = status.ledger { known } else { try await ledger.open().identity().domain }
        return (status.machine, domain)
    }

    /// The same where the machine and its ledger are known.
    static func caller(
        _ custody: any KeyCustody, of agent: AgentClient, machine: Address, in domain: EIP712Domain
    ) async throws -> Caller {
        let session = try agent.session(
            of: custody.address, machine: machine, at: WallClock.seconds(), seconds: sessionSeconds)
        return .session(try await Signed(session, by: custody, in: domain))
    }

    /// A day: the longest job that one command attends.
    private static var sessionSeconds: UInt64 { AgentLimits.sessionSecondsMax }
}

/// `gcx job list`.
struct JobList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the agent's jobs, newest first.",
        discussion: """
            The owner, who may open the agent's socket, sees all jobs; a payer, with --key, those of his leases. CPU and what \
            is owed are of the last sample. \(JobTable.list([], now: 0).orderText)
            """)

    @OptionGroup var agent: AgentOptions
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var caller: CallerOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var look: TableOptions

    func run() async throws {
        let client = try agent.open()
        let jobs = try await client.allJobs(by: try await caller.caller(agent: client, ledger: ledger))
        if output.json { return try Terminal.json(jobs) }
        Terminal.say(JobTable.list(jobs, now: WallClock.seconds()), empty: "no jobs")
    }
}

/// `gcx job cancel`.
struct JobCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract:
            "End a job: SIGTERM, and SIGKILL after the grace. What was used is owed. A lease without a job is closed.")

    @OptionGroup var target: JobTarget

    func run() async throws { try await target.show { try await $0.cancel($1, by: $2) } }
}
