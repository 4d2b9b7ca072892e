import ArgumentParser
import GCXBuyer
import GCXClient
import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning

/// `gcx lease`: contracts and their escrow.
struct LeaseNoun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lease", abstract: "Open, fund, read and close leases.",
        subcommands: [
            LeaseOpen.self, LeaseShow.self, LeaseList.self, LeaseTopUp.self, LeaseClose.self, LeaseFinalize.self,
        ])
}

/// `gcx lease open`.
struct LeaseOpen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "open",
        abstract: "Make a contract from a demand: both sides sign, and the deposit goes into escrow.")

    @OptionGroup var key: KeyOptions
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var agent: AgentOptions

    @Option(help: "Digest of the demand, or its beginning.")
    var demand: DigestName

    @Option(help: "Digest of the offer, or its beginning; without it the best match.")
    var offer: DigestName?

    @Option(help: "Address of the session key that signs the vouchers; without it the buyer's own.")
    var session: Address?

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let buyer = try key.unlock()
        let client = try ledger.open()
        let flow = LeaseFlow(ledger: client, agents: try agent.search(), buyer: buyer)
        let (demand, offer) = (try await demand.demand(on: client), try await offer?.offer(on: client))
        let lease = try await flow.open(demand: demand, offer: offer, session: session ?? buyer.address)
        if output.json { return try Terminal.json(LeaseDocument(lease: lease.id, signed: lease.signed)) }
        Terminal.say("\(lease.id)")
        Terminal.complain("in escrow: \(Display.amount(lease.signed.terms.deposit))")
        if let unused = try await LeaseText.unused(client.lease(lease.id), client) {
            Terminal.complain("unused: \(unused)")
        }
    }
}

/// A lease's id and what both sides signed.
private struct LeaseDocument: Encodable {
    let lease: LeaseID
    let signed: CountersignedTerms
}

/// `gcx lease show`.
struct LeaseShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a lease and its money.")

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "Id of the lease, or its beginning.")
    var lease: LeaseName

    func run() async throws {
        let ledger = try ledger.open()
        let lease = try await lease.id(on: ledger)
        let record = try await ledger.lease(lease)
        // Its buyer has seen that it is settled.
        if record.escrow.isClosed { JournalPlace.ofUser?.forget(lease) }
        if output.json { return try Terminal.json(record) }
        Terminal.say(LeaseText.fields(record, unused: try await LeaseText.unused(record, ledger)))
    }
}

/// A lease as text.
enum LeaseText {
    /// - Parameter unused: what it costs while nobody uses it, in words.
    static func fields(_ record: LeaseRecord, unused: String?) -> TextFields {
        let terms = record.terms
        var fields = TextFields()
        fields.add("lease", "\(record.id)")
        fields.add("payer", terms.payer.checksummed)
        fields.add("payee", terms.payee.checksummed)
        fields.add("machine", terms.machine.checksummed)
        fields.add("runs", "\(RFC3339.moment(terms.startsAt)) to \(RFC3339.moment(terms.endsAt))")
        fields.add("leased", ResourceText.line(terms.resources))
        fields.add("price", RatesText.line(terms.rates))
        fields.add("deposit", Display.amount(record.deposit))
        fields.add("settled", Display.amount(record.settled))
        fields.add("unused", unused)
        fields.add("state", EscrowText.line(record.escrow))
        for rating in record.ratings.map(\.document) {
            fields.add("rating", "\(rating.stars) of 5 by \(rating.rater.checksummed): \(rating.comment.shown)")
        }
        return fields
    }

    static func table(_ leases: [LeaseRecord]) -> TextTable {
        var table = TextTable(
            [
                .id("lease"), .text("state", least: 7), .number("deposit"), .number("settled"), .whole("ends"),
            ], dropping: ["ends", "settled", "deposit"])
        for record in leases {
            table.add([
                "\(record.id)", EscrowText.line(record.escrow), Display.money(record.deposit),
                Display.money(record.settled), RFC3339.moment(record.terms.endsAt),
            ])
        }
        return table
    }

