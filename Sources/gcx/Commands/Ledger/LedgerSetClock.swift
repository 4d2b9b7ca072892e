import ArgumentParser
import GCXClient
import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning

/// `gcx ledger clock`.
struct LedgerSetClock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clock",
        abstract: "Say with the operator's key that this machine's clock is right; the ledger goes on from there.",
        discussion: """
            A ledger refuses a clock that is days ahead of its entries, and its time never goes back. After it was switched off
            for long, or was once ahead, the operator sets it. The order is an entry like every other.
            """)

    @OptionGroup var key: KeyOptions
    @OptionGroup var ledger: LedgerOptions

    @Option(help: "The reason, in words; everybody can read it.")
    var reason = ""

    @OptionGroup var times: TimeOptions

    func run() async throws {
        let client = try ledger.open()
        let domain = try await client.identity().domain
        let order = ClockOrder(
            time: WallClock.seconds(), position: try await client.head().document.size,
            reason: Untrusted(reason))
        let receipt = try await client.post(.clock(Signed(order, by: try key.unlock(), in: domain)))
        Terminal.say("the ledger's clock is \(RFC3339.moment(receipt.postedAt)) from entry \(receipt.index) on")
    }
}
