import ArgumentParser
import GCXClient
import GCXConfig
import GCXLinux
import GCXModel
import GCXWire

/// `gcx agent`: the owner's side.
struct AgentNoun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Sell this machine's capacity: measure, offer, run jobs, meter them, get paid.",
        subcommands: [AgentRun.self, AgentStatusVerb.self, AgentConfig.self])
}

/// `gcx agent config`.
struct AgentConfig: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Print the example configuration, or check one.")

    @Option(help: "Check this configuration file, and print nothing of the example.")
    var check: String?

    func run() throws {
        guard let check else { return Terminal.write(Configuration.exampleTOML, to: 1) }
        _ = try Configuration.load(path: check)
        Terminal.say("\(check): ok")
    }
}

/// `gcx agent status`.
struct AgentStatusVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the running agent: its offer, its leases, its problems.")

    @OptionGroup var agent: AgentOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var look: TableOptions

    func run() async throws {
        let status = try await agent.open().status()
        if output.json { return try Terminal.json(status) }
        Terminal.say(AgentStatusText(status: status, now: WallClock.seconds()).fields)
        if !status.jobs.isEmpty { Terminal.say(JobTable.list(status.jobs, now: WallClock.seconds())) }
    }
}
