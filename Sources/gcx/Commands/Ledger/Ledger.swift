import ArgumentParser
import GCXAgent
import GCXClient
import GCXConfig
import GCXLedger
import GCXLedgerSQLite
import GCXLinux
import GCXModel
import GCXServer
import GCXSigning
import GCXTransport
import GCXWire
import Logging
import ServiceLifecycle
import UnixSignals

/// `gcx ledger`: the embedded ledger.
struct LedgerNoun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "Serve, verify and prove the embedded ledger; read accounts.",
        subcommands: [
            LedgerUse.self, LedgerServe.self, LedgerIdentify.self, LedgerVerify.self, LedgerProve.self, LedgerHead.self,
            LedgerEntries.self,
            LedgerAccount.self, LedgerFaucet.self, LedgerCredit.self,
            LedgerSetClock.self,
        ])
}

/// `gcx ledger serve`.
struct LedgerServe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve the ledger over a unix socket or HTTP on loopback, until told to stop.")

    @Option(help: "The configuration file; its table [ledger] counts.")
    var config = "/etc/gcx/gcx.toml"

    func run() async throws {
        // Before anything else: from now on a hang-up ends nothing.
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        let path = config
        let configuration = try Configuration.load(path: path)
        let settings = configuration.ledger
        let logger = Logs.make("gcx.ledger", level: configuration.agent.logLevel)
        let key = try KeystoreFile.unlock(
            settings.operatorKeystore,
            password: try Password.read(settings.operatorPasswordFile, for: settings.operatorKeystore))
        let ledger = try SQLiteLedger(
            path: settings.database, operatorKey: key, isTestNetwork: settings.testNetwork,
            currency: settings.currency
        ) { WallClock.seconds() }
        // What is posted carries its own signatures, so every user of the machine may read and post.
        let places = try settings.listen.map { try Endpoint($0) }
        let open = DoorCount(places.count)
        let who = try await ServerIdentity.of(
            places, told: Configuration.reachable(settings.listen), key: MemoryCustody(key),
            own: OwnCertificate(settings.certificate, settings.certificateKey))
        let server = LedgerServer(
            ledger, at: places, as: who, socketMode: 0o666, logger: logger
        ) { _ in
            if open.isLast() { ServiceNotify.ready() }
        }
        let identity = await ledger.identity()
        Self.warn(logger, time: identity.ledgerTime)
        logger.info(
            "ledger started",
            metadata: [
                "address": "\(identity.domain.verifyingContract.checksummed)",
                "operator": "\(key.address.checksummed)",
            ])
        let reload = ReloadService(.ledger, hangups, running: configuration, logger: logger) { () throws(ConfigError) in
            try Configuration.load(path: path)
        } adopt: { _ in
            try await who?.renew(at: WallClock.seconds())
        }
        try await Services.run([server, reload, NotifyService()], logger: logger)
        try await ledger.settle()
        logger.info("ledger stopped")
    }

    /// Says when the ledger's time and the machine's clock are apart: its time stands still then, or it takes no entry.
    private static func warn(_ logger: Logger, time: UInt64) {
        let now = WallClock.seconds()
        let apart = max(time, now) - min(time, now)  // bounded: the smaller from the larger
        guard apart > LedgerLimits.datedAheadSecondsMax else { return }
        let which = time > now ? "the ledger is ahead of this machine's clock" : "this machine's clock is days ahead"
        logger.warning("\(which); its operator can set it: gcx ledger clock", metadata: ["seconds.apart": "\(apart)"])
    }
}

/// `gcx ledger verify`.
struct LedgerVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract:
            "Replay a ledger file: every byte, hash, signature, rule and head, and that no money was made or lost.",
        discussion: "It changes nothing and may run while the ledger serves.")

    @Option(help: "The ledger's file.")
    var database = Configuration().ledger.database

    @Option(help: "The operator you trust; without it the file's own word is taken.")
    var `operator`: Address?

    @Option(
        help: "A file with a head that you kept, from `gcx ledger head`: proves that no entry was taken away since.")
    var head: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        let kept: SignedTreeHead? = try head.map { try Documents.read($0, what: "signed tree head") }
        let report = try LedgerVerifier.verify(database, expectedOperator: `operator`, kept: kept)
        if output.json { try Terminal.json(report) } else { Self.say(report) }
        if !report.isSound { throw ExitCode(65) }
    }

    /// What a person reads; the first ones tell what happened.
    private static let problemsShown = 20

    static func say(_ report: VerifyReport) {
        for problem in report.problems.prefix(problemsShown) { Terminal.say("problem: \(problem)") }
        let more = report.problems.dropFirst(problemsShown).count
        if more > 0 { Terminal.say("problem: and \(Display.grouped(more)) more; --json has them all") }
        if !report.isTestNetworkCovered {
            Terminal.say(
                "note: that this is \(report.isTestNetwork ? "a" : "no") test network is the file's own word: the ledger was "
                    + "founded before its journal covered that")
        }
        if !report.hasOwnDomain {
            Terminal.say(
                "note: the domain is the operator's: what was signed for it is good on every ledger of this operator")
        }
        if !report.isTestNetwork { Terminal.say(CreditText.line(report.money.credit, of: report.operator)) }
        Terminal.say(
            "ledger verify: \(report.isSound ? "ok" : "FAILED") (\(Display.count(report.entries, "entry")), root \(report.root.short))"
        )
    }
}

