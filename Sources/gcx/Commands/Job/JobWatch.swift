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

    @Argument(help: "Id of the lease; without it, all that you may see.")
    var lease: Digest?

    @ArgumentParser.Flag(name: .shortAndLong, help: "Go on with new events, until interrupted or the lease is wiped.")
    var follow = false

    @Option(help: "Only events after this sequence number.")
    var after: UInt64 = 0

    func run() async throws {
        let client = try agent.open()
        let who = try await caller.caller(agent: client, ledger: ledger)
        var after = after
        while true {
            let wait = follow ? BuyerLimits.buyerWaitSeconds : 0
            let events = try await client.events(of: lease, after: after, waitSeconds: wait, by: who)
            for event in events { try show(event) }
            after = events.last?.sequence ?? after
            let isOver = lease != nil && events.contains { $0.kind == .wiped }
            if isOver || (events.isEmpty && !follow) { return }
        }
    }

    private func show(_ event: JobEvent) throws {
        if output.json { return try Terminal.jsonLine(event) }
        let name = lease == nil ? "\(event.lease.short)  " : ""
        Terminal.say(
            "\(RFC3339.moment(event.wallNanoseconds / 1_000_000_000))  \(name)\(event.kind.rawValue)  \(event.text.shown)"
        )
    }
}

/// `gcx job top`: who uses what now.
struct JobTop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Show what running jobs use now; on a terminal again every second.")

    @OptionGroup var agent: AgentOptions
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var caller: CallerOptions
    @OptionGroup var output: OutputOptions

    @ArgumentParser.Flag(help: "Show it once.")
    var once = false

    func run() async throws {
        let client = try agent.open()
        let who = try await caller.caller(agent: client, ledger: ledger)
        let isOnce = once || output.json || !Terminal.isTerminal
        while true {
            let jobs = try await client.jobs(by: who).filter { $0.live != nil || $0.phase.isAlive }
            if output.json { return try Terminal.json(jobs) }
            if isOnce { return Terminal.say(Self.text(jobs)) }
            Terminal.clearScreen()
            Terminal.say(Self.text(jobs))
            try await Task.sleep(for: .seconds(1))
        }
    }

    static func text(_ jobs: [JobStatus]) -> String {
        guard !jobs.isEmpty else { return "no job runs" }
        var table = Table(["lease", "phase", "cores", "memory", "processes", "read/s", "write/s", "storage", "owed"])
        for job in jobs {
            let live = job.live
            table.add([
                job.lease.short, job.phase.rawValue, live.map { cores($0.millicores) } ?? "-", size(live?.memoryBytes),
                live?.pids.map(String.init) ?? "-", size(live?.ioReadRate), size(live?.ioWriteRate),
                size(live?.storageBytes), Display.grouped(job.amount),
            ])
        }
        return table.text
    }

    private static func size(_ bytes: UInt64?) -> String { bytes.map(Display.bytes) ?? "-" }

    private static func cores(_ millicores: UInt64) -> String {
        let hundredths = millicores % 1_000 / 10
        return "\(millicores / 1_000).\(hundredths < 10 ? "0" : "")\(hundredths)"
    }
}

extension LeasePhaseName {
    /// Whether a job may be there.
    fileprivate var isAlive: Bool {
        switch self {
        case .starting, .running, .paused, .held, .ending: true
        case .proposed, .open, .settling, .closed: false
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

    @Argument(help: "Id of the lease.")
    var lease: Digest

    /// Gives the order and says what became of it.
    func show(_ order: (AgentClient, LeaseID, Caller) async throws -> JobStatus) async throws {
        let client = try agent.open()
        let job = try await order(client, lease, try await caller.caller(agent: client, ledger: ledger))
        if output.json { return try Terminal.json(job) }
        Terminal.say("\(job.phase.rawValue): \(job.note.shown)")
    }
}
