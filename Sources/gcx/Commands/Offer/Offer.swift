import ArgumentParser
import GCXClient
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
        commandName: "list", abstract: "List the live offers on the ledger.",
        discussion:
            "Prices are for an hour in full use. \(Display.moneyWords) \((try? table([], scores: [:]).orderText) ?? "")"
    )

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var look: TableOptions

    @ArgumentParser.Flag(help: "Show also offers that expired, or were replaced or withdrawn.")
    var all = false

    func run() async throws {
        let ledger = try ledger.open()
        let offers = try await ledger.offers(liveOnly: !all)
        if output.json { return try Terminal.json(offers) }
        let names = try await MarketView(ledger: ledger).reputations(of: offers.map(\.document.owner))
        Terminal.say(try Self.table(offers, scores: names), empty: "no offers")
    }

    static func table(_ offers: [OfferRecord], scores: [Address: ReputationScore]) throws -> TextTable {
        var table = TextTable(
            [
                .id("offer"), .number("cores"), .number("memory"), .number("storage"), .number("an hour"),
                .text("unused", least: 6), .text("region", least: 6), .text("isolation", least: 9),
                .text("owner's stars", least: 5),
            ], dropping: ["unused", "owner's stars", "storage", "isolation", "region"])
        for record in offers {
            let offer = record.document
            let hourly = try Pricing.hourlyCeiling(offer.capacity, rates: offer.rates)
            table.add([
                "\(record.digest)", Display.grouped(offer.capacity.cores), Display.bytes(offer.capacity.memoryBytes),
                Display.bytes(offer.capacity.storageBytes), Display.money(hourly), ConductText.brief(offer),
                offer.region.shown, "\(offer.isolation)", scores[offer.owner]?.brief ?? "",  // bounded: a dictionary
            ])
        }
        return table
    }
}

/// `gcx offer show`.
struct OfferShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one offer with every fact, its level of trust and its date.",
        discussion: table([]).orderText)

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "Digest of the offer, or its beginning.")
    var offer: DigestName

    func run() async throws {
        let ledger = try ledger.open()
        let record = try await ledger.offer(try await offer.offer(on: ledger))
        if output.json { return try Terminal.json(record) }
        let document = record.document
        Terminal.say(
            try Self.fields(record, score: try await MarketView(ledger: ledger).reputation(of: document.owner)))
        Terminal.say(Self.table(document.facts), empty: "it states no facts")
    }

    static func fields(_ record: OfferRecord, score: ReputationScore) throws -> TextFields {
        let document = record.document
        var fields = TextFields()
        fields.add("offer", "\(record.digest), revision \(document.revision)")
        fields.add("owner", document.owner.checksummed)
        for line in score.lines { fields.add("", line) }
        fields.add("machine", document.machine.checksummed)
        fields.add("for sale", ResourceText.line(document.capacity))
        for (name, line) in try ConductText.lines(document) { fields.add(name, line) }
        fields.add("expires", RFC3339.moment(document.expiresAt))
        return fields
    }

    static func table(_ facts: [Fact]) -> TextTable {
        var table = TextTable(
            [.text("fact", least: 16), .number("value"), .text("trust", least: 4), .whole("taken at")],
            dropping: ["taken at"])
        for fact in facts {
            table.add([
                fact.name.shown, Display.figure(fact.value, fact.unit), "\(fact.level)",
                RFC3339.moment(fact.measuredAt),
            ])
        }
        return table
    }
}

/// `gcx offer withdraw`.
struct OfferWithdraw: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "withdraw", abstract: "Take an offer back, with the owner's or the machine's key.")

    @OptionGroup var key: KeyOptions
    @OptionGroup var ledger: LedgerOptions

    @Argument(help: "Digest of the offer, or its beginning.")
    var offer: DigestName

    @Option(help: "The reason, in words; everybody can read it.")
    var reason = ""

    func run() async throws {
        try await Withdraw.post(reason: reason, key: key, ledger: ledger) { try await offer.offer(on: $0) }
    }
}
