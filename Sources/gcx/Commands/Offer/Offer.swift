import ArgumentParser
import GCXLedger
import GCXMarket
import GCXModel
import GCXPricing
import GCXSigning

/// `gcx offer`: capacity for sale.
struct OfferNoun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "offer", abstract: "Read what is for sale, or take an offer back.",
        subcommands: [OfferList.self, OfferShow.self, OfferWithdraw.self])
}

/// `gcx offer list`.
struct OfferList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the live offers on the ledger.")

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: OutputOptions

    @ArgumentParser.Flag(help: "Also those that expired, were replaced or withdrawn.")
    var all = false

    func run() async throws {
        let ledger = try ledger.open()
        let offers = try await ledger.offers(liveOnly: !all)
        if output.json { return try Terminal.json(offers) }
        let names = try await MarketView(ledger: ledger).reputations(of: offers.map(\.document.owner))
        var table = Table([
            "offer", "cores", "memory", "storage", "an hour in full use", "unused", "region", "isolation",
            "owner's stars",
        ])
        for record in offers {
            let offer = record.document
            let hourly = try Pricing.hourlyCeiling(offer.capacity, rates: offer.rates)
            table.add([
                "\(record.digest)", "\(offer.capacity.cores)", Display.bytes(offer.capacity.memoryBytes),
                Display.bytes(offer.capacity.storageBytes), Display.grouped(hourly), ConductText.brief(offer),
                offer.region.shown, "\(offer.isolation)", names[offer.owner]?.brief ?? "",  // bounded: a dictionary
            ])
        }
        Terminal.say(offers.isEmpty ? "no offers" : table.text)
    }
}

/// `gcx offer show`.
struct OfferShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one offer with every fact, its level of trust and its date.")

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "Digest of the offer.")
    var offer: Digest

    func run() async throws {
        let ledger = try ledger.open()
        let record = try await ledger.offer(offer)
        if output.json { return try Terminal.json(record) }
        let document = record.document
        Terminal.say("offer     \(record.digest), revision \(document.revision)")
        Terminal.say("owner     \(document.owner.checksummed)")
        for line in try await MarketView(ledger: ledger).reputation(of: document.owner).lines {
            Terminal.say("          \(line)")
        }
        Terminal.say("machine   \(document.machine.checksummed)")
        Terminal.say(
            "for sale  \(document.capacity.cores) cores, \(Display.bytes(document.capacity.memoryBytes)) memory")
        for line in try ConductText.lines(document) { Terminal.say(line) }
        Terminal.say("expires   \(RFC3339.moment(document.expiresAt))")
        var table = Table(["fact", "value", "trust", "taken at"])
        for fact in document.facts {
            table.add([
                fact.name.shown, Display.figure(fact.value, fact.unit), "\(fact.level)",
                RFC3339.moment(fact.measuredAt),
            ])
        }
        Terminal.say(table.text)
    }
}

/// `gcx offer withdraw`.
struct OfferWithdraw: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "withdraw", abstract: "Take an offer back, with the owner's or the machine's key.")

    @OptionGroup var key: KeyOptions
    @OptionGroup var ledger: LedgerOptions

    @Argument(help: "Digest of the offer.")
    var offer: Digest

    @Option(help: "Why, for people.")
    var reason = ""

    func run() async throws { try await Withdraw.post(offer, reason: reason, key: key, ledger: ledger) }
}
