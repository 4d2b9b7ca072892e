import ArgumentParser
import GCXClient
import GCXLedger
import GCXModel
import GCXSigning

/// `gcx ledger identity`.
struct LedgerIdentify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "identity",
        abstract: "Say which ledger this is: its address, its operator, its rules and its clock.",
        discussion: "What is signed for this address counts on this ledger alone.")

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let identity = try await ledger.open().identity()
        if output.json { return try Terminal.json(identity) }
        Terminal.say(Self.lines(identity).joined(separator: "\n"))
    }

    /// The address first and alone, for it is what is copied.
    static func lines(_ identity: LedgerIdentity) -> [String] {
        [
            identity.domain.verifyingContract.checksummed, "operator \(identity.operator.checksummed)",
            rules(identity),
            money(identity), currency(identity), "clock \(RFC3339.moment(identity.ledgerTime))",
        ]
    }

    private static func money(_ identity: LedgerIdentity) -> String {
        guard !identity.isTestNetwork else { return "a test network: its money is play money" }
        return "no test network\(identity.credit.map { ": " + CreditText.line($0, of: identity.operator) } ?? "")"
    }

    private static func currency(_ identity: LedgerIdentity) -> String {
        let money = identity.money
        let decimals = Display.count(money.decimals, "decimal")
        let kind = money.token.map { "the token \($0.checksummed)" } ?? "the ledger's own"
        let word = identity.currency == nil ? ", by its kind, for it does not say" : ""
        return "money is \(money.symbol), \(decimals), \(kind)\(word)"
    }

    private static func rules(_ identity: LedgerIdentity) -> String {
        let format = identity.format.map { "rules of format \($0)" } ?? "rules of a format that it does not say"
        guard !identity.hasOwnDomain else { return format }
        return format + ": what was signed for it is good on every ledger of this operator"
    }
}
