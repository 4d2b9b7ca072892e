import GCXLedger
import GCXLedgerSQLite
import GCXModel
import GCXSigning
import GRDB
import Support
import Testing

/// Files as ledgers wrote them before they had a charter, before texts were looked at, and before they had an address.
@Suite("a ledger of an older format")
struct OldLedgerTests {
    static let formats: [LedgerCharter.Format] = [.withoutCharter, .ofOperator]

    /// One that holds a grant with a text that nobody would take today.
    private func old(_ format: LedgerCharter.Format) throws -> (Folder, TestWorld) {
        let (folder, world) = (try Folder(), try TestWorld(format: format))
        var journal = try WrittenJournal(folder, world)
        try journal.append(.grant(world.grant { $0.label = "\u{1B}]0;rack\u{7}\u{202E}4" }))
        return (folder, world)
    }

    @Test("opens as it is, goes on, and is sound; the report says what nothing covers", arguments: formats)
    func opens(_ format: LedgerCharter.Format) async throws {
        let (folder, world) = try old(format)
        let ledger = try openLedger(folder, world)
        let identity = await ledger.identity()
        #expect(identity.domain == .embedded(operator: world.operator.address) && !identity.hasOwnDomain)
        #expect(identity.format == format.rawValue)
        #expect(await ledger.grants(of: world.owner.address).count == 1)
        _ = try await LedgerBench(ledger: ledger, world: world).openLease()
        let report = try LedgerVerifier.verify(folder.ledger, expectedOperator: world.operator.address)
        #expect(report.problems == [])
        #expect(report.entries > 4)
        #expect(report.isTestNetworkCovered == (format == .ofOperator) && report.isTestNetwork)
        #expect(!report.hasOwnDomain && report.format == format.rawValue)
    }

    @Test("takes no new text of the kind that stands in it", arguments: formats)
    func newTexts(_ format: LedgerCharter.Format) async throws {
        let (folder, world) = try old(format)
        let ledger = try openLedger(folder, world)
        let error = await #expect(throws: LedgerError.self) {
            try await ledger.post(.grant(world.grant { $0.label = "\u{1B}]0;rack\u{7}" }))
        }
        #expect(error?.description.contains("label") == true)
        #expect(await ledger.head().document.size == 1)
    }

    @Test(
        "cannot be passed off as one of a later format",
        arguments: [
            (LedgerCharter.Format.withoutCharter, "SET value = '2' WHERE name = 'format'"),
            (.withoutCharter, "SET value = '3' WHERE name = 'format'"),
            (.ofOperator, "SET value = '3' WHERE name = 'format'"),
        ])
    func promoted(_ format: LedgerCharter.Format, _ change: String) throws {
        let (folder, world) = try old(format)
        try DatabaseQueue(path: folder.ledger).write { database in
            try database.execute(sql: "UPDATE meta \(change)")
            try database.execute(sql: "INSERT INTO meta VALUES ('founding', '\(TestWorld.founding)')")
        }
        #expect(try !LedgerVerifier.verify(folder.ledger).isSound)
        #expect(throws: LedgerError.self) { try openLedger(folder, world) }
    }

    @Test("pays of a voucher all or nothing, also while the lease closes", arguments: formats)
    func allOrNothing(_ format: LedgerCharter.Format) async throws {
        let (folder, world) = try old(format)
        let bench = LedgerBench(ledger: try openLedger(folder, world), world: world)
        let id = try await bench.openLease()
        try await bench.ledger.post(.closeRequest(world.closeRequest(id, by: world.buyer)))
        try await bench.refuses(
            .claim(world.voucher(id, 1_001)), .rateCapExceeded(id, allowed: 1_000, asked: 1_001))
        try bench.expect(try await bench.ledger.lease(id).payment(of: 1_001, at: world.clock.now), is: 0)
        try await bench.ledger.post(.claim(world.voucher(id, 1_000)))
        try await bench.expectBalance(world.owner, 1_000)
    }

    /// What is signed for one ledger, posted on a second one of the same operator.
    @Test("what was signed for it is good on the operator's second; of a ledger founded today nothing is")
    func second() async throws {
        for format in LedgerCharter.Format.allCases {
            let (folder, world) = (try Folder(), try TestWorld(format: format))
            _ = try WrittenJournal(folder, try TestWorld(founding: .random(), format: format))
            let ledger = try openLedger(folder, world)
            for entry in Self.trade(world) {
                let isTaken = (try? await ledger.post(entry)) != nil
                #expect(isTaken == (format != .ofLedger), "\(entry.kind) on a ledger of \(format)")
            }
            let paid = await ledger.account(world.owner.address).balance
            #expect(paid == (format == .ofLedger ? 0 : 300), "\(format)")
        }
    }

    private static func trade(_ world: TestWorld) -> [Entry] {
        let grant = world.grant()
        let offer = world.offer(grant: grant.digest(in: world.domain))
        let demand = world.demand()
        let lease = world.countersign(
            world.terms(offer: offer.digest(in: world.domain), demand: demand.digest(in: world.domain)))
        let id = lease.lease(in: world.domain)
        return [
            .grant(grant), .offer(offer), .demand(demand), .faucet(world.faucet(world.buyer.address, 50_000)),
            .leaseOpened(lease), .claim(world.voucher(id, 300)), .closeRequest(world.closeRequest(id, by: world.owner)),
        ]
    }
}
