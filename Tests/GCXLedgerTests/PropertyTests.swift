import GCXLedger
import GCXLedgerSQLite
import GCXModel
import GCXSigning
import Support
import Testing

@Suite("money under random steps")
struct PropertyTests {
    /// Ten that never change and one that was never seen before; a failure names the seed as its argument.
    static let seeds = Array(1...10) + [UInt64.random(in: 11 ... .max)]

    @Test("the ledger does what the model does, and never loses a unit", arguments: seeds)
    func model(_ seed: UInt64) async throws {
        var run = try await RandomRun(seed: seed)
        for number in 0..<120 {
            let step = run.nextStep()
            try await run.make(step, "seed \(seed), step \(number): \(step)")
        }
        // A run that was always or never refused would show little.
        #expect(run.accepted > 30, "seed \(seed): \(run.accepted) steps were accepted")
        #expect(run.refused > 5, "seed \(seed): \(run.refused) steps were refused")
        try await run.finish("seed \(seed)")
    }

    @Test("the same claims in any order settle the same total", arguments: seeds.prefix(4))
    func claimOrder(_ seed: UInt64) async throws {
        var generator = SeededGenerator(seed)
        let amounts = (0..<12).map { _ in Amount(UInt128.random(in: 1...1_200, using: &generator)) }
        var totals: Set<Amount> = []
        for _ in 0..<3 {
            let (folder, world) = (try Folder(), try TestWorld())
            let bench = LedgerBench(ledger: try openLedger(folder, world), world: world)
            let id = try await bench.openLease()
            for amount in amounts.shuffled(using: &generator) {
                _ = try? await bench.ledger.post(.claim(world.voucher(id, amount)))
            }
            let settled = try await bench.ledger.lease(id).settled
            try await bench.expectBalance(world.owner, settled)
            totals.insert(settled)
        }
        // The cap stands at the burst of 1,000, for no time passes.
        #expect(totals == [amounts.filter { $0 <= 1_000 }.max() ?? 0])
    }
}

/// A ledger and the model of it, side by side.
private struct RandomRun {
    let folder: Folder
    let world: TestWorld
    let ledger: SQLiteLedger
    let market: LedgerBench.Market
    var generator: SeededGenerator
    var model: MoneyModel
    var ids: [LeaseID] = []
    var written: [Entry] = []
    var accepted = 0
    var refused = 0

    init(seed: UInt64) async throws {
        (folder, world) = (try Folder(), try TestWorld())
        ledger = try openLedger(folder, world)
        let bench = LedgerBench(ledger: ledger, world: world)
        // Room for every lease, so that only money decides.
        // Every other seed plays with a reservation of half of full use.
        let isReserved = seed.isMultiple(of: 2)
        market = try await bench.openMarket(offer: { offer in
            offer.conduct = isReserved ? .half : nil
            offer.capacity = Resources(cores: 1_000, memoryBytes: 1 << 50, storageBytes: 1 << 50, gpus: 0)
        })
        generator = SeededGenerator(seed)
        model = MoneyModel(
            now: Int(world.clock.now), reservationHour: isReserved ? 9_378 : 0, minted: 50_000, buyer: 50_000)
    }

    mutating func nextStep() -> MoneyModel.Step {
        guard !ids.isEmpty else { return .open(deposit: random(1...9_000)) }
        let lease = random(0...ids.count - 1)
        switch random(0...99) {
        case 0..<4: return .faucet(random(0...5_000))
        case 4..<14: return .open(deposit: random(0...15_000))
        case 14..<20: return .topUp(lease, total: near(model.leases[lease].deposit), by: party(mostly: .buyer))
        case 20..<55: return .claim(lease, cumulative: claim(lease), by: party(mostly: .session))
        case 55..<58: return .foreignClaim(lease, cumulative: model.leases[lease].settled + 1)
        case 58..<66: return .close(lease, by: party(mostly: .buyer))
        case 66..<74: return .finalize(lease)
        case 74..<90: return .wait(random(0...9))
        default: return written.isEmpty ? .wait(1) : .replay(random(0...written.count - 1))
        }
    }

    mutating func make(_ step: MoneyModel.Step, _ name: String) async throws {
        let before = model
        let expected = model.take(step)
        world.clock.set(UInt64(model.now))
        if let entry = try await entry(for: step) {
            let happened = try await post(entry, step)
            #expect(happened == expected, "\(name)")
            if happened { remember(entry, step) }
            (accepted, refused) = happened ? (accepted + 1, refused) : (accepted, refused + 1)
        }
        try await compare(name)
        expectInvariants(from: before, name)
    }

    /// Opens the file again and audits it.
    mutating func finish(_ name: String) async throws {
        let report = try LedgerVerifier.verify(folder.ledger, expectedOperator: world.operator.address)
        #expect(report.problems == [], "\(name)")
        #expect(report.money.minted.value == UInt128(model.minted), "\(name)")
    }

