import ArgumentParser
import GCXClient
import GCXLedger
import GCXModel
import GCXWire

/// `gcx ledger use`.
struct LedgerUse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "use", abstract: "Remember which ledger you use, or say which one it is.",
        discussion: """
            It is kept in your configuration folder ($XDG_CONFIG_HOME/gcx or ~/.config/gcx). --ledger and GCX_LEDGER go before it,
            and it goes before /etc/gcx/gcx.toml.
            """)

    @Argument(help: "The ledger: unix:PATH or http://127.0.0.1:PORT. Without it: say which one is used.")
    var url: String?

    @ArgumentParser.Flag(help: "Forget it again.")
    var forget = false

    @OptionGroup var output: OutputOptions

    /// What is used, for programs.
    private struct Document: Encodable {
        let ledger: String
        let source: String
    }

    func validate() throws {
        guard url == nil || !forget else { throw ValidationError("--forget takes no ledger") }
    }

    func run() async throws {
        if let url { try await use(url) }
        if forget { try UserFolder.required().forgetLedger() }
        let choice = try LedgerChoice.find(named: nil)
        if output.json { return try Terminal.json(Document(ledger: choice.place, source: choice.source.words)) }
        Terminal.say("\(choice.place)  (\(choice.source.words))")
    }

    /// One that does not answer is remembered all the same: it may be down today.
    private func use(_ url: String) async throws {
        let address = try ServerAddress(url)
        try UserFolder.required().use(url)
        guard await LedgerMoney.currency(of: HTTPLedger(address)) == nil else { return }
        Terminal.complain("note: no ledger answers there now")
    }
}
