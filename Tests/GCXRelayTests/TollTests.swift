import Foundation
import GCXLedger
import GCXLedgerSQLite
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire
import Support
import Synchronization
import Testing

@testable import GCXRelay

@Suite("Relays that are paid", .timeLimit(.minutes(2))) struct TollTests {
    /// Lets both speak until nobody has anything to say.
    private func talk(_ house: TollHouse, _ payer: TollPayer, _ said: Said, _ stage: TollStage) async throws {
        while let line = said.next() {
            guard let answer = try await payer.answer(line) else { continue }
            if let reply = try await house.answer(answer, from: stage.machine.address) { said.add(reply) }
        }
    }

    private func meeting(_ stage: TollStage, _ house: TollHouse, _ payer: TollPayer) async throws -> Said {
        let said = Said()
        try await house.publish()
        house.arrive(stage.machine.address) { said.add($0) }
        try await talk(house, payer, said, stage)
        return said
    }

    /// So much passes at both ends, and what it costs is spoken of.
    private func pass(_ count: Int, _ stage: TollStage, _ house: TollHouse, _ payer: TollPayer, _ said: Said)
        async throws
    {
        house.passed(stage.machine.address, count)
        payer.count(count)
        await house.look()
        try await talk(house, payer, said, stage)
    }

    @Test("a machine leases a place, pays what passes and no more, and gets the rest back")
    func settle() async throws {
        let stage = try await TollStage()
        let (house, payer) = (stage.house(), stage.payer())
        let said = try await meeting(stage, house, payer)
        #expect(house.isOpen(stage.machine.address))
        for _ in 0..<20 { try await pass(1 << 19, stage, house, payer, said) }
        try await house.close(stage.machine.address)
        let lease = try #require(try await stage.leases().first)
        #expect(lease.escrow.isClosed && lease.settled == Amount(10 << 20))
        #expect(try await stage.balance(of: stage.world.owner.address) == Amount(10 << 20))
        #expect(try await stage.balance(of: stage.machine.address) == Amount(54 << 20))
        #expect(!house.isOpen(stage.machine.address))
        #expect(said.next()?.tariff?.egressGiB == TollStage.price, "and it may lease again")
        stage.world.clock.advance(5)
        #expect(await stage.ledger.offers(liveOnly: true).isEmpty, "nobody is offered a relay as a machine")
    }

    @Test("nothing passes beyond the credit until a voucher comes")
    func paused() async throws {
        let stage = try await TollStage()
        let (house, payer) = (stage.house(), stage.payer())
        let said = try await meeting(stage, house, payer)
        house.passed(stage.machine.address, Int(TollStage.credit))
        #expect(house.isOpen(stage.machine.address))
        house.passed(stage.machine.address, 1)
        #expect(!house.isOpen(stage.machine.address))
        payer.count(Int(TollStage.credit) + 1)
        await house.look()
        #expect(!house.isOpen(stage.machine.address), "a receipt pays nothing")
        try await talk(house, payer, said, stage)
        #expect(house.isOpen(stage.machine.address))
    }

    @Test("a price above the owner's, an empty purse and another ledger are refused before anything is signed")
    func refused() async throws {
        let stage = try await TollStage()
        let (house, cheap) = (stage.house(), stage.payer(most: Amount(TollStage.price.value - 1)))
        await #expect(throws: RelayError.tooDear(price: TollStage.price, most: Amount(TollStage.price.value - 1))) {
            _ = try await meeting(stage, house, cheap)
        }
        let poor = PrivateKey.generate()
        await #expect(throws: RelayError.noMoney(poor.address)) {
            _ = try await meeting(stage, house, stage.payer(key: MemoryCustody(poor)))
        }
        var tariff = try #require(house.state.withLock { $0.tariff })
        tariff.domain = .standalone
        let payer = stage.payer()
        await #expect(throws: RelayError.self) { try await payer.answer(TollLine(tariff: tariff)) }
        // An offer of another key, as of a relay that shows somebody else's.
        let other = TollPayer(
            relay: stage.world.stranger.address, priceMax: TollStage.price, key: MemoryCustody(stage.machine),
            ledger: stage.ledger, folder: stage.folder.path + "/x")
        await #expect(throws: RelayError.self) { _ = try await meeting(stage, house, other) }
        #expect(try await stage.leases().isEmpty)
    }

    @Test("a machine vouches for no more than passed at its own end, and a credit")
    func overbilled() async throws {
        let stage = try await TollStage()
        let (house, payer) = (stage.house(), stage.payer())
        let said = try await meeting(stage, house, payer)
        try await pass(1 << 20, stage, house, payer, said)
        house.passed(stage.machine.address, 1 << 20)
        await house.look()
        try await talk(house, payer, said, stage)
        house.passed(stage.machine.address, 1 << 19)
        await house.look()
        await #expect(throws: RelayError.self) { try await talk(house, payer, said, stage) }
        try await house.close(stage.machine.address)
        #expect(try await stage.balance(of: stage.world.owner.address) == Amount(2 << 20))
    }

    @Test("what a relay forgets in a crash is its own loss, and both sides go on from the last receipt")
    func crash() async throws {
        let stage = try await TollStage()
        let (first, payer) = (stage.house(), stage.payer())
        let said = try await meeting(stage, first, payer)
        try await pass(1 << 20, stage, first, payer, said)
        // No receipt has this when the relay dies.
        first.passed(stage.machine.address, 4_096)
        payer.count(4_096)
        let (second, restarted) = (stage.house(), stage.payer())
        let again = try await meeting(stage, second, restarted)
        #expect(try await stage.leases().count == 1, "no second lease")
        try await pass(1 << 20, stage, second, restarted, again)
        try await second.close(stage.machine.address)
        #expect(try await stage.balance(of: stage.world.owner.address) == Amount(2 << 20))
    }

    /// Runs a relay that is told to stop at once.
    private func stop(_ house: TollHouse) async throws {
        let keeping = Task { try await house.run() }
        keeping.cancel()
        try await keeping.value
    }

    @Test("a relay that stops is paid for what passed since the last receipt, however little")
    func stops() async throws {
        let stage = try await TollStage()
        let (house, payer) = (stage.house { $0.lastWait = .seconds(30) }, stage.payer())
        _ = try await meeting(stage, house, payer)
        let machine = stage.machine.address
        house.arrive(machine) { line in
            Task {
                guard let answer = try await payer.answer(line) else { return }
                _ = try await house.answer(answer, from: machine)
            }
        }
        house.passed(machine, 5_000)
        payer.count(5_000)
        try await stop(house)
        #expect(try await stage.leases().map(\.settled) == [Amount(5_000)])
        #expect(try await stage.balance(of: stage.world.owner.address) == Amount(5_000))
        #expect(!house.isOpen(machine), "nothing passes after the last receipt")
        #expect(stage.faults.isEmpty)
    }

    @Test("what a machine does not vouch for while a relay stops is said, and asked for by the next start")
    func silence() async throws {
        let stage = try await TollStage()
        let (house, payer) = (stage.house { $0.lastWait = .milliseconds(50) }, stage.payer())
        _ = try await meeting(stage, house, payer)
        house.passed(stage.machine.address, 5_000)
        payer.count(5_000)
        try await stop(house)
        #expect(stage.faults.contains { $0.hasPrefix("1 machine did not vouch for 5,000 base units") })
        let next = stage.house()
        _ = try await meeting(stage, next, payer)
        #expect(next.state.withLock { $0.accounts[stage.machine.address]?.unvouched } == Amount(5_000))
    }

    @Test("a claim that fails is said at the end, and so is one that comes too late")
    func late() async throws {
        let stage = try await TollStage()
        let (house, payer) = (stage.house { $0.lastWait = .zero }, stage.payer())
        let said = try await meeting(stage, house, payer)
        try await pass(1 << 20, stage, house, payer, said)
        let lease = try #require(try await stage.leases().first)
        try await stage.ledger.post(.closeRequest(stage.world.closeRequest(lease.id, by: stage.machine)))
        stage.world.clock.advance(2 * TollLimits.closeWindowSeconds)
        await house.finish()
        await house.look()
        let faults = stage.faults
        let address = stage.machine.address.checksummed
        #expect(faults.contains { $0.hasPrefix("what \(address) vouched for is not claimed: ") }, "\(faults)")
        #expect(house.state.withLock { $0.accounts.isEmpty }, "it is done with the lease")
        #expect(
            faults.contains { $0.hasSuffix("can be claimed no more, and 1,048,576 base units vouched for is lost") },
            "\(faults)")
    }

    @Test("a machine that closes its lease behind the relay's back has paid what it vouched for")
    func closing() async throws {
        let stage = try await TollStage()
        let (house, payer) = (stage.house(), stage.payer())
        let said = try await meeting(stage, house, payer)
        try await pass(1 << 20, stage, house, payer, said)
        let lease = try #require(try await stage.leases().first)
        try await stage.ledger.post(.closeRequest(stage.world.closeRequest(lease.id, by: stage.machine)))
        #expect(lease.settled == .zero && house.isOpen(stage.machine.address))
        stage.world.clock.advance(2 * 3_600)
        await house.look()
        #expect(try await stage.balance(of: stage.world.owner.address) == Amount(1 << 20))
        #expect(!house.isOpen(stage.machine.address))
    }

    @Test("a machine that leases at a lower price has paid what it vouched for at the higher one")
    func cheaper() async throws {
        let stage = try await TollStage()
        let (dear, payer) = (stage.house(), stage.payer())
        let said = try await meeting(stage, dear, payer)
        try await pass(1 << 19, stage, dear, payer, said)
        let half = Amount(TollStage.price.value / 2)
        let cheap = stage.house { $0.price = half }
        cheap.restore()
        try await stage.ledger.post(.faucet(stage.world.faucet(stage.machine.address, TollStage.purse)))
        _ = try await meeting(stage, cheap, stage.payer(most: half))
        let leases = try await stage.leases()
        #expect(leases.map(\.escrow.isClosed) == [true, false] && leases.map(\.settled) == [Amount(1 << 19), .zero])
        #expect(cheap.isOpen(stage.machine.address))
    }

    @Test("a deposit is raised before it is spent")
    func topUp() async throws {
        let stage = try await TollStage()
        let (house, payer) = (stage.house(), stage.payer())
        let said = try await meeting(stage, house, payer)
        try await stage.ledger.post(.faucet(stage.world.faucet(stage.machine.address, TollStage.purse)))
        for _ in 0..<70 { try await pass(1 << 20, stage, house, payer, said) }
        let lease = try #require(try await stage.leases().first)
        #expect(lease.deposit == Amount(128 << 20))
        await house.look()
        #expect(house.isOpen(stage.machine.address))
    }
}

