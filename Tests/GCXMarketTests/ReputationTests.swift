import GCXModel
import Testing

@testable import GCXMarket

/// A market of keys that trade, whose reputation is asked for.
struct Bazaar {
    static let now: UInt64 = 1_800_000_000
    static let word = UInt64(MarketLimits.wordBaseUnits.value)
    static let day = MarketLimits.wordSeconds

    static func key(_ number: Int) -> Address {
        let bytes = withUnsafeBytes(of: UInt64(number).bigEndian) { [UInt8]($0) }
        return Address(checkedBytes: [UInt8](repeating: 0xA0, count: 12) + bytes)
    }

    /// Whose reputation it is.
    static let provider = key(1)
    static let machine = kin(of: provider, 0xC0)

    /// A key of somebody's own: 0xB0 signs payments, 0xC0 is a machine.
    static func kin(of owner: Address, _ kind: UInt8) -> Address {
        Address(checkedBytes: [kind] + owner.bytes.dropFirst())
    }

    var trades: [Trade] = []

    /// `payer` pays `payee`, uses what it paid for, and may say something about it.
    mutating func pay(
        _ payer: Address, _ payee: Address, _ amount: UInt64, seconds: UInt64 = day, at from: UInt64? = nil,
        stars: UInt8? = nil, back: UInt8? = nil, session: Address? = nil
    ) {
        let from = from ?? Self.now - seconds
        trades.append(
            Trade(
                payer: payer, payee: payee, machine: Self.kin(of: payee, 0xC0),
                session: session ?? Self.kin(of: payer, 0xB0), settled: Amount(UInt128(amount)),
                index: UInt64(trades.count) + 100, from: from, until: from + seconds, starsByPayer: stars,
                starsByPayee: back))
    }

    func facts(
        of account: Address = provider, machines: [Address: UInt64] = [:], unread: Set<Address> = [],
        at time: UInt64 = now
    ) -> StandingFacts {
        StandingFacts(
            account: account, time: time,
            trades: trades.filter { [$0.payer, $0.payee, $0.machine].contains(account) }, machines: machines,
            beyond: trades.filter { $0.payer != account && $0.payee != account }, unread: unread)
    }

    func score(of account: Address = provider, at time: UInt64 = now) -> ReputationScore {
        Reputation.score(facts(of: account, at: time))
    }
}

@Suite("Reputation costs")
struct ReputationTests {
    private let provider = Bazaar.provider
    private let word = Bazaar.word

    @Test("a newcomer has three stars, and one friend with a thousand leases counts as one word")
    func newcomer() {
        #expect(Bazaar().score().milliStars == 3_000)
        #expect(Bazaar().score().brief == "3.0 of 5, unrated")
        var bazaar = Bazaar()
        for _ in 0..<1_000 { bazaar.pay(Bazaar.key(10), provider, word, stars: 5) }
        #expect(bazaar.score().milliStars == (15_000 + 5_000) / 6)
        #expect(bazaar.score().raters == 1)
        #expect(bazaar.score().ratings == 1_000)
    }

    @Test("a hundred fresh keys that pay one unit each to themselves are worth nothing")
    func freshKeys() {
        var bazaar = Bazaar()
        for number in 0..<100 { bazaar.pay(Bazaar.key(100 + number), provider, 1, seconds: 1, stars: 5) }
        let score = bazaar.score()
        #expect(score.milliStars == 3_000)
        #expect(score.raters == 0)
        #expect(score.weightless == 100)
        #expect(score.settledLeases == 100)
        #expect(score.lines.contains { $0.hasPrefix("left out: 100 ratings") })
    }

    @Test("much money in no time, and much time for no money, are worth nothing")
    func bothAreNeeded() {
        var (rich, patient) = (Bazaar(), Bazaar())
        for number in 0..<100 {
            rich.pay(Bazaar.key(100 + number), provider, 1_000 * word, seconds: 1, stars: 5)
            patient.pay(Bazaar.key(100 + number), provider, 1, seconds: 100 * Bazaar.day, stars: 5)
        }
        #expect(rich.score().milliStars == 3_000 && rich.score().weightless == 100)
        #expect(patient.score().milliStars == 3_000 && patient.score().weightless == 100)
    }

