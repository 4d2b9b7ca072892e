/// One element-wise condition of a demand on a fact of an offer.
package struct Constraint: Codable, Equatable, Hashable, Sendable {
    /// Name of the fact, as in ``Fact/name``.
    package var fact: Untrusted
    /// Smallest value accepted.
    package var minimum: UInt64
    /// Largest value accepted; `UInt64.max` for no bound.
    package var maximum: UInt64
    /// The least trust accepted for the fact.
    package var levelMin: TrustLevel

    package init(fact: Untrusted, minimum: UInt64, maximum: UInt64, levelMin: TrustLevel) {
        self.fact = fact
        self.minimum = minimum
        self.maximum = maximum
        self.levelMin = levelMin
    }
}