@Suite struct TollAccountTests {
    private func account() async throws -> (TollStage, TollAccount, Signed<Receipt>) {
        let stage = try await TollStage()
        let house = stage.house()
        try await house.publish()
        let state = house.state.withLock { ($0.offer, $0.tariff) }
        let (offer, tariff) = (try #require(state.0), try #require(state.1))
        let now = stage.world.clock.now
        let demand = TollOffer.demand(of: stage.machine.address, deposit: TollStage.purse, at: now)
        let terms = TollOffer.terms(offer, tariff.offer, demand, .random(), at: now)
        var account = TollAccount(lease: .random(), terms: terms, openedAt: now, deposit: TollStage.purse)
        account.pass(1_000)
        let receipt = Signed(
            try #require(account.nextReceipt(at: now, in: stage.world.domain)), by: stage.world.machine,
            in: stage.world.domain)
        account.keep(receipt)
        return (stage, account, receipt)
    }

    @Test("a voucher that is forged, of another lease, of another receipt or of another sum counts for nothing")
    func vouchers() async throws {
        var (stage, account, receipt) = try await account()
        let domain = stage.world.domain
        let good = Voucher(
            channel: account.lease, cumulative: receipt.document.amount, receipt: receipt.digest(in: domain))
        func change(_ edit: (inout Voucher) -> Void) -> Voucher {
            var voucher = good
            edit(&voucher)
            return voucher
        }
        let bad = [
            Signed(good, by: stage.world.stranger, in: domain),
            Signed(change { $0.channel = .random() }, by: stage.machine, in: domain),
            Signed(change { $0.receipt = .random() }, by: stage.machine, in: domain),
            Signed(change { $0.cumulative = Amount(1_001) }, by: stage.machine, in: domain),
            Signed(good, by: stage.machine, in: .standalone),
        ]
        for voucher in bad { #expect(throws: RelayError.self) { _ = try account.take(voucher, in: domain) } }
        #expect(account.vouched == .zero && account.awaitsVoucher)
        #expect(account.nextReceipt(at: stage.world.clock.now, in: domain) == nil, "one receipt waits at a time")
        let isNew = try account.take(Signed(good, by: stage.machine, in: domain), in: domain)
        #expect(isNew && account.vouched == Amount(1_000) && !account.awaitsVoucher)
        let stale = try account.take(Signed(good, by: stage.machine, in: domain), in: domain)
        #expect(!stale)
        #expect(account.claimable(force: true) != nil && account.claimable(force: false) == nil)
    }

    @Test("what passed is open to the credit, what is vouched for to the deposit")
    func standing() async throws {
        var (stage, account, receipt) = try await account()
        let domain = stage.world.domain
        account.pass(Int(TollStage.credit) - 1_000)
        #expect(account.isOpen)
        account.pass(1)
        #expect(!account.isOpen)
        let voucher = Voucher(
            channel: account.lease, cumulative: receipt.document.amount, receipt: receipt.digest(in: domain))
        _ = try account.take(Signed(voucher, by: stage.machine, in: domain), in: domain)
        #expect(account.isOpen)
        account.deposit = Amount(UInt128(TollStage.credit))
        #expect(!account.isOpen, "no voucher is worth more than the deposit")
    }
}
