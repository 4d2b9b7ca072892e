package import GCXModel
import GCXPricing

// dictionaries: trades, returnedToPayers, returnedToAccount

/// What the ledger says about an account, computed by anybody alike.
package struct ReputationScore: Codable, Equatable, Sendable {
    /// Thousandths of a star, 1000 to 5000.
    package var milliStars: UInt64
    /// Ratings that carry weight.
    package var ratings: UInt64
    /// Different accounts whose word carries weight.
    package var raters: UInt64
    /// What their words weigh together, thousandths of a full word.
    package var milliWords: UInt64
    /// The money behind those words that never came back, base units, after decay.
    package var stayed: Amount
    /// The time behind them, seconds, after decay; what one counterpart used at once counts once.
    package var seconds: UInt64
    /// Leases that ended settled.
    package var settledLeases: UInt64
    /// Ratings between keys that are visibly one's own: they count nothing.
    package var withItself: UInt64
    /// Money that went from the other side to this account, or from it to the other, and came back, base units.
    package var returned: Amount
    /// Ratings left out because too little money stayed or too little time was used to weigh a thousandth of a word.
    package var weightless: UInt64
}

/// Reputation: a public formula over ledger facts, in integers.
///
/// A **full word** is what one counterpart says after paying ``MarketLimits/wordBaseUnits`` that stayed paid and using what
/// it bought for ``MarketLimits/wordSeconds``. Nobody's word is more than a full one. Below that a word weighs
///
///     w = min(1, money that stayed / wordBaseUnits, seconds used / wordSeconds)
///
/// and both halve every ``MarketLimits/halfLifeSeconds``. The stars are `(5 × 3 + Σ w × s) / (5 + Σ w)`: `s` is the mean of
/// what that counterpart said, weighed by the money, and five full words of three stars stand for what is not known yet.
///
/// **Why the weight grows with the money and not with its root or its logarithm.** Keys cost nothing. Under any rule by
/// which ten small payments weigh more than one large, a forger pays with ten keys. Under this one, splitting gains nothing.
///
/// **What stays paid.** Money that the rated account paid on, through however many others, and that may have come back to
/// the raters, is taken off what they paid: the largest flow from the account to its raters over all that was ever settled.
/// So everything that counts was brought in by somebody and is no money of the account: a ring of any length, however often
/// it turns, counts what entered it once. Keys that are visibly one's own count nothing at all (``StandingFacts``).
///
/// **What forging costs.** To stand at `x` stars takes `n = (5x − 15) / (5 − x)` full words of five stars: that many times
/// ``MarketLimits/wordBaseUnits`` of money that was never the account's, which has to lie there, and as many days of leases,
/// and half of it again every half-life. What the ledger gives away (a test network's faucet) costs nothing, so there only
/// the time counts. The money is not burnt: whoever can take it out of the ledger unseen and bring it in again as new turns
/// the ring outside, and no rule inside sees it. The table is computed in the tests, and
/// is in `Reputation-and-its-cost.md`.
package enum Reputation {
    /// - Complexity: O(trades log trades), and a flow over what was followed.
    package static func score(_ facts: StandingFacts) -> ReputationScore {
        var ledger = WordLedger(facts)
        for counterpart in ledger.counterparts { ledger.weigh(counterpart) }
        return ledger.score
    }

    /// A quantity of `age` seconds ago: halved once for each half-life, and in a straight line between two.
    static func decayed(_ quantity: Amount, age: UInt64) -> Amount {
        let life = MarketLimits.halfLifeSeconds
        let (halvings, rest) = age.quotientAndRemainder(dividingBy: life)
        guard halvings < MarketLimits.halfLivesMax else { return .zero }
        // bounded: the rest is below a half-life, and a half-life below 2^24, shifted by 40 at most
        return Pricing.share(quantity, UInt128(2 * life - rest), of: UInt128(2 * life) << UInt128(halvings))
    }
}

/// The words about one account while they are weighed.
private struct WordLedger {
    private let facts: StandingFacts
    /// Trades with others, by counterpart.
    private var trades: [Address: [Trade]] = [:]
    /// What came back, of what each counterpart paid to the account, and of what the account paid to it.
    private let returnedToPayers: [Address: Amount]
    private let returnedToAccount: [Address: Amount]
    private var returned = (income: Amount.zero, spending: Amount.zero)
    private var weighedStars: UInt128 = 0
    private(set) var score: ReputationScore

    init(_ facts: StandingFacts) {
        self.facts = facts
        let kin = facts.kin
        score = ReputationScore(
            milliStars: 0, ratings: 0, raters: 0, milliWords: 0, stayed: .zero, seconds: 0, settledLeases: 0,
            withItself: 0, returned: .zero, weightless: 0)
        for trade in facts.trades {
            // bounded here: no more than there are trades
            if trade.isClosed { score.settledLeases += 1 }
            guard trade.payer == facts.account || trade.payee == facts.account else { continue }
            if facts.isWithItself(trade, kin: kin) {
                if trade.stars(about: facts.account) != nil { score.withItself += 1 }
            } else {
                trades[trade.other(than: facts.account), default: []].append(trade)
            }
        }
        returnedToPayers = MoneyBack(facts).returned
        returnedToAccount = MoneyBack(facts.reversed).returned
        finish()
    }

