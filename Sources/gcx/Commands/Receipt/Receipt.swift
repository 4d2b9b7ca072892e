import ArgumentParser
import GCXClient
import GCXLedger
import GCXMetering
import GCXModel
import GCXSigning

/// `gcx receipt`: what was used and is owed.
struct ReceiptNoun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receipt", abstract: "List a lease's receipts, or check every one of them.",
        subcommands: [ReceiptList.self, ReceiptVerify.self])
}

/// `gcx receipt list`.
struct ReceiptList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the receipts of a lease.",
        discussion: table([]).orderText)

    @OptionGroup var agent: AgentOptions
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var caller: CallerOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "Id of the lease, or its beginning.")
    var lease: LeaseName

    var search: JobSearch { JobSearch(lease, caller, agent, ledger) }

    func run() async throws {
        let found = try await search.find()
        let receipts = try await found.agent.allReceipts(found.lease, by: found.caller)
        if output.json { return try Terminal.json(receipts) }
        Terminal.say(Self.table(receipts.map(\.document)), empty: "no receipts")
    }

    static func table(_ receipts: [Receipt]) -> TextTable {
        var table = TextTable(
            [
                .whole("receipt"), .whole("issued"), .number("elapsed"), .number("CPU"), .number("memory held"),
                .number("owed in all"), .text("events", least: 12),
            ], dropping: ["memory held", "elapsed", "issued", "events"])
        for receipt in receipts {
            table.add([
                "\(receipt.sequence)\(receipt.isFinal ? " (final)" : "")", RFC3339.moment(receipt.issuedAt),
                Display.seconds(receipt.usage.leaseNanoseconds), Display.seconds(receipt.usage.coreNanoseconds),
                NumberText.held(receipt.usage.memoryByteSeconds), Display.money(receipt.amount),
                receipt.events.map(\.shown).joined(separator: "; "),
            ])
        }
        return table
    }
}

/// `gcx receipt verify`.
struct ReceiptVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract:
            "Check a lease's receipts as its buyer would: signatures, chain, rates, and what is physically possible.")

    @OptionGroup var agent: AgentOptions
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var caller: CallerOptions

    @Option(help: "Read the receipts from this file (`gcx receipt list --json`) in place of the agent.")
    var file: String?

    @Argument(help: "Id of the lease, or its beginning.")
    var lease: LeaseName

    var search: JobSearch { JobSearch(lease, caller, agent, ledger) }

    func run() async throws {
        // A file first: what is wrong with it is so whatever the ledger says.
        let read: [Signed<Receipt>]? = try file.map { try Documents.read($0, what: "list of receipts") }
        let search = search
        let client = try search.ledger.open()
        let domain = try await client.identity().domain
        let lease = try await lease.id(on: client)
        let record = try await client.lease(lease)
        let receipts = if let read { read } else { try await Self.fetched(lease, search) }
        let check = ReceiptCheck(lease: lease, terms: record.terms, deposit: record.deposit)
        var last: (receipt: Receipt, digest: Digest)?
        for signed in receipts {
            try signed.verify(signer: record.terms.machine, in: domain)
            try check.check(signed.document, after: last, elapsedNanoseconds: nil)
            last = (signed.document, signed.digest(in: domain))
        }
        let paid = record.settled
        Terminal.say("receipts: \(Display.grouped(receipts.count)), all signed, chained and priced right")
        Terminal.say(
            "owed: \(Display.amount(last?.receipt.amount ?? .zero)), paid on the ledger: \(Display.amount(paid))")
    }

    private static func fetched(_ lease: LeaseID, _ search: JobSearch) async throws -> [Signed<Receipt>] {
        let found = try await search.find()
        return try await found.agent.allReceipts(lease, by: found.caller)
    }
}