    /// What it costs while nobody uses it; nil where its offer says nothing of it.
    static func unused(_ record: LeaseRecord, _ ledger: any Ledger) async throws -> String? {
        guard let conduct = try await ledger.offer(record.terms.offer).document.conduct else { return nil }
        return ConductText.unused(hourly: record.reservationHour, idleSeconds: conduct.idleSeconds)
    }
}

/// An escrow as a line.
enum EscrowText {
    static func line(_ escrow: Escrow) -> String {
        switch escrow {
        case .open: "open"
        case .closing(_, _, _, let closesAt): "closing, claims are good until \(RFC3339.moment(closesAt))"
        case .closed(_, let refunded, let at): "closed at \(RFC3339.moment(at)), \(Display.amount(refunded)) refunded"
        }
    }
}

/// `gcx lease list`.
struct LeaseList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the leases in which an address is payer, payee or machine.",
        discussion:
            "\(Display.moneyWords) \(LeaseText.table([]).orderText)"
    )

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var look: TableOptions

    @Argument(help: "Address of the payer, the payee or the machine.")
    var party: Address

    func run() async throws {
        let leases = try await ledger.open().leases(of: party)
        if output.json { return try Terminal.json(leases) }
        Terminal.say(LeaseText.table(leases), empty: "no leases")
    }
}

/// `gcx lease topup`.
struct LeaseTopUp: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topup", abstract: "Raise a lease's deposit to a new total, with the payer's key.")

    @OptionGroup var key: KeyOptions
    @OptionGroup var ledger: LedgerOptions

    @Argument(help: "Id of the lease, or its beginning.")
    var lease: LeaseName

    @Option(help: "The new total, such as 1.5TEST.")
    var deposit: TypedMoney

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let client = try ledger.open()
        let identity = try await client.identity()
        let lease = try await lease.id(on: client)
        let topUp = TopUp(channel: lease, deposit: try deposit.amount(in: identity.money))
        try await client.post(.topUp(Signed(topUp, by: try key.unlock(), in: identity.domain)))
        let record = try await client.lease(lease)
        if output.json { return try Terminal.json(record) }
        Terminal.say("the deposit is now \(Display.amount(record.deposit))")
    }
}

/// `gcx lease close`.
struct LeaseClose: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "close",
        abstract: "Ask to close a lease: at once with the owner's key, after the close window with the payer's.")

    @OptionGroup var key: KeyOptions
    @OptionGroup var ledger: LedgerOptions

    @Argument(help: "Id of the lease, or its beginning.")
    var lease: LeaseName

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let client = try ledger.open()
        let domain = try await client.identity().domain
        let lease = try await lease.id(on: client)
        let requester = try key.unlock()
        let request = CloseRequest(
            channel: lease, requester: requester.address, requestedAt: WallClock.seconds())
        try await client.post(.closeRequest(Signed(request, by: requester, in: domain)))
        let record = try await client.lease(lease)
        if record.escrow.isClosed { JournalPlace.ofUser?.forget(lease) }
        if output.json { return try Terminal.json(record) }
        Terminal.say(EscrowText.line(record.escrow))
    }
}

/// `gcx lease finalize`.
struct LeaseFinalize: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "finalize", abstract: "After the close window: send what is left back to the payer. Anybody may.")

    @OptionGroup var ledger: LedgerOptions

    @Argument(help: "Id of the lease, or its beginning.")
    var lease: LeaseName

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let client = try ledger.open()
        let lease = try await lease.id(on: client)
        try await client.post(.finalize(lease))
        let record = try await client.lease(lease)
        if record.escrow.isClosed { JournalPlace.ofUser?.forget(lease) }
        if output.json { return try Terminal.json(record) }
        Terminal.say(EscrowText.line(record.escrow))
    }
}
