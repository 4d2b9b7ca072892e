import GCXModel
import GCXPricing
import Support
import Testing

@testable import GCXMarket

@Suite("What vouchers are worth") struct WorthTests {
    /// A deposit of 1,000, of which 100 may go at once and 3,600 an hour, from second 50 on.
    private func worth(
        _ claims: VoucherWorth.Claims = .open, settled: Amount = .zero, until: UInt64? = nil, inPart: Bool = false
    ) -> VoucherWorth {
        VoucherWorth(
            deposit: 1_000, settled: settled, cap: RateCap(burst: 100, hourly: 3_600, from: 50, until: until),
            claims: claims, paysInPart: inPart)
    }

    private static let moments: [(claims: VoucherWorth.Claims, until: UInt64?, time: UInt64, payable: Amount)] = [
        (.open, nil, 0, 100), (.open, nil, 50, 100), (.open, nil, 51, 101), (.open, nil, 949, 999),
        (.open, nil, 950, 1_000), (.open, nil, 951, 1_000), (.open, nil, .max, 1_000),
        (.before(200), 150, 149, 199), (.before(200), 150, 151, 200), (.before(200), 150, 199, 200),
        (.before(200), 150, 200, 0), (.before(200), 150, .max, 0), (.before(0), nil, 0, 0), (.over, nil, 100, 0),
    ]

    @Test("payable is what the cap has let grow and the deposit covers, while claims are taken")
    func payable() {
        for (claims, until, time, payable) in Self.moments {
            #expect(worth(claims, until: until).payable(at: time) == payable, "\(claims) at \(time)")
        }
    }

    @Test(
        "a claim is paid as a whole or not at all, in part only where the rules say so, and never takes back what was paid",
        arguments: [
            (0, 0, false, 0), (0, 150, false, 150), (0, 151, false, 0), (0, 151, true, 150), (0, .max, true, 150),
            (149, 150, false, 150), (150, 150, false, 150), (150, 151, false, 150), (151, 150, false, 151),
            (151, 152, true, 151), (1_000, 150, true, 1_000),
        ] as [(UInt64, UInt64, Bool, UInt64)])
    func payment(settled: UInt64, asked: UInt64, inPart: Bool, paid: UInt64) {
        let worth = worth(settled: Amount(UInt128(settled)), inPart: inPart)
        #expect(worth.payment(of: Amount(UInt128(asked)), at: 100) == Amount(UInt128(paid)))
    }

    @Test(
        "whatever is claimed and when, no more is paid than the deposit, the cap and the claim",
        arguments: 1...200 as ClosedRange<UInt64>)
    func bounds(seed: UInt64) {
        var random = SeededGenerator(seed)
        func number(_ most: UInt64) -> UInt64 { .random(in: 0...most, using: &random) }
        let cap = RateCap(
            burst: Amount(UInt128(number(1_000))), hourly: Amount(UInt128(number(100_000))), from: number(5_000),
            until: number(2) == 0 ? nil : number(20_000))
        var worth = VoucherWorth(
            deposit: Amount(UInt128(number(50_000))), settled: .zero, cap: cap,
            claims: number(2) == 0 ? .open : .before(number(20_000)), paysInPart: number(1) == 0)
        var time: UInt64 = 0
        for _ in 0..<50 {
            time += number(1_000)
            let asked = Amount(UInt128(number(60_000)))
            let paid = worth.payment(of: asked, at: time)
            let end = min(cap.until ?? time, time)
            let grown = cap.burst.value + (end > cap.from ? cap.hourly.value * UInt128(end - cap.from) / 3_600 : 0)
            #expect(paid >= worth.settled && paid <= max(asked, worth.settled))
            #expect(paid == worth.settled || (paid.value <= grown && paid <= worth.deposit))
            if case .before(let last) = worth.claims, time >= last { #expect(paid == worth.settled) }
            worth.settled = paid
        }
    }

    @Test("an open lease is worth nothing before it was opened, however early it was to start")
    func opening() {
        let terms = ContractTests.terms()
        let worth = VoucherWorth(open: terms, openedAt: 2_000, deposit: Amount(.max))
        #expect(worth.payable(at: 1_500) == terms.burst && worth.payable(at: 2_000) == terms.burst)
        #expect(worth.payable(at: 2_001).value == terms.burst.value + terms.hourlyCap.value / 3_600)
        let early = VoucherWorth(open: terms, openedAt: 1, deposit: Amount(.max))
        #expect(early.payable(at: 1_000) == terms.burst, "time counts from the start of the lease")
    }

    private static let requests: [(requester: Address, time: UInt64, step: CloseStep?)] = [
        (ContractTests.payer, 10, CloseStep.window(closesAt: 70)),
        (ContractTests.payer, .max, .window(closesAt: .max)),
        (ContractTests.payee, 10, .atOnce), (ContractTests.machine, 10, .atOnce), (ContractTests.session, 10, nil),
        (.zero, 10, nil),
    ]

    @Test("only the parties end a lease: the paid side at once, the payer after the window, whose end never overflows")
    func close() {
        let terms = ContractTests.terms {
            ($0.payer, $0.payee) = (ContractTests.payer, ContractTests.payee)
            ($0.machine, $0.session) = (ContractTests.machine, ContractTests.session)
        }
        for (requester, time, step) in Self.requests {
            #expect(terms.close(askedBy: requester, at: time) == step, "\(requester) at \(time)")
        }
    }
}

@Suite("Parts of a whole") struct ResourcePartTests {
    @Test(
        "what is leased together never exceeds the whole, and what is left is exactly the rest",
        arguments: 1...200 as ClosedRange<UInt64>)
    func parts(seed: UInt64) {
        var random = SeededGenerator(seed)
        func make(_ cores: UInt32, _ bytes: UInt64, _ gpus: UInt32) -> Resources {
            Resources(
                cores: .random(in: 0...cores, using: &random), memoryBytes: .random(in: 0...bytes, using: &random),
                storageBytes: .random(in: 0...bytes, using: &random), gpus: .random(in: 0...gpus, using: &random))
        }
        let whole = make(16, 1 << 40, 4)
        var held: [Resources] = []
        for _ in 0..<30 {
            let part = make(6, 1 << 38, 2)
            let free = whole.less(held)
            let fits =
                part.cores <= free.cores && part.memoryBytes <= free.memoryBytes
                && part.storageBytes <= free.storageBytes && part.gpus <= free.gpus
            #expect(part.shortages(in: free).isEmpty == fits)
            if fits { held.append(part) }
            for kind in ResourcePart.allCases {
                let sum = held.map(kind.amount).reduce(0, +)
                #expect(
                    sum <= kind.amount(of: whole) && kind.amount(of: whole.less(held)) == kind.amount(of: whole) - sum)
            }
        }
    }

