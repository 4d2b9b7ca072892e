import ArgumentParser
import GCXClient
import GCXLedger
import GCXModel
import GCXSigning

/// `gcx ledger credit`: money on a ledger that is no test network.
struct LedgerCredit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credit",
        abstract: "On a private ledger: money that is its operator's promise, issued and redeemed as signed entries.",
        discussion: """
            The operator takes money outside the ledger and issues as much on it; who wants it back asks, is paid outside, and the
            operator redeems it. Nothing but the operator's word stands behind it. A test network has `gcx ledger faucet`.
            """,
        subcommands: [LedgerCreditIssue.self, LedgerCreditAsk.self, LedgerCreditRedeem.self])
}

/// `gcx ledger credit issue`.
struct LedgerCreditIssue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue", abstract: "Promise an account so much, with the operator's key.")

    @OptionGroup var key: KeyOptions
    @OptionGroup var ledger: LedgerOptions

    @Argument(help: "Address of the account that gets it.")
    var account: Address

    @Argument(help: "The amount, such as 1.5CREDIT.")
    var amount: TypedMoney

    @Option(help: "What you got for it: the number of a transfer or an invoice. Everybody can read it.")
    var reference: String

    func run() async throws {
        let client = try ledger.open()
        let identity = try await client.identity()
        let issue = CreditIssue(
            account: account, amount: try amount.amount(in: identity.money), reference: Untrusted(reference),
            nonce: .random())
        try await client.post(.creditIssued(Signed(issue, by: try key.unlock(), in: identity.domain)))
        Terminal.say("\(account.checksummed) holds \(Display.amount(try await client.account(account).balance))")
    }
}

/// `gcx ledger credit ask`.
struct LedgerCreditAsk: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ask", abstract: "Ask the operator to pay credit out; hand the file over.",
        discussion: "Your credit ends when the operator redeems the file, who signs so that it was paid.")

    @OptionGroup var key: KeyOptions
    @OptionGroup var ledger: LedgerOptions

    @Argument(help: "The amount, such as 1.5CREDIT.")
    var amount: TypedMoney

    @Option(help: "How it is to be paid: the number of an invoice, say. Everybody can read it.")
    var reference: String

    @Option(help: "File to write the request to.")
    var out: String

    func run() async throws {
        try Writable.requireNewFile(out)
        let identity = try await ledger.open().identity()
        let (domain, amount) = (identity.domain, try amount.amount(in: identity.money))
        let account = try key.unlock()
        let redemption = CreditRedemption(
            account: account.address, amount: amount, reference: Untrusted(reference), nonce: .random())
        try Documents.write(try await Signed(redemption, by: account, in: domain), to: out)
        Terminal.say("asked for \(Display.amount(amount)): \(redemption.digest(in: domain))")
    }
}

/// `gcx ledger credit redeem`.
struct LedgerCreditRedeem: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redeem", abstract: "Say with the operator's key that a request was paid; the credit ends.")

    @OptionGroup var key: KeyOptions
    @OptionGroup var ledger: LedgerOptions

    @Argument(help: "The file from `gcx ledger credit ask`.")
    var file: String

    func run() async throws {
        let client = try ledger.open()
        let domain = try await client.identity().domain
        let asked: Signed<CreditRedemption> = try Documents.read(file, what: "request to redeem credit")
        let signature = try await key.unlock().sign(asked.digest(in: domain))
        let receipt = try await client.post(
            .creditRedeemed(CountersignedRedemption(asked, operatorSignature: signature)))
        let (account, amount) = (asked.document.account.checksummed, Display.amount(asked.document.amount))
        Terminal.say("redeemed \(amount) of \(account) in entry \(receipt.index)")
    }
}

/// What money on a private ledger is.
enum CreditText {
    static func line(_ credit: Credit, of issuer: Address) -> String {
        "this money is the promise of the operator \(issuer.checksummed): \(Display.amount(credit.issued)) issued, "
            + "\(Display.amount(credit.redeemed)) redeemed, \(Display.amount(credit.outstanding)) outstanding"
    }
}
