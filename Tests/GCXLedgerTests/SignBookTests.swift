import Foundation
import GCXLedger
import GCXLedgerSQLite
import GCXModel
import GCXSigning
import Support
import Testing

@Suite("who was heard, in memory")
struct SignBookTests {
    let folder: Folder
    let world: TestWorld

    init() throws { (folder, world) = (try Folder(), try TestWorld()) }

    @Test("after a restart of the ledger each machine has as long as its offer says to be heard")
    func restart() async throws {
        var ledger = Optional(try openLedger(folder, world))
        let bench = LedgerBench(ledger: try #require(ledger), world: world)
        let market = try await bench.openMarket(offer: { $0.conduct = .heard })
        let sign = bench.sign(market.offer)
        world.clock.advance(1_000)
        #expect(try await bench.ledger.offers(liveOnly: true).isEmpty)
        ledger = nil
        let size = try await reopened { ledger in
            #expect(await ledger.offers(liveOnly: true).map(\.digest) == [market.offer])
            world.clock.advance(61)
            #expect(await ledger.offers(liveOnly: true).isEmpty)
            // What was signed before is too old by now.
            await #expect(throws: LedgerError.self) { try await ledger.see(sign) }
            try await ledger.see(LedgerBench(ledger: ledger, world: world).sign(market.offer))
            #expect(await ledger.offers(liveOnly: true).map(\.digest) == [market.offer])
            return await ledger.head().document.size
        }
        #expect(size == 4)
    }

    private func reopened<Value>(_ body: (SQLiteLedger) async throws -> Value) async throws -> Value {
        let other = try Folder()
        try FileManager.default.copyItem(atPath: folder.ledger, toPath: other.ledger)
        return try await body(try openLedger(other, world))
    }

    @Test("what no longer stands is forgotten, and only that")
    func clearing() throws {
        var state = LedgerState(world.charter)
        let grant = world.grant()
        try apply(.grant(grant), to: &state)
        let offers = (0..<5).map { number in
            world.offer(grant: grant.digest(in: world.domain)) {
                $0.conduct = .heard
                if number < 3 { $0.expiresAt = world.clock.now + 100 }
            }
        }
        for offer in offers { try apply(.offer(offer), to: &state) }
        var book = SignBook(since: world.clock.now)
        func see(_ offer: Signed<Offer>) throws {
            let sign = SignOfLife(
                machine: world.machine.address, offer: offer.digest(in: world.domain), at: world.clock.now,
                isLeaving: false)
            try book.take(sign, by: world.machine.address, of: state, at: world.clock.now)
        }
        for offer in offers { try see(offer) }
        #expect(book.count == 5)
        world.clock.advance(LedgerLimits.signsClearedSeconds - 1)
        try see(offers[4])
        #expect(book.count == 5)
        world.clock.advance(1)
        try see(offers[3])
        #expect(book.count == 2)
    }

    private func apply(_ entry: Entry, to state: inout LedgerState) throws {
        let posted = try PostedEntry(
            index: state.size, postedAt: world.clock.now, previous: state.chain, entry: entry)
        try state.apply(posted, checksSignatures: true)
    }
}