/// `gcx ledger prove`.
struct LedgerProve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Prove that an entry is in the ledger, or that it only grew (RFC 9162), as JSON with the signed head."
    )

    /// A proof with all that is needed to check it.
    struct Proof: Encodable {
        var inclusion: InclusionProof?
        var consistency: ConsistencyProof?
        var head: SignedTreeHead
    }

    @OptionGroup var ledger: LedgerOptions

    @Option(help: "Index of the entry to prove.")
    var entry: UInt64?

    @Option(help: "Prove that the ledger of this many entries is the beginning of today's.")
    var since: UInt64?

    func validate() throws {
        guard entry != nil || since != nil else {
            throw ValidationError("nothing to prove: give --entry INDEX or --since SIZE")
        }
    }

    func run() async throws {
        let client = try ledger.open()
        let head = try await client.head()
        var proof = Proof(head: head)
        if let entry { proof.inclusion = try await client.inclusion(index: entry, treeSize: head.document.size) }
        if let since { proof.consistency = try await client.consistency(from: since, to: head.document.size) }
        try Terminal.json(proof)
    }
}

/// `gcx ledger head`.
struct LedgerHead: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "head",
        abstract: "Print the operator's signed word on the whole ledger; keep one, to prove with later.")

    @OptionGroup var ledger: LedgerOptions

    func run() async throws { try Terminal.json(try await ledger.open().head()) }
}

/// `gcx ledger entries`.
struct LedgerEntries: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "entries", abstract: "List the ledger's entries: kind, time and digest of each.",
        discussion: table([]).orderText)

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var look: TableOptions

    @Option(help: "Index of the first entry shown.")
    var from: UInt64 = 0

    @Option(help: "Entries shown at the most.")
    var limit = 50

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit takes 1 or more, not \(limit)") }
    }

    func run() async throws {
        let client = try ledger.open()
        let entries = try await client.entries(from: from, limit: limit)
        if output.json { return try Terminal.json(entries) }
        let domain = try await client.identity().domain
        Terminal.say(Self.table(entries.map { ($0, $0.entry.digest(in: domain)) }), empty: "no entries")
    }

    static func table(_ entries: [(posted: PostedEntry, digest: Digest)]) -> TextTable {
        var table = TextTable(
            [.number("entry"), .text("kind", least: 10), .whole("posted at"), .id("digest")], dropping: ["posted at"])
        for (posted, digest) in entries {
            table.add([
                "\(posted.index)", posted.entry.kind.rawValue, RFC3339.moment(posted.postedAt), "\(digest)",
            ])
        }
        return table
    }
}

/// `gcx ledger account`.
struct LedgerAccount: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "account", abstract: "Show what an address holds.")

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "The account's address.")
    var address: Address

    func run() async throws {
        let client = try ledger.open()
        let account = try await client.account(address)
        if output.json { return try Terminal.json(account) }
        Terminal.say("\(Display.amount(account.balance)) free, \(Display.amount(account.escrowed)) in escrow")
        let identity = try await client.identity()
        guard let credit = identity.credit else { return }
        Terminal.say(CreditText.line(credit, of: identity.operator))
    }
}

/// `gcx ledger faucet`.
struct LedgerFaucet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faucet", abstract: "On a test network: make money for an account, with the operator's key.")

    @OptionGroup var key: KeyOptions
    @OptionGroup var ledger: LedgerOptions

    @Argument(help: "Address of the account that gets it.")
    var account: Address

    @Argument(help: "The amount, such as 1.5TEST.")
    var amount: TypedMoney

    func run() async throws {
        let client = try ledger.open()
        let identity = try await client.identity()
        let grant = FaucetGrant(
            account: account, amount: try amount.amount(in: identity.money), nonce: .random())
        try await client.post(.faucet(Signed(grant, by: try key.unlock(), in: identity.domain)))
        Terminal.say("\(account.checksummed) holds \(Display.amount(try await client.account(account).balance))")
    }
}