    static let most = Resources(cores: .max, memoryBytes: .max, storageBytes: .max, gpus: .max)
    static let none = Resources(cores: 0, memoryBytes: 0, storageBytes: 0, gpus: 0)

    @Test(
        "of what others hold more than once over, nothing is left, and nothing traps",
        arguments: [
            (most, [most], none), (most, [most, most], none), (none, [most], none), (most, [], most), (none, [], none),
            (most, [none, none], most),
        ])
    func extremes(whole: Resources, held: [Resources], left: Resources) { #expect(whole.less(held) == left) }

    @Test("each part that is short is told by its name, with what is wanted and what there is")
    func shortages() {
        let wanted = Resources(cores: 2, memoryBytes: 5, storageBytes: 7, gpus: 9)
        let free = Resources(cores: 1, memoryBytes: 5, storageBytes: 6, gpus: 0)
        #expect(
            wanted.shortages(in: free) == [
                Shortage(part: .cores, wanted: 2, free: 1), Shortage(part: .storage, wanted: 7, free: 6),
                Shortage(part: .gpus, wanted: 9, free: 0),
            ])
        #expect(free.shortages(in: wanted).isEmpty && Self.none.shortages(in: Self.none).isEmpty)
    }
}

@Suite("Money that came back") struct MoneyBackTests {
    private static func key(_ number: Int) -> Address { Bazaar.key(number) }

    /// Payments among seven keys, the first of which is looked at; the last may be one that nobody read.
    private func facts(_ seed: UInt64) -> StandingFacts {
        var random = SeededGenerator(seed)
        var bazaar = Bazaar()
        for _ in 0..<Int.random(in: 3...14, using: &random) {
            let (payer, payee) = (Int.random(in: 1...7, using: &random), Int.random(in: 1...7, using: &random))
            bazaar.pay(Self.key(payer), Self.key(payee), .random(in: 0...9, using: &random))
        }
        return bazaar.facts(
            of: Self.key(1), unread: Int.random(in: 0..<4, using: &random) == 0 ? [Self.key(7)] : [])
    }

    /// The narrowest cut between the account and its payers, by trying every cut: what the largest flow has to be.
    private func narrowestCut(_ facts: StandingFacts) -> UInt128 {
        let all = facts.trades + facts.beyond
        var narrowest = UInt128.max
        // Bit 8 stands for all that was not read.
        for cut in stride(from: 1, to: 1 << 8, by: 2) {
            func inside(_ place: Int) -> Bool { cut >> place & 1 == 1 }
            func inside(_ address: Address) -> Bool { (1...7).contains { Self.key($0) == address && inside($0 - 1) } }
            let payers = Set(
                all.filter { $0.payee == facts.account && $0.payer != facts.account && $0.settled > .zero }.map(\.payer)
            )
            let isBroken =
                facts.unread.contains { inside($0) && !inside(7) }
                || (inside(7) && payers.contains { !inside($0) })
            guard !isBroken else { continue }
            var width: UInt128 = 0
            for trade in all where trade.payer != trade.payee {
                let leaves = inside(trade.payer) && !inside(trade.payee) && trade.payee != facts.account
                let comesHome = trade.payee == facts.account && inside(trade.payer)
                if leaves || comesHome { width += trade.settled.value }
            }
            narrowest = min(narrowest, width)
        }
        return narrowest
    }

    @Test(
        "as much came back as the narrowest place on its way lets through, to each at most what it paid",
        arguments: 1...300 as ClosedRange<UInt64>)
    func flow(seed: UInt64) {
        let facts = facts(seed)
        let returned = MoneyBack(facts).returned
        #expect(returned.values.map(\.value).reduce(0, +) == narrowestCut(facts))
        for (payer, amount) in returned {
            let paid = facts.trades.filter { $0.payer == payer && $0.payee == facts.account }.map(\.settled.value)
            #expect(amount.value <= paid.reduce(0, +))
        }
    }

    @Test("the seeds reach rings: some money comes back, and some does not")
    func reach() {
        let sums = (1...300).map { seed -> (back: UInt128, paid: UInt128) in
            let facts = facts(UInt64(seed))
            let paid = facts.trades.filter { $0.payee == facts.account && $0.payer != facts.account }.map(
                \.settled.value)
            return (narrowestCut(facts), paid.reduce(0, +))
        }
        #expect(sums.contains { $0.back > 0 && $0.back < $0.paid } && sums.count { $0.back > 0 } > 30)
    }
}