    private func post(_ entry: Entry, _ step: MoneyModel.Step) async throws -> Bool {
        do throws(LedgerError) {
            let receipt = try await ledger.post(entry)
            // A top-up to a total named before, say, is the very same document: accepted, and nothing happens.
            guard case .replay = step else { return !receipt.duplicate }
            #expect(receipt.duplicate)
            return true
        } catch {
            return false
        }
    }

    private mutating func remember(_ entry: Entry, _ step: MoneyModel.Step) {
        if case .open = step { ids.append(entry.digest(in: world.domain)) }
        if case .replay = step { return }
        written.append(entry)
    }

    private func entry(for step: MoneyModel.Step) async throws -> Entry? {
        switch step {
        case .wait: nil
        case .replay(let index): written[index]
        case .faucet(let amount): .faucet(world.faucet(world.buyer.address, Amount(UInt128(amount))))
        case .open(let deposit): .leaseOpened(try await lease(deposit))
        case .topUp(let index, let total, let party):
            .topUp(world.topUp(ids[index], to: Amount(UInt128(total)), by: key(party)))
        case .claim(let index, let cumulative, let party):
            .claim(world.voucher(ids[index], Amount(UInt128(cumulative)), by: key(party)))
        case .foreignClaim(let index, let cumulative):
            .claim(foreign(Voucher(channel: ids[index], cumulative: Amount(UInt128(cumulative)), receipt: .random())))
        case .close(let index, let party): .closeRequest(world.closeRequest(ids[index], by: key(party)))
        case .finalize(let index): .finalize(ids[index])
        }
    }

    private func lease(_ deposit: Int) async throws -> CountersignedTerms {
        try await LedgerBench(ledger: ledger, world: world).freshLease(market) {
            $0.deposit = Amount(UInt128(deposit))
        }
    }

    private func foreign(_ voucher: Voucher) -> Signed<Voucher> {
        let other = LedgerCharter(operator: world.operator.address, isTestNetwork: true, founding: .zero)
        return Signed(voucher, by: world.session, in: other.domain)
    }

    private func compare(_ name: String) async throws {
        let (buyer, owner) = (await ledger.account(world.buyer.address), await ledger.account(world.owner.address))
        #expect(buyer.balance.value == UInt128(model.buyer), "\(name)")
        #expect(owner.balance.value == UInt128(model.owner), "\(name)")
        for (id, lease) in zip(ids, model.leases) {
            let record = try await ledger.lease(id)
            #expect(record.settled.value == UInt128(lease.settled), "\(name)")
            #expect(record.deposit.value == UInt128(lease.deposit), "\(name)")
            #expect(record.escrow.isClosed == lease.isClosed, "\(name)")
            // I5: by the model's own arithmetic, at every moment.
            #expect(lease.settled <= lease.cap(at: model.now), "\(name)")
            #expect(record.reservationHour == (model.reservationHour > 0 ? 9_378 : nil), "\(name)")
        }
        let money = await ledger.conservation()
        #expect(money.isKept && money.minted.value == UInt128(model.minted), "\(name): \(money)")
    }

    /// The model agrees with the ledger by now, so what holds for its steps holds for the ledger's.
    private func expectInvariants(from before: MoneyModel, _ name: String) {
        for (old, new) in zip(before.leases, model.leases) {
            #expect(new.settled >= old.settled && new.settled <= new.deposit, "I1, \(name)")
            #expect(!old.isClosed || new == old, "I4, \(name)")
        }
        let held = model.leases.filter { !$0.isClosed }.map { $0.deposit - $0.settled }.reduce(0, +)
        #expect(model.buyer + model.owner + held == model.minted, "I2, \(name)")
        #expect(model.owner == model.leases.map(\.settled).reduce(0, +), "I3, \(name)")
    }

    private func key(_ party: MoneyModel.Party) -> PrivateKey {
        switch party {
        case .buyer: world.buyer
        case .owner: world.owner
        case .machine: world.machine
        case .session: world.session
        case .stranger: world.stranger
        }
    }

    private mutating func random(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

    private mutating func party(mostly usual: MoneyModel.Party) -> MoneyModel.Party {
        random(0...9) < 8 ? usual : MoneyModel.Party.allCases.randomElement(using: &generator) ?? usual
    }

    /// A little below or above, where rules change their mind.
    private mutating func near(_ value: Int) -> Int { max(0, value + random(-2...400)) }

    private mutating func claim(_ index: Int) -> Int {
        let lease = model.leases[index]
        switch random(0...3) {
        case 0: return lease.cap(at: model.now) + random(-1...1)
        case 1: return max(0, lease.deposit + random(-1...1))
        default: return near(lease.settled)
        }
    }
}
