import GCXModel
import GCXSigning
import Support
import Testing

@testable import GCXLedger

@Suite("money at the ends of its 128 bits")
struct MoneyBoundsTests {
    private static let most = Amount(.max)

    @Test("all the money there can be is made once, and not one unit more")
    func faucet() throws {
        var book = StateBook(try TestWorld())
        let world = book.world
        try book.post(.faucet(world.faucet(world.buyer.address, Amount(.max - 1))))
        try book.post(.faucet(world.faucet(world.owner.address, 1)))
        try book.post(.faucet(world.faucet(world.owner.address, 0)))
        for account in [world.buyer, world.owner, world.stranger] {
            #expect(book.refusal(of: .faucet(world.faucet(account.address, 1))) == .amountOverflow(.faucet))
        }
        #expect(book.state.conservation().made == Self.most && book.state.conservation().isKept)
    }

    @Test("a lease of all the money there can be opens, pays, grows and closes to the last unit")
    func wholeSupply() throws {
        var book = StateBook(try TestWorld())
        let world = book.world
        let market = try book.openMarket(money: Self.most, demand: { $0.budget = Self.most })
        let id = try book.openLease(market) {
            ($0.deposit, $0.hourlyCap, $0.burst) = (Amount(.max - 1), Self.most, Self.most)
        }
        #expect(book.state.account(world.buyer.address).balance == 1)
        #expect(book.state.account(world.buyer.address).escrowed == Amount(.max - 1))
        try book.post(.topUp(world.topUp(id, to: Self.most)))
        #expect(
            book.refusal(of: .topUp(world.topUp(id, to: Self.most)))
                == .keyReused(Entry.topUp(world.topUp(id, to: Self.most)).key(in: world.domain)))
        try book.post(.claim(world.voucher(id, Amount(.max - 1))))
        #expect(book.state.conservation().isKept && book.state.conservation().inEscrow == 1)
        try book.post(.closeRequest(world.closeRequest(id, by: world.owner)))
        #expect(
            try book.state.lease(id).escrow
                == .closed(settled: Amount(.max - 1), refunded: 1, closedAt: world.clock.now))
        #expect(
            book.state.account(world.buyer.address) == Account(address: world.buyer.address, balance: 1, escrowed: 0))
        #expect(book.state.account(world.owner.address).balance == Amount(.max - 1))
        #expect(book.state.conservation().isKept)
    }

    @Test(
        "a top-up takes the difference, if the account has it",
        arguments: [
            (Amount(10_000), nil, .staleTopUp(.zero, deposit: 10_000, offered: 10_000)),
            (0, nil, .staleTopUp(.zero, deposit: 10_000, offered: 0)),
            (10_001, 39_999, nil), (50_000, 0, nil), (50_001, 40_001, nil), (Amount(.max), Amount(.max - 10_000), nil),
        ] as [(Amount, Amount?, LedgerError?)])
    func topUps(_ total: Amount, _ difference: Amount?, _ stale: LedgerError?) throws {
        var book = StateBook(try TestWorld())
        let world = book.world
        let market = try book.openMarket()
        let id = try book.openLease(market)
        let error = book.refusal(of: .topUp(world.topUp(id, to: total)))
        if case .staleTopUp(_, let deposit, let offered) = stale {
            #expect(error == .staleTopUp(id, deposit: deposit, offered: offered))
        } else if total <= 50_000 {
            try book.post(.topUp(world.topUp(id, to: total)))
            #expect(book.state.account(world.buyer.address).balance == difference)
            #expect(try book.state.lease(id).escrow == .open(deposit: total, settled: 0))
        } else {
            #expect(error == .insufficientFunds(world.buyer.address, holds: 40_000, needs: difference ?? 0))
        }
        #expect(book.state.conservation().isKept)
    }

    @Test("an escrow's numbers at each stage, also those that a lying ledger elsewhere writes")
    func escrow() {
        let rows: [(Escrow, deposit: Amount, settled: Amount, held: Amount, isClosed: Bool)] = [
            (.open(deposit: 0, settled: 0), 0, 0, 0, false), (.open(deposit: 10, settled: 0), 10, 0, 10, false),
            (.open(deposit: 10, settled: 10), 10, 10, 0, false), (.open(deposit: 10, settled: 11), 10, 11, 0, false),
            (.open(deposit: Amount(.max), settled: 1), Amount(.max), 1, Amount(.max - 1), false),
            (.closing(deposit: 10, settled: 4, requestedAt: 1, closesAt: 2), 10, 4, 6, false),
            (.closing(deposit: 4, settled: 10, requestedAt: 1, closesAt: 2), 4, 10, 0, false),
            (.closed(settled: 4, refunded: 6, closedAt: 1), 10, 4, 0, true),
            (.closed(settled: Amount(.max), refunded: 0, closedAt: 1), Amount(.max), Amount(.max), 0, true),
            (.closed(settled: Amount(.max), refunded: 1, closedAt: 1), Amount(.max), Amount(.max), 0, true),
        ]
        for (escrow, deposit, settled, held, isClosed) in rows {
            #expect(escrow.deposit == deposit, "\(escrow)")
            #expect(escrow.settled == settled, "\(escrow)")
            #expect(escrow.held == held, "\(escrow)")
            #expect(escrow.isClosed == isClosed, "\(escrow)")
        }
    }

    @Test("money is kept when what is in accounts and escrows is what was made, to the unit and without a wrap")
    func conservation() {
        func kept(_ minted: Amount, _ issued: Amount, _ redeemed: Amount, _ accounts: Amount, _ escrow: Amount) -> Bool
        {
            Conservation(
                minted: minted, credit: Credit(issued: issued, redeemed: redeemed), inAccounts: accounts,
                inEscrow: escrow
            ).isKept
        }
        let rows: [(Bool, Amount, Amount, Amount, Amount, Amount)] = [
            (true, 0, 0, 0, 0, 0), (true, 10, 0, 0, 4, 6), (false, 10, 0, 0, 4, 5), (false, 10, 0, 0, 4, 7),
            (true, 0, 10, 3, 7, 0), (false, 0, 10, 3, 10, 0), (true, 0, 5, 5, 0, 0), (false, 0, 5, 6, 0, 0),
            (true, Amount(.max), 0, 0, Amount(.max), 0), (false, Amount(.max), 1, 0, Amount(.max), 1),
            (false, 0, 0, 0, Amount(.max), 1),
        ]
        for (expected, minted, issued, redeemed, accounts, escrow) in rows {
            #expect(kept(minted, issued, redeemed, accounts, escrow) == expected, "\(minted) \(issued) \(accounts)")
        }
        #expect(Credit(issued: 7, redeemed: 3).outstanding == 4)
        #expect(Credit(issued: 3, redeemed: 7).outstanding == 0)
    }

    @Test("credit: what was redeemed is not there to be issued again, and its totals never wrap")
    func credit() throws {
        var book = StateBook(try TestWorld(isTestNetwork: false))
        let (world, buyer) = (book.world, book.world.buyer.address)
        func redeem(_ amount: Amount) -> Entry { .creditRedeemed(world.creditRedemption(amount)) }
        #expect(book.refusal(of: redeem(1)) == .insufficientFunds(buyer, holds: 0, needs: 1))
        try book.post(.creditIssued(world.creditIssue(buyer, Self.most)))
        try book.post(redeem(Amount(.max - 1)))
        #expect(book.refusal(of: redeem(2)) == .insufficientFunds(buyer, holds: 1, needs: 2))
        #expect(book.refusal(of: .creditIssued(world.creditIssue(buyer, 1))) == .amountOverflow(.creditIssued))
        try book.post(redeem(1))
        #expect(
            book.state.credit == Credit(issued: Self.most, redeemed: Self.most) && book.state.credit.outstanding == 0)
        #expect(book.state.conservation().isKept && book.state.account(buyer).balance == 0)
        #expect(book.refusal(of: .faucet(world.faucet(buyer, 1))) == .notTestNetwork)
    }

    @Test(
        "an older ledger knows no credit, on a test network or not",
        arguments: [LedgerCharter.Format.withoutCharter, .ofOperator])
    func oldCredit(_ format: LedgerCharter.Format) throws {
        let book = StateBook(try TestWorld(isTestNetwork: false, format: format))
        let (issue, redemption) = (book.world.creditIssue(.zero, 1), book.world.creditRedemption(1))
        let needed = LedgerCharter.Format.ofLedger.rawValue
        #expect(
            book.refusal(of: .creditIssued(issue))
                == .formatTooOld(.creditIssued, format: format.rawValue, needed: needed))
        #expect(
            book.refusal(of: .creditRedeemed(redemption))
                == .formatTooOld(.creditRedeemed, format: format.rawValue, needed: needed))
    }

    /// Many leases, in memory, of amounts from one unit to nearly all there is.
    @Test("no order of steps makes or loses a unit, however large the amounts", arguments: PropertyTests.seeds)
    func random(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        var book = StateBook(try TestWorld())
        let world = book.world
        let market = try book.openMarket(
            money: Self.most,
            offer: { $0.capacity = Resources(cores: .max, memoryBytes: .max, storageBytes: .max, gpus: 0) })
        func amount() -> Amount {
            Amount(UInt128.random(in: 0 ... .max, using: &generator) >> UInt128.random(in: 0...120, using: &generator))
        }
        var (ids, taken) = ([LeaseID](), 0)
        for step in 0..<150 {
            let id = ids.randomElement(using: &generator) ?? .zero
            let key = [world.buyer, world.owner, world.machine].randomElement(using: &generator) ?? world.buyer
            var entry: Entry
            switch Int.random(in: 0...9, using: &generator) {
            case 0...2:
                let demand = world.demand { $0.budget = Self.most }
                try book.post(.demand(demand))
                entry = .leaseOpened(
                    world.countersign(
                        world.terms(offer: market.offer, demand: demand.digest(in: world.domain)) {
                            ($0.deposit, $0.burst, $0.hourlyCap) = (amount(), Self.most, Self.most)
                        }))
            case 3...5: entry = .claim(world.voucher(id, amount()))
            case 6: entry = .topUp(world.topUp(id, to: amount()))
            case 7: entry = .closeRequest(world.closeRequest(id, by: key))
            case 8: entry = .finalize(id)
            default: entry = .faucet(world.faucet(key.address, amount()))
            }
            world.clock.advance(.random(in: 0...6, using: &generator))
            let isTaken = (try? book.post(entry)) != nil
            if isTaken, case .leaseOpened = entry { ids.append(entry.digest(in: world.domain)) }
            taken += isTaken ? 1 : 0
            let money = book.state.conservation()
            #expect(money.isKept && money.made == Self.most, "seed \(seed), step \(step): \(money)")
        }
        #expect(taken > 20, "seed \(seed): \(taken) were taken")
    }
}
