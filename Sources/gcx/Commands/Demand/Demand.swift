import ArgumentParser
import GCXClient
import GCXLedger
import GCXLinux
import GCXMarket
import GCXModel
import GCXPricing
import GCXSigning

/// `gcx demand`: capacity wanted.
struct DemandNoun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demand", abstract: "Say what you need, and see which offers serve it and why others do not.",
        subcommands: [DemandCreate.self, DemandList.self, DemandMatch.self, DemandWithdraw.self])
}

/// `gcx demand create`.
struct DemandCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Sign a demand and post it.",
        discussion: """
            A constraint names a fact of the offers: --require cpu.cores>=2 --require memory.triad.all>=20000000000@L1
            (value in the fact's unit; @L1 asks for a measured one).
            """)

    @OptionGroup var key: KeyOptions
    @OptionGroup var ledger: LedgerOptions

    @OptionGroup var needs: NeedOptions

    @Option(help: "Length of the lease: seconds, or 90s, 15m, 12h, 30d.")
    var seconds = Span(seconds: 3_600)

    @Option(help: "The most an hour in full use may cost, such as 0.05TEST or 0.05TEST/hour.")
    var hourlyMax: TypedMoney

    @Option(help: "The most it may cost in all, such as 1.5TEST; the deposit comes out of it.")
    var budget: TypedMoney

    @Option(help: "The demand stands for this long: seconds, or 90s, 15m, 12h, 30d.")
    var valid = Span(seconds: 3_600)

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let client = try ledger.open()
        let identity = try await client.identity()
        let hourlyMost = try TypedRate.hourly(hourlyMax, of: .lease, in: identity.money)
        let most = try budget.amount(in: identity.money)
        try await needs.requireKnownFacts(on: client)
        let buyer = try key.unlock()
        let now = identity.ledgerTime
        let demand = Demand(
            demandID: .random(), revision: 1, buyer: buyer.address, issuedAt: now,
            expiresAt: now.saturatingSum(valid.seconds), startsFrom: now,
            startsUntil: now.saturatingSum(valid.seconds), durationSeconds: seconds.seconds,
            resources: needs.resources, constraints: needs.require.map(\.constraint), hourlyMax: hourlyMost,
            budget: most, regions: needs.region.map { Untrusted($0) },
            isolationMin: needs.isolation, allow: [], deny: [])
        let signed = try await Signed(demand, by: buyer, in: identity.domain)
        try await client.post(.demand(signed))
        let digest = signed.digest(in: identity.domain)
        if output.json { return try Terminal.json(["demand": digest]) }
        Terminal.say("\(digest)")
    }
}

/// `NAME>=VALUE`, `NAME<=VALUE` or `NAME=VALUE`, with `@L1` and so on behind.
struct Requirement: ExpressibleByArgument {
    let constraint: Constraint

    init?(argument: String) {
        let halves = argument.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        // bounded here: two halves, counted first
        guard let condition = halves.first, let level = Self.level(halves.count > 1 ? halves[1] : "L0") else {
            return nil
        }
        for (sign, range) in [(">=", { $0...UInt64.max }), ("<=", { 0...$0 }), ("=", { $0...$0 })]
            as [(String, (UInt64) -> ClosedRange<UInt64>)]
        {
            guard let found = condition.firstRange(of: sign) else { continue }
            // bounded here: places that were found in the text
            guard let value = UInt64(digits: condition[found.upperBound...]), found.lowerBound > condition.startIndex
            else { return nil }
            let bounds = range(value)
            constraint = Constraint(
                fact: Untrusted(String(condition[..<found.lowerBound])), minimum: bounds.lowerBound,
                maximum: bounds.upperBound,
                levelMin: level)
            return
        }
        return nil
    }

    private static func level(_ text: String) -> TrustLevel? {
        guard text.hasPrefix("L"), text.utf8.count == 2, let number = UInt8(digits: text.dropFirst()) else {
            return nil
        }
        return TrustLevel(rawValue: number)
    }
}

/// `gcx demand list`.
struct DemandList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the standing demands.",
        discussion: "\(Display.moneyWords) \(table([]).orderText)")

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var look: TableOptions

    func run() async throws {
        let demands = try await ledger.open().demands(liveOnly: true)
        if output.json { return try Terminal.json(demands) }
        Terminal.say(Self.table(demands), empty: "no demands")
    }

    static func table(_ demands: [DemandRecord]) -> TextTable {
        var table = TextTable(
            [
                .id("demand"), .number("cores"), .number("memory"), .number("storage"), .number("for"),
                .number("an hour at most"), .number("budget"), .whole("until"),
            ], dropping: ["until", "storage", "an hour at most", "memory"])
        for record in demands {
            let demand = record.document
            table.add([
                "\(record.digest)", Display.grouped(demand.resources.cores),
                Display.bytes(demand.resources.memoryBytes), Display.bytes(demand.resources.storageBytes),
                Display.span(demand.durationSeconds), Display.money(demand.hourlyMax),
                Display.money(demand.budget), RFC3339.moment(demand.expiresAt),
            ])
        }
        return table
    }
}

/// `gcx demand match`.
struct DemandMatch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "match", abstract: "Find the offers that serve a demand, best first.")

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "Digest of the demand, or its beginning.")
    var demand: DigestName

    @ArgumentParser.Flag(help: "Also say which offers failed on what.")
    var explain = false

    func run() async throws {
        let ledger = try ledger.open()
        let digest = try await demand.demand(on: ledger)
        let result = try await MarketView(ledger: ledger).match(digest)
        if output.json { return try Terminal.json(result) }
        Terminal.say(MatchText.fields(result, explain: explain))
        if result.matches.isEmpty { throw ExitCode(78) }
    }
}

/// `gcx demand withdraw`.
struct DemandWithdraw: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "withdraw", abstract: "Take a demand back.")

    @OptionGroup var key: KeyOptions
    @OptionGroup var ledger: LedgerOptions

    @Argument(help: "Digest of the demand, or its beginning.")
    var demand: DigestName

    func run() async throws {
        try await Withdraw.post(reason: "", key: key, ledger: ledger) { try await demand.demand(on: $0) }
    }
}