    /// In the order of their addresses, so that nothing depends on how a dictionary lies in memory.
    var counterparts: [Address] { trades.keys.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) } }

    /// Adds the word of one counterpart.
    mutating func weigh(_ counterpart: Address) {
        let trades = (trades[counterpart] ?? []).sorted { ($0.from, $0.index) < ($1.from, $1.index) }
        let income = Kept(trades.filter { $0.payee == facts.account }, returned: returnedToPayers[counterpart])
        let spending = Kept(trades.filter { $0.payer == facts.account }, returned: returnedToAccount[counterpart])
        returned.income = saturated(returned.income, income.returned)
        returned.spending = saturated(returned.spending, spending.returned)
        // A ring is seen from both of its ends; it is the same money.
        score.returned = max(returned.income, returned.spending)
        var word = Word()
        for trade in trades where trade.isClosed {
            guard let stars = trade.stars(about: facts.account), (1...5).contains(stars) else { continue }
            word.add(trade, stars, (trade.payee == facts.account ? income : spending).part(of: trade), at: facts.time)
        }
        let weight = word.milliWords
        // bounded here: no more than there are trades, and a thousandth of a word of at most 1,000 for each counterpart
        guard weight > 0 else { return score.weightless += word.ratings }
        score.ratings += word.ratings
        score.raters += 1
        score.milliWords += weight
        score.stayed = saturated(score.stayed, word.money)
        score.seconds = saturated(score.seconds, word.seconds)
        weighedStars += UInt128(weight) * word.milliStars
        finish()
    }

    private mutating func finish() {
        // bounded here: 128 bits hold far more than 64 bits of words times 5,000; the prior is not zero
        let prior = UInt128(MarketLimits.priorWords * 1_000)
        let stars = prior * UInt128(MarketLimits.priorMilliStars) + weighedStars
        score.milliStars = UInt64(clamping: stars / (prior + UInt128(score.milliWords)))
    }
}

/// What of the money between two accounts, in one direction, did not come back.
private struct Kept {
    private let paid: Amount
    let returned: Amount

    init(_ trades: [Trade], returned: Amount?) {
        paid = trades.reduce(Amount.zero) { saturated($0, $1.settled) }
        self.returned = min(paid, returned ?? .zero)
    }

    /// The trade's share of what stayed: what came back is taken off all alike.
    func part(of trade: Trade) -> Amount {
        Pricing.share(trade.settled, (paid.subtracting(returned) ?? .zero).value, of: paid.value)
    }
}

/// What one counterpart said, trade after trade, in the order in which they began.
private struct Word {
    private(set) var money = Amount.zero
    private(set) var seconds: UInt64 = 0
    private(set) var ratings: UInt64 = 0
    private var weighedStars: UInt128 = 0
    private var weights: UInt128 = 0
    /// Until when time was counted already: what is used at once is used once.
    private var counted: UInt64 = 0

    mutating func add(_ trade: Trade, _ stars: UInt8, _ stayed: Amount, at time: UInt64) {
        let age = time > trade.until ? time - trade.until : 0  // bounded: the smaller from the larger
        let value = Reputation.decayed(stayed, age: age)
        // No trade is heavier than a full word, so the sums below stay far from their types' ends.
        let weight = min(value, MarketLimits.wordBaseUnits).value
        money = saturated(money, value)
        let from = max(trade.from, counted)
        if trade.until > from {
            // bounded: the smaller from the larger
            let used = Reputation.decayed(Amount(UInt128(trade.until - from)), age: age)
            seconds = saturated(seconds, UInt64(clamping: used.value))
            counted = trade.until
        }
        // bounded here: a weight is below 2^30
        ratings += 1
        weights += weight
        weighedStars += weight * UInt128(stars)
    }

    /// Thousandths of a full word.
    var milliWords: UInt64 {
        let paid = Pricing.share(1_000, money.value, of: MarketLimits.wordBaseUnits.value)
        let used = Pricing.share(1_000, UInt128(seconds), of: UInt128(MarketLimits.wordSeconds))
        return UInt64(clamping: min(paid, used).value)
    }

    /// The mean of the stars, thousandths.
    // bounded: weights below 2^30 and stars of at most 5, and never by zero
    var milliStars: UInt128 { weights == 0 ? 0 : weighedStars * 1_000 / weights }
}

private func saturated(_ left: Amount, _ right: Amount) -> Amount { left.adding(right) ?? Amount(.max) }

private func saturated(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? .max : sum
}
