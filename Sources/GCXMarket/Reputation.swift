import GCXModel

/// A rating, with what gives it weight.
package struct RatingFact: Codable, Equatable, Sendable {
    /// 1 to 5.
    package var stars: UInt8
    /// Who gave it.
    package var rater: Address
    /// What the rated lease paid, base units.
    package var settled: Amount

    package init(stars: UInt8, rater: Address, settled: Amount) {
        self.stars = stars
        self.rater = rater
        self.settled = settled
    }
}

/// What the ledger says about an account, computed by anybody alike.
package struct ReputationScore: Codable, Equatable, Sendable {
    /// Thousandths of a star, 1000 to 5000.
    package var milliStars: UInt64
    /// Ratings counted: one for each rater and lease.
    package var ratings: UInt64
    /// Different accounts that rated.
    package var raters: UInt64
    /// Leases that ended settled.
    package var settledLeases: UInt64
}

/// Reputation: a public formula over ledger facts, in integers.
package enum Reputation {
    /// A newcomer counts as having this many ratings ...
    package static let priorRaters: UInt64 = 5
    /// ... of three stars, so that one good word is not yet a name.
    package static let priorMilliStars: UInt64 = 3_000

    /// `(5 × 3000 + Σ mean of each rater) / (5 + raters)`, in thousandths of a star, rounded down.
    ///
    /// Each rater counts once, with the mean of all it gave: a thousand small leases between two friends weigh as much
    /// as one. Ratings of leases that paid nothing do not count, for they cost nothing to make.
    ///
    /// - Complexity: O(ratings).
    package static func score(_ ratings: [RatingFact], settledLeases: UInt64) -> ReputationScore {
        let counted = ratings.filter { $0.settled > .zero && (1...5).contains($0.stars) }
        let byRater = Dictionary(grouping: counted, by: \.rater)
        let sum = byRater.values.reduce(UInt64(0)) { sum, given in
            sum + given.reduce(0) { $0 + UInt64($1.stars) * 1_000 } / UInt64(given.count)
        }
        let raters = UInt64(byRater.count)
        return ReputationScore(
            milliStars: (priorRaters * priorMilliStars + sum) / (priorRaters + raters), ratings: UInt64(counted.count),
            raters: raters, settledLeases: settledLeases)
    }
}
