import ArgumentParser
import GCXClient
import GCXLinux
import GCXModel

/// `gcx job inspect`: the whole story of one lease.
struct JobInspect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract:
            "Show one job from its lease to its wipe: command, image, resources, limits, use, money, events, end.",
        discussion: """
            A job's command, image and environment are seen by two: the payer of its lease, with --key, and the owner of the \
            machine, who could read them from its processes as well. Of the environment only the names are shown; --json has \
            the values. A secret is safer in the input than in the command.
            """)

    @OptionGroup var agent: AgentOptions
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var caller: CallerOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "Id of the lease, or its beginning.")
    var lease: LeaseName

    var search: JobSearch { JobSearch(lease, caller, agent, ledger) }

    @ArgumentParser.Flag(help: "Print the OCI configuration that the runtime got, as JSON, and nothing else.")
    var bundle = false

    func run() async throws {
        let found = try await search.find()
        let (client, lease, who) = (found.agent, found.lease, found.caller)
        if bundle {
            guard let text = try await client.bundle(lease, by: who) else {
                throw CommandError(
                    "there is no bundle: the job was not started yet, or is wiped",
                    fix: "See where it stands with `gcx job inspect \(lease)`.")
            }
            return Terminal.say(text)
        }
        let report = try await client.report(lease, by: who)
        if output.json { return try Terminal.json(report) }
        Terminal.say(ReportText(report, now: WallClock.seconds()).text(width: Terminal.tableWidth))
    }
}
