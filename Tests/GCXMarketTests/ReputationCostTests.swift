import GCXModel
import Testing

@testable import GCXMarket

/// The table of GCXMarket.docc/Reputation-and-its-cost.md: to reach x costs y.
@Suite("What a forged name costs")
struct ReputationCostTests {
    /// Stars in thousandths, and the full words that it takes.
    static let table: [(milliStars: UInt64, words: Int)] = [
        (3_333, 1), (4_000, 5), (4_500, 15), (4_800, 45), (4_900, 95),
    ]

    private static func forged(_ keys: Int, paying amount: UInt64, seconds: UInt64) -> ReputationScore {
        var bazaar = Bazaar()
        for number in 0..<keys {
            bazaar.pay(Bazaar.key(100 + number), Bazaar.provider, amount, seconds: seconds, stars: 5)
        }
        return bazaar.score()
    }

    @Test("x stars take that many full words, and one less is not enough", arguments: table)
    func cost(milliStars: UInt64, words: Int) {
        #expect(Self.forged(words, paying: Bazaar.word, seconds: Bazaar.day).milliStars >= milliStars)
        #expect(Self.forged(words - 1, paying: Bazaar.word, seconds: Bazaar.day).milliStars < milliStars)
    }

    @Test("the same money in more keys, the same time in more leases, and more of one without the other buy no more")
    func splitting() {
        for words in [1, 5, 15] {
            let whole = Self.forged(words, paying: Bazaar.word, seconds: Bazaar.day)
            for parts in [2, 10, 100] {
                let (money, time) = (Bazaar.word / UInt64(parts), Bazaar.day / UInt64(parts))
                #expect(Self.forged(words * parts, paying: money, seconds: time).milliStars <= whole.milliStars)
                #expect(Self.forged(words * parts, paying: money, seconds: Bazaar.day).milliStars <= whole.milliStars)
                #expect(Self.forged(words * parts, paying: Bazaar.word, seconds: time).milliStars <= whole.milliStars)
            }
            #expect(
                Self.forged(words, paying: 100 * Bazaar.word, seconds: 100 * Bazaar.day).milliStars <= whole.milliStars)
        }
    }

    @Test("whatever a forger's keys do with one another, the words weigh no more than the money that was brought in")
    func random() {
        for seed in 1...60 {
            var generator = Seeded(state: UInt64(seed))
            var bazaar = Bazaar()
            let keys = (0..<8).map { $0 == 0 ? Bazaar.provider : Bazaar.key(100 + $0) }
            // What each holds of the money that came in, one word to each key but the rated one.
            var purse = keys.map { $0 == Bazaar.provider ? 0 : Bazaar.word }
            for _ in 0..<60 {
                let from = Int.random(in: 0..<keys.count, using: &generator)
                let to = (from + Int.random(in: 1..<keys.count, using: &generator)) % keys.count
                let amount = UInt64.random(in: 0...purse[from], using: &generator)
                guard amount > 0 else { continue }
                purse[from] -= amount
                purse[to] += amount
                bazaar.pay(keys[from], keys[to], amount, stars: 5, back: nil)
            }
            let score = bazaar.score()
            #expect(score.stayed.value <= UInt128(7 * Bazaar.word), "seed \(seed)")
            #expect(score.milliWords <= 7_000, "seed \(seed)")
        }
    }
}
