import ArgumentParser
import GCXAgent
import GCXLinux
import GCXModel

/// The program: nouns, and verbs below them.
@main
struct Gcx: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gcx",
        abstract: "Sell this machine's idle capacity, weighed, graded and signed; or just measure it.",
        discussion: """
            Measure this machine, no account needed:   gcx probe   gcx bench
            Sell it:                                    gcx key new   gcx key grant   gcx agent run
            Buy, in one go:                             gcx run
            Buy, step by step:                          gcx demand create   gcx demand match   gcx lease open   gcx job run
            Read what a job did:                        gcx job logs   gcx job inspect   gcx receipt verify
            See the whole loop in a minute:             gcx demo

            Exit status: 0 done; 64 the command line is wrong; 65 refused for good; 75 try again later;
            78 something has to be changed first (the message says what); 70 a defect of gcx.
            With --json an error is JSON, too, on standard error: {"error":{"status":78,"message":"…","remedy":"…"}}.
            """,
        version: AgentCore.version,
        subcommands: [
            Run.self, Bench.self, Probe.self, Doctor.self, AgentNoun.self, KeyNoun.self, OfferNoun.self,
            DemandNoun.self,
            LeaseNoun.self, JobNoun.self, SessionNoun.self, ReceiptNoun.self, RatingNoun.self, LedgerNoun.self,
            RelayNoun.self,
            Demo.self,
        ])

    /// On the main thread until it first waits: whoever gives up root does so before there are others.
    @MainActor static func main() async {
        Terminal.turnSignalsIntoErrors()
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            // Before anything waits: without threads it would wait for ever.
            try ThreadRoom.require(ThreadRoom.ofThisMachine)
            if let agent = try? parseAsRoot(PlainArguments.prepared(arguments)) as? AgentRun { try agent.giveUpRoot() }
            // Errors are for the same person, so they are worded in here. The words are read twice: a command is no value that
            // may cross.
            await Audience.$current.withValue(Audience.of(try? command(arguments), arguments)) {
                do { try await run(arguments) } catch { Failure.end(error, arguments: arguments) }
            }
        } catch {
            Failure.end(error, arguments: arguments)
        }
    }

    /// What the words of a command line say.
    private static func command(_ arguments: [String]) throws -> any ParsableCommand {
        if let fault = UsageError.ofHelp(arguments) { throw fault }
        return try parseAsRoot(PlainArguments.prepared(arguments))
    }

    /// Does what the words of a command line say.
    static func run(_ arguments: [String]) async throws {
        var command = try command(arguments)
        if var command = command as? any AsyncParsableCommand { return try await command.run() }
        try command.run()
    }
}
