import GCXLedger
import GCXLedgerSQLite
import GCXModel
import GCXSigning
import Support
import Testing

@testable import GCXClient
@testable import GCXWire

@Suite(.timeLimit(.minutes(2))) struct LedgerConformanceTests {
    @Test(
        "a ledger behind a socket conforms like the ledger itself",
        arguments: LedgerConformance.scenarios + LedgerConformance.transparentScenarios)
    func conforms(_ scenario: LedgerScenario) async throws {
        try await serving { client, _, world in
            try await scenario.run(LedgerBench(ledger: client, world: world))
        }
    }

    @Test(
        "a ledger behind a socket that is no test network conforms like it",
        arguments: LedgerConformance.privateScenarios)
    func conformsInPrivate(_ scenario: LedgerScenario) async throws {
        try await serving(try TestWorld(isTestNetwork: false)) { client, _, world in
            try await scenario.run(LedgerBench(ledger: client, world: world))
        }
    }

    @Test("it conforms on a port too")
    func overTCP() async throws {
        try await withScratch { directory in
            let world = try TestWorld()
            let ledger = try open(directory, world)
            try await withLedgerServer(ledger, at: .loopback(.v4, port: 0)) { client, _ in
                for scenario in LedgerConformance.scenarios.prefix(1) {
                    try await scenario.run(LedgerBench(ledger: client, world: world))
                }
            }
        }
    }

    @Test("what is read through the socket is what is read beside it")
    func sameAnswers() async throws {
        try await serving { client, ledger, world in
            let id = try await LedgerBench(ledger: client, world: world).openLease()
            let record = try await client.lease(id)
            #expect(record == (try await ledger.lease(id)))
            #expect(try await client.identity() == ledger.identity())
            #expect(try await client.offers(liveOnly: true) == ledger.offers(liveOnly: true))
            #expect(try await client.offers(liveOnly: false) == ledger.offers(liveOnly: false))
            #expect(try await client.demands(liveOnly: true) == ledger.demands(liveOnly: true))
            #expect(try await client.grants(of: world.owner.address) == ledger.grants(of: world.owner.address))
            #expect(try await client.leases(of: world.buyer.address) == ledger.leases(of: world.buyer.address))
            #expect(try await client.entries(from: 1, limit: 2) == ledger.entries(from: 1, limit: 2))
            #expect(try await client.head() == ledger.head())
            let free = try await client.freeCapacity(
                of: record.terms.offer, from: record.terms.startsAt, until: record.terms.endsAt)
            #expect(free.cores == TestWorld.capacity.cores - TestWorld.wanted.cores)
        }
    }

    @Test("a ledger that stops and starts again on its socket is met again by the same client")
    func restarts() async throws {
        try await withScratch { directory in
            let world = try TestWorld()
            let endpoint = Endpoint.unix(path: directory + "/ledger.sock")
            let client = HTTPLedger(endpoint)
            let faucet = Entry.faucet(world.faucet(world.buyer.address, 50))
            let ledger = try open(directory, world)
            let first = try await withLedgerServer(ledger, at: endpoint) { _, _ in try await client.post(faucet) }
            await #expect(throws: LedgerError.self) { try await client.post(faucet) }
            try await withLedgerServer(ledger, at: endpoint) { _, _ in
                let again = try await client.post(faucet)
                #expect(again.duplicate && again.index == first.index)
                let account = try await client.account(world.buyer.address)
                #expect(account.balance == 50)
            }
        }
    }

    @Test("posts from many at once are each written once")
    func concurrently() async throws {
        try await serving { client, ledger, world in
            let entries = (0..<40).map { _ in Entry.faucet(world.faucet(world.buyer.address, 1)) }
            try await withThrowingTaskGroup { group in
                for entry in entries + entries { group.addTask { _ = try await client.post(entry) } }
                try await group.waitForAll()
            }
            let account = try await client.account(world.buyer.address)
            #expect(account.balance == 40)
            let head = await ledger.head()
            #expect(head.document.size == 40)
        }
    }

    private func open(_ directory: String, _ world: TestWorld) throws -> SQLiteLedger {
        try SQLiteLedger(
            path: directory + "/ledger.sqlite", operatorKey: world.operator, isTestNetwork: world.charter.isTestNetwork,
            founding: TestWorld.founding, boot: { world.clock.boot }, now: { world.clock.now })
    }

    private func serving(
        _ world: TestWorld? = nil, _ body: (HTTPLedger, SQLiteLedger, TestWorld) async throws -> Void
    ) async throws {
        try await withScratch { directory in
            let world = try world ?? TestWorld()
            let ledger = try open(directory, world)
            try await withLedgerServer(ledger, at: .unix(path: directory + "/ledger.sock")) { client, _ in
                try await body(client, ledger, world)
            }
        }
    }
}