    @Test("honest traffic has its stars, and what twenty customers of a day say is seen")
    func honest() {
        var bazaar = Bazaar()
        for number in 0..<95 { bazaar.pay(Bazaar.key(100 + number), provider, word, stars: 5) }
        #expect(bazaar.score().milliStars == 4_900)
        #expect(bazaar.score().marks.isEmpty)
        #expect(bazaar.score().brief == "4.9 of 5 by 95")
        var poor = Bazaar()
        for number in 0..<20 { poor.pay(Bazaar.key(100 + number), provider, word, stars: 1) }
        #expect(poor.score().milliStars == (15_000 + 20_000) / 25)
    }

    @Test("a machine that buys from its owner, or an owner's other key, counts nothing and is marked")
    func ownKeys() {
        var bazaar = Bazaar()
        bazaar.pay(Bazaar.machine, provider, word, stars: 5)
        bazaar.pay(Bazaar.key(50), provider, word, stars: 5, session: provider)
        bazaar.pay(Bazaar.key(51), provider, word, stars: 5, session: Bazaar.machine)
        bazaar.pay(Bazaar.key(52), provider, word, stars: 5)
        let score = Reputation.score(bazaar.facts(machines: [Bazaar.machine: 1, Bazaar.key(52): 2]))
        #expect(score.milliStars == 3_000)
        #expect(score.withItself == 4)
        #expect(score.marks == ["deals with itself: 4 ratings are by its own keys and count nothing"])
    }

    @Test("an owner cannot wipe out a bad word by calling the speaker a machine of its own afterwards")
    func grantedAfterwards() {
        var bazaar = Bazaar()
        bazaar.pay(Bazaar.key(50), provider, word, stars: 1)
        let score = Reputation.score(bazaar.facts(machines: [Bazaar.key(50): 101]))
        #expect(score.withItself == 0)
        #expect(score.milliStars == (15_000 + 1_000) / 6)
    }

    @Test(
        "money that goes round counts once, however long the ring is and however often it turns",
        arguments: [1, 2, 3, 8])
    func rings(between: Int) {
        var bazaar = Bazaar()
        // One word of money enters with the first rater, and comes to each next through `between` more accounts.
        for turn in 0..<30 {
            let rater = Bazaar.key(1_000 + turn)
            bazaar.pay(rater, provider, word, stars: 5)
            var holder = provider
            for step in 1..<between {
                let next = Bazaar.key(10_000 + turn * 100 + step)
                bazaar.pay(holder, next, word)
                holder = next
            }
            bazaar.pay(holder, Bazaar.key(1_001 + turn), word)
        }
        let score = bazaar.score()
        #expect(score.milliWords <= 1_000)
        #expect(score.milliStars <= (15_000 + 5_000) / 6)
        #expect(score.returned == Amount(UInt128(29 * word)))
        #expect(score.marks.contains { $0.hasPrefix("money goes round") })
    }

    @Test("a ring of two keys that pay each other counts nothing")
    func pair() {
        var bazaar = Bazaar()
        for _ in 0..<50 {
            bazaar.pay(Bazaar.key(10), provider, word, stars: 5, back: 5)
            bazaar.pay(provider, Bazaar.key(10), word, stars: 5, back: 5)
        }
        #expect(bazaar.score().milliStars == 3_000)
        #expect(bazaar.score(of: Bazaar.key(10)).milliStars == 3_000)
    }

    @Test("a chain that is too long to be read counts as come back")
    func unread() {
        var bazaar = Bazaar()
        bazaar.pay(Bazaar.key(10), provider, word, stars: 5)
        bazaar.pay(Bazaar.key(11), provider, word, stars: 5)
        bazaar.pay(provider, Bazaar.key(12), word)
        #expect(bazaar.score().milliWords == 2_000)
        let cut = Reputation.score(bazaar.facts(unread: [Bazaar.key(12)]))
        #expect(cut.milliWords == 1_000)
        #expect(cut.returned == Amount(UInt128(word)))
    }

