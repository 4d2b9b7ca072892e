import ArgumentParser
import GCXModel
import GCXSandbox
import Glibc

/// `gcx demo`: the whole loop on this machine.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "See the whole loop on this machine in a minute: measure, offer, lease, use, pay, rate.",
        discussion: """
            A ledger, a provider and a buyer, each at a loopback address of its own and with files of its own, speak TLS 1.3 with
            each other as they would across machines; the buyer knows nothing but the ledger's address, and types `gcx run`.
            Everything is real: the hardware, the signatures, the sandboxed job, the money arithmetic on an embedded ledger.
            Only the money is play money. It speaks to nobody but itself and leaves nothing behind.
            """)

    @Option(
        help:
            "Directory that the demonstration's job compresses and hashes. Default: the sources here, if there are any."
    )
    var input: String?

    @Option(help: "How long the job works, seconds.")
    var seconds = Span(seconds: 12)

    @Option(help: "Time for the benchmarks, seconds.")
    var benchmarkSeconds = Span(seconds: 6)

    @ArgumentParser.Flag(help: "Keep the demonstration's directory, with its ledger, and say where it is.")
    var keep = false

    @OptionGroup var output: OutputOptions

    func run() async throws {
        // The agent's user goes through folders that are made here, whatever the person's own mask says; keys are 0600 all the same.
        umask(0o022)
        let directory = try DemoInput.directory(input)
        let stage = try DemoStage(keep: keep)
        stage.endOnSignals()
        let script = DemoScript(
            stage: stage, input: directory, seconds: seconds.seconds,
            benchmarkSeconds: benchmarkSeconds.seconds,
            quiet: output.json)
        do {
            let statement = try await script.play()
            stage.strike()
            if output.json { try Terminal.json(statement) } else { statement.say() }
            if !statement.isSound { throw ExitCode(70) }
        } catch {
            stage.strike(showLogs: true)
            throw error
        }
    }
}
