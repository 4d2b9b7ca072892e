import GCXLedger
import GCXLedgerSQLite
import GCXModel
import GCXSigning
import Support
import Testing

@Suite("the clock of a ledger's file")
struct ClockTests {
    private static let ahead: UInt64 = 400 * 86_400
    let folder: Folder
    let world: TestWorld

    init() throws { (folder, world) = (try Folder(), try TestWorld()) }

    private func faucet() -> Entry { .faucet(world.faucet(world.buyer.address, 5)) }

    @Test("a file whose last entry is 400 days ahead is brought back by its operator, and is sound")
    func broughtBack() async throws {
        do {
            var journal = try WrittenJournal(folder, world)
            try journal.append(faucet(), at: world.clock.now + Self.ahead)
        }
        do {
            let ledger = try openLedger(folder, world)
            let bench = LedgerBench(ledger: ledger, world: world)
            #expect(await ledger.identity().ledgerTime == world.clock.now + Self.ahead)
            await #expect(throws: LedgerError.self) { try await ledger.post(.grant(world.grant())) }
            try await bench.refuses(
                .clock(world.clockOrder(at: 1, by: world.stranger)),
                .badSignature(.clock, expected: world.operator.address, got: world.stranger.address))
            try await ledger.post(.clock(world.clockOrder(at: 1)))
            _ = try await bench.openLease()
        }
        let ledger = try openLedger(folder, world)
        #expect(await ledger.identity().ledgerTime == world.clock.now)
        let report = try LedgerVerifier.verify(folder.ledger, expectedOperator: world.operator.address)
        #expect(report.problems == [])
    }

    @Test(
        "a ledger that was off for longer than the bound asks for its operator's word, and one that was off for less does not"
    )
    func offForLong() async throws {
        do { try await openLedger(folder, world).post(faucet()) }
        world.clock.jump(to: world.clock.now + LedgerLimits.clockJumpSecondsMax)
        do { try await openLedger(folder, world).post(faucet()) }
        world.clock.jump(to: world.clock.now + LedgerLimits.clockJumpSecondsMax + 1)
        let ledger = try openLedger(folder, world)
        let error = await #expect(throws: LedgerError.self) { try await ledger.post(faucet()) }
        guard case .fix(let remedy) = error?.remedy else { throw ConformanceFailure("\(String(describing: error))") }
        #expect(remedy.contains("gcx ledger clock"))
        try await ledger.post(.clock(world.clockOrder(at: 2)))
        try await ledger.post(faucet())
    }

    @Test(
        "an entry that goes back without the operator's order is found, and the file not opened",
        arguments: ["nobody", "a stranger", "for another place"])
    func goesBack(_ signer: String) throws {
        do {
            var journal = try WrittenJournal(folder, world)
            try journal.append(faucet())
            world.clock.jump(to: world.clock.now - 1_000)
            switch signer {
            case "nobody": try journal.append(faucet())
            case "a stranger": try journal.append(.clock(world.clockOrder(at: 1, by: world.stranger)))
            default: try journal.append(.clock(world.clockOrder(at: 2)))
            }
        }
        let problems = try LedgerVerifier.verify(folder.ledger).problems
        #expect(problems.contains { $0.index == 1 }, "\(problems)")
        #expect(throws: LedgerError.self) { try openLedger(folder, world) }
    }

    @Test("an old ledger takes no order, and so its clock has no bound")
    func old() async throws {
        let world = try TestWorld(format: .ofOperator)
        do { _ = try WrittenJournal(folder, world) }
        let ledger = try openLedger(folder, world)
        let bench = LedgerBench(ledger: ledger, world: world)
        try await bench.refuses(.clock(world.clockOrder(at: 0)), .formatTooOld(.clock, format: 2, needed: 3))
        world.clock.jump(to: world.clock.now + Self.ahead)
        _ = try await bench.openLease()
    }
}
