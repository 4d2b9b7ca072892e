import ArgumentParser
import GCXModel
import GCXSigning

/// `gcx job output`: fetch what a job left.
struct JobOutput: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "output",
        abstract: "Fetch what a job left in /output, compare it with its digest, and unpack it.",
        discussion: "A transfer that breaks off goes on where it stopped, also when you run the command again.")

    @OptionGroup var agent: AgentOptions
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var caller: CallerOptions

    @Argument(help: "Id of the lease, or its beginning.")
    var lease: LeaseName

    var search: JobSearch { JobSearch(lease, caller, agent, ledger) }

    @Option(help: "Directory to unpack into; made where it is missing.")
    var out: String

    @Option(help: "Take an archive of so many bytes at most, such as 20G. Default: what fits the lease's storage.")
    var bytesMax: ByteSize?

    func run() async throws {
        let search = search
        let found = try await search.find()
        let flow = JobTransfer(
            agent: found.agent, ledger: try search.ledger.open(), lease: found.lease, caller: found.caller)
        guard let digest = try await flow.fetch(into: out, bytesMax: bytesMax?.bytes) else {
            throw CommandError(
                "there is no output: the job left none, or it was wiped",
                fix: "See what became of it with `gcx job inspect \(found.lease)`.")
        }
        Terminal.say("sha256:\(digest)")
    }
}