    @Test("a provider that buys from others keeps its stars while that money does not come back")
    func spending() {
        var bazaar = Bazaar()
        for number in 0..<20 { bazaar.pay(Bazaar.key(100 + number), provider, word, stars: 5) }
        for number in 0..<20 { bazaar.pay(provider, Bazaar.key(500 + number), word, back: 4) }
        let score = bazaar.score()
        #expect(score.milliWords == 40_000)
        #expect(score.returned == .zero)
        #expect(score.milliStars == (15_000 + 20 * 5_000 + 20 * 4_000) / 45)
    }

    @Test("a buyer's name costs the same: a seller whom it pays itself says nothing of worth once the money is back")
    func buyers() {
        var bazaar = Bazaar()
        let buyer = Bazaar.key(10)
        bazaar.pay(buyer, provider, word, back: 5)
        #expect(bazaar.score(of: buyer).milliWords == 1_000)
        bazaar.pay(provider, Bazaar.key(11), word)
        bazaar.pay(Bazaar.key(11), buyer, word)
        #expect(bazaar.score(of: buyer).milliWords == 0)
    }

    @Test("leases at the same time are time used once")
    func parallel() {
        var bazaar = Bazaar()
        for _ in 0..<24 { bazaar.pay(Bazaar.key(10), provider, word, seconds: 3_600, stars: 5) }
        #expect(bazaar.score().milliWords == 1_000 / 24)
    }

    @Test("a word halves in half a year, never grows with age, and is gone in the end")
    func decay() {
        var bazaar = Bazaar()
        bazaar.pay(Bazaar.key(10), provider, word, stars: 5)
        let life = MarketLimits.halfLifeSeconds
        #expect(bazaar.score(at: Bazaar.now + life).milliWords == 500)
        #expect(bazaar.score(at: Bazaar.now + 2 * life).milliWords == 250)
        #expect(bazaar.score(at: .max).milliWords == 0)
        var last: UInt64 = 1_000
        for step in 0..<200 {
            let words = bazaar.score(at: Bazaar.now + UInt64(step) * life / 20).milliWords
            #expect(words <= last)
            last = words
        }
    }

    @Test("more money, more time and more stars never make a name worse")
    func monotone() {
        var generator = Seeded(state: 7)
        for _ in 0..<200 {
            var bazaar = Bazaar()
            let others = Int.random(in: 0...12, using: &generator)
            for number in 0..<others {
                bazaar.pay(
                    Bazaar.key(100 + number), provider, .random(in: 0...2 * word, using: &generator),
                    seconds: .random(in: 0...2 * Bazaar.day, using: &generator),
                    stars: .random(in: 1...5, using: &generator))
            }
            let before = bazaar.score()
            bazaar.pay(
                Bazaar.key(9), provider, .random(in: 0...2 * word, using: &generator),
                seconds: .random(in: 0...2 * Bazaar.day, using: &generator), stars: 5)
            let after = bazaar.score()
            #expect(after.milliStars >= before.milliStars)
            #expect(after.milliWords >= before.milliWords)
            #expect((1_000...5_000).contains(after.milliStars))
        }
    }

    @Test(
        "the order in which facts are told changes nothing, and sums at the ends of their types do not end the program")
    func orderAndEnds() {
        var bazaar = Bazaar()
        for number in 0..<10 {
            bazaar.pay(Bazaar.key(100 + number), provider, .max, stars: 5, back: 1)
            bazaar.pay(provider, Bazaar.key(100 + (number + 3) % 10), .max, stars: 5, back: 1)
            bazaar.trades.append(
                Trade(
                    payer: Bazaar.key(100 + number), payee: provider, machine: Bazaar.machine, session: Bazaar.key(3),
                    settled: Amount(.max), index: .max, from: 0, until: .max, starsByPayer: 255, starsByPayee: 0))
        }
        for number in 200..<203 {
            bazaar.trades.append(
                Trade(
                    payer: Bazaar.key(number), payee: provider, machine: Bazaar.machine, session: Bazaar.key(3),
                    settled: Amount(.max), index: .max, from: 0, until: .max, starsByPayer: 5))
        }
        let score = bazaar.score()
        #expect(score.seconds == .max && score.stayed == Amount(.max))
        bazaar.trades.reverse()
        #expect(bazaar.score() == score)
        #expect(bazaar.score(at: 0).milliStars >= 1_000)
    }
}

/// The same numbers in every run.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 33)
    }
}
