import ArgumentParser
import GCXConfig
import GCXModel

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

    @Option(help: "Check this file instead.")
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

    func run() async throws {
        let status = try await agent.open().status()
        if output.json { return try Terminal.json(status) }
        Terminal.say(
            "gcx \(status.version.shown), machine \(status.machine.checksummed), owner \(status.owner.checksummed)")
        Terminal.say("runtime: \(status.runtime.shown)")
        Terminal.say("offer: \(status.offer?.description ?? "none yet")")
        Terminal.say("entries waiting for the ledger: \(status.outboxPending)")
        let owing = status.jobs.filter { $0.atRisk > .zero }
        if !owing.isEmpty {
            let sum = owing.reduce(Amount.zero) { $0.adding($1.atRisk) ?? Amount(.max) }
            Terminal.say("at risk: \(Display.amount(sum)) metered and not vouched for, in \(owing.count) leases")
        }
        for problem in status.problems { Terminal.say("problem: \(problem.shown)") }
        Terminal.say(JobTable.text(status.jobs))
    }
}
