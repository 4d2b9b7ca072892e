import ArgumentParser
import GCXClient
import GCXLedger
import GCXLedgerSQLite
import GCXModel
import GCXSigning
import GCXWire

/// A command that shows money, and can find out what it is called.
protocol ShowsMoney {
    /// Nil where nobody says: base units are shown then.
    func currency() async -> Currency?
}

/// Money of the ledger that the command speaks to.
protocol ShowsMoneyOfLedger: ShowsMoney {
    var ledger: LedgerOptions { get }
}

extension ShowsMoneyOfLedger {
    func currency() async -> Currency? {
        guard let client = try? ledger.open() else { return nil }
        return await LedgerMoney.currency(of: client)
    }
}

/// Money of the ledger that an agent serves: another ledger's decimals would move the point.
protocol ShowsMoneyOfAgent: ShowsMoney {
    var agent: AgentOptions { get }
    var ledger: LedgerOptions { get }
}

extension ShowsMoneyOfAgent {
    func currency() async -> Currency? { await LedgerMoney.currency(of: agent, ledgerAt: try? ledger.place()) }
}

/// Money of the ledger on which a job's lease is, wherever the job runs.
protocol ShowsMoneyOfJob: ShowsMoney {
    var search: JobSearch { get }
}

extension ShowsMoneyOfJob {
    func currency() async -> Currency? { await LedgerMoney.currency(of: search) }
}

/// Asks a ledger what its money is called, and does not wait for one that is not there.
enum LedgerMoney {
    /// - Parameter domain: nil takes any ledger.
    static func currency(of ledger: HTTPLedger, in domain: EIP712Domain? = nil) async -> Currency? {
        let identity = await withTaskGroup(of: LedgerIdentity?.self) { group in
            group.addTask { try? await ledger.identity() }
            group.addTask {
                try? await Task.sleep(for: patience)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        guard let identity, domain == nil || identity.domain == domain else { return nil }
        return identity.money
    }

    /// - Parameter place: of a ledger, which counts only where the agent serves it.
    static func currency(of agent: AgentOptions, ledgerAt place: String?) async -> Currency? {
        guard let agent = try? agent.open(), let place, let address = try? ServerAddress(place),
            let domain = try? await agent.publicStatus().ledger
        else { return nil }
        return await currency(of: HTTPLedger(address), in: domain)
    }

    /// The ledger that is remembered of the job counts; else that of the agent that is asked first, where one answers.
    static func currency(of search: JobSearch) async -> Currency? {
        guard let book = try? search.ledger.open() else { return nil }
        guard !search.isKept, let agent = try? search.agent.open(), let domain = try? await agent.publicStatus().ledger
        else { return await currency(of: book) }
        return await currency(of: book, in: domain)
    }

    /// A ledger answers in milliseconds, or after a way around the earth and back.
    private static let patience: Duration = .seconds(3)
}

extension Audience {
    /// The person who typed a command; programs, and a server that writes for many, get base units and UTC.
    ///
    /// - Parameters:
    ///   - command: nil where the words are none.
    ///   - arguments: of the command line, without the program's name.
    static func of(_ command: (any ParsableCommand)?, _ arguments: [String]) async -> Audience {
        let words = Set(arguments.prefix { $0 != "--" })
        guard !words.contains("--json"), !(command is AgentRun), !(command is LedgerServe) else { return Audience() }
        let currency = await (command as? any ShowsMoney)?.currency()
        var audience = Audience(currency: currency, hasWholeIDs: words.contains("--no-trunc"))
        if !words.contains("--utc") { audience.secondsEast = { LocalClock.secondsEast(at: $0) } }
        return audience
    }
}

extension DemandCreate: ShowsMoneyOfLedger {}
extension DemandList: ShowsMoneyOfLedger {}
extension DemandMatch: ShowsMoneyOfLedger {}
extension OfferList: ShowsMoneyOfLedger {}
extension OfferShow: ShowsMoneyOfLedger {}
extension LeaseOpen: ShowsMoneyOfLedger {}
extension LeaseShow: ShowsMoneyOfLedger {}
extension LeaseList: ShowsMoneyOfLedger {}
extension LeaseTopUp: ShowsMoneyOfLedger {}
extension LeaseClose: ShowsMoneyOfLedger {}
extension LeaseFinalize: ShowsMoneyOfLedger {}
extension RatingShow: ShowsMoneyOfLedger {}
extension LedgerIdentify: ShowsMoneyOfLedger {}
extension LedgerAccount: ShowsMoneyOfLedger {}
extension LedgerFaucet: ShowsMoneyOfLedger {}
extension LedgerCreditIssue: ShowsMoneyOfLedger {}
extension LedgerCreditAsk: ShowsMoneyOfLedger {}
extension LedgerCreditRedeem: ShowsMoneyOfLedger {}
extension JobRun: ShowsMoneyOfLedger {}
extension Run: ShowsMoneyOfLedger {}
extension Doctor: ShowsMoneyOfLedger {}

extension ReceiptList: ShowsMoneyOfJob {}
extension ReceiptVerify: ShowsMoneyOfJob {}
extension JobInspect: ShowsMoneyOfJob {}
extension JobPay: ShowsMoneyOfJob {}

extension JobList: ShowsMoneyOfAgent {}
extension JobTop: ShowsMoneyOfAgent {}
extension JobEvents: ShowsMoney {
    func currency() async -> Currency? {
        if let search { return await LedgerMoney.currency(of: search) }
        return await LedgerMoney.currency(of: agent, ledgerAt: try? ledger.place())
    }
}

extension LedgerVerify: ShowsMoney {
    func currency() async -> Currency? { try? LedgerVerifier.currency(of: database) }
}

extension AgentStatusVerb: ShowsMoney {
    func currency() async -> Currency? {
        await LedgerMoney.currency(of: agent, ledgerAt: (try? LedgerChoice.find(named: nil))?.place)
    }
}

extension Demo: ShowsMoney {
    /// Its ledger is a test network of its own, which says no other name.
    func currency() async -> Currency? { .test }
}
