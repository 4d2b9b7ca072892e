/// What a part of a machine may state of the whole machine's figure.
package enum SplittingRule: String, Codable, Sendable {
    /// The part gets its share: rates.
    case proportional
    /// Every part keeps the figure, and of several the smallest counts: what is better when larger, such as a clock.
    case minimum
    /// Every part keeps the figure, and of several the largest counts: what is better when smaller, such as a latency.
    case maximum
    /// Only the whole has it.
    case indivisible

    /// What `part` of `whole` equal pieces may state, rounded down; nil when it may state nothing.
    ///
    /// - Precondition: `whole > 0` and `part <= whole`.
    package func share(of value: UInt64, part: UInt64, whole: UInt64) -> UInt64? {
        precondition(whole > 0 && part <= whole, "a part is never larger than its whole")
        switch self {
        case .proportional: return whole.dividingFullWidth(value.multipliedFullWidth(by: part)).quotient
        case .minimum, .maximum: return value
        case .indivisible: return part == whole ? value : nil
        }
    }
}
