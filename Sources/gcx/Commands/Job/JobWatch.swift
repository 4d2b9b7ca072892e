import ArgumentParser
import GCXBuyer
import GCXClient
import GCXModel
import GCXWire

/// `gcx job events`: what happens, as it happens.
struct JobEvents: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Show what happened to a job, or to all jobs, and what happens next.")

    @OptionGroup var agent: AgentOptions
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var caller: CallerOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "Id of the lease, or its beginning; without it, all that you may see.")
    var lease: LeaseName?

    /// Nil for all jobs.
    var search: JobSearch? { lease.map { JobSearch($0, caller, agent, ledger) } }

    @ArgumentParser.Flag(
        name: .shortAndLong,
        help: "Go on with new events: of one lease until its job is over and all is said, else until interrupted.")
    var follow = false

    @Option(help: "Only events after this sequence number.")
    var after: UInt64 = 0

    func run() async throws {
        try await follower().run(after: after, show)
    }

    private func follower() async throws -> JobEventFollower {
        if let search {
            let found = try await search.find()
            return JobEventFollower(agent: found.agent, caller: found.caller, lease: found.lease, follow: follow)
        }
        let client = try agent.open()
        let who = try await caller.caller(agent: client, ledger: ledger)
        return JobEventFollower(agent: client, caller: who, lease: nil, follow: follow)
    }

    private func show(_ event: JobEvent) throws {
        if output.json { return try Terminal.jsonLine(event) }
        let name = lease == nil ? "\(event.lease.short)  " : ""
        Terminal.say(
            "\(RFC3339.moment(Nanoseconds.wholeSeconds(in: event.wallNanoseconds)))  \(name)\(event.kind.rawValue)  \(event.text.shown)"
        )
    }
}

/// `gcx job top`: who uses what now.
struct JobTop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Show what running jobs use now; on a terminal again every second.",
        discussion: "A job's state, CPU and what is owed are those of `gcx job list`. \(JobTable.top([]).orderText)")

    @OptionGroup var agent: AgentOptions
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var caller: CallerOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var look: TableOptions

    @ArgumentParser.Flag(help: "Show it once.")
    var once = false

    func run() async throws {
        let client = try agent.open()
        let who = try await caller.caller(agent: client, ledger: ledger)
        let isOnce = once || output.json || !Terminal.isTerminal
        while true {
            let jobs = try await client.jobs(by: who).filter(\.isActive)
            if output.json { return try Terminal.json(jobs) }
            if !isOnce { Terminal.clearScreen() }
            Terminal.say(JobTable.top(jobs), empty: "no job runs")
            if isOnce { return }
            try await Task.sleep(for: .seconds(1))
        }
    }
}

/// `gcx job pause`.
struct JobPause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Let a job stand still. Its lease runs on, and time, memory and storage are owed.")

    @OptionGroup var target: JobTarget

    func run() async throws { try await target.show { try await $0.hold($1, by: $2) } }
}

/// `gcx job resume`.
struct JobResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let a job go on that `gcx job pause` stopped.")

    @OptionGroup var target: JobTarget

    func run() async throws { try await target.show { try await $0.release($1, by: $2) } }
}

/// One job, and who gives the order.
struct JobTarget: ParsableArguments {
    @OptionGroup var agent: AgentOptions
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var caller: CallerOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "Id of the lease, or its beginning.")
    var lease: LeaseName

    /// Gives the order and says what became of it.
    func show(_ order: (AgentClient, LeaseID, Caller) async throws -> JobStatus) async throws {
        let found = try await JobSearch(lease, caller, agent, ledger).find()
        let job = try await order(found.agent, found.lease, found.caller)
        if output.json { return try Terminal.json(job) }
        Terminal.say("\(job.phase.rawValue): \(job.note.shown)")
    }
}
