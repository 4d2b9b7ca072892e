import GCXLedger
import GCXLedgerSQLite
import GCXModel
import GCXSigning
import GRDB
import Support
import Testing

@Suite("What a ledger's money is called")
struct CurrencyTests {
    private let world: TestWorld
    private let folder: Folder

    init() throws { (world, folder) = (try TestWorld(), try Folder()) }

    private func open(_ currency: Currency?, isTestNetwork: Bool = true) throws -> SQLiteLedger {
        let clock = world.clock
        return try SQLiteLedger(
            path: folder.ledger, operatorKey: world.operator, isTestNetwork: isTestNetwork, currency: currency,
            founding: TestWorld.founding, now: { clock.now })
    }

    private static func gold() throws -> Currency { try #require(Currency(symbol: "GOLD", decimals: 4)) }

    @Test("a ledger says it, and one that was founded without it goes by its kind", arguments: [true, false])
    func identity(isTestNetwork: Bool) async throws {
        let identity = try await open(nil, isTestNetwork: isTestNetwork).identity()
        #expect(identity.currency == .unnamed(isTestNetwork: isTestNetwork))
        var old = identity
        old.currency = nil
        #expect(old.money == identity.money)
    }

    @Test("a file keeps its name, and refuses another")
    func kept() async throws {
        do { #expect(try await open(Self.gold()).identity().money == Self.gold()) }
        do { #expect(try await open(nil).identity().money == Self.gold()) }
        do { _ = try open(Self.gold()) }
        #expect(throws: LedgerError.wrongCurrency(try Self.gold())) { try open(.test) }
        #expect(try LedgerVerifier.verify(folder.ledger).isSound)
    }

    @Test("a file from before has the name of its kind, and takes no other later")
    func older() throws {
        do { _ = try open(nil) }
        do { _ = try open(.test) }
        #expect(throws: LedgerError.wrongCurrency(.test)) { try open(Self.gold()) }
    }

    @Test(
        "a point that somebody moves in the file is found, and so is a name that he puts in or takes out",
        arguments: ["GOLD/5", "SILVER/4", "GOLD/4/0x" + String(repeating: "1", count: 40), "gold/4", "GOLD", nil])
    func moved(text: String?) throws {
        do { _ = try open(Self.gold()) }
        let queue = try DatabaseQueue(path: folder.ledger)
        try queue.write { database in
            guard let text else { return try database.execute(sql: "DELETE FROM meta WHERE name = 'currency'") }
            try database.execute(sql: "UPDATE meta SET value = ? WHERE name = 'currency'", arguments: [text])
        }
        #expect(throws: LedgerError.self) { try open(nil) }
        #expect(throws: LedgerError.self) {
            if try LedgerVerifier.verify(folder.ledger).isSound {
                return
            } else {
                throw LedgerError.corrupted(nil, detail: "")
            }
        }
    }

    @Test("without a name the journal begins as it always did")
    func genesis() throws {
        var charter = world.charter
        let before = charter.genesis
        charter.currency = .test
        #expect(charter.genesis != before)
        charter.currency = nil
        #expect(charter.genesis == before)
        let token = try #require(Currency(symbol: "USDC", decimals: 6, token: world.owner.address))
        for currency in [Currency.test, token] { #expect(Currency(charterText: currency.charterText) == currency) }
        for text in ["", "USDC", "USDC/6/", "USDC/+6", "USDC/6/0x12", "USDC/6/\(world.owner.address)/", "/6", "A/31"] {
            #expect(Currency(charterText: text) == nil, "\(text)")
        }
    }
}
