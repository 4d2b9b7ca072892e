package import GCXModel

/// What a machine is worth in Compute Hours an hour, by a reference table.
///
/// The formula is ours; the paper that coined the term publishes none. The ratio of a figure is value over reference, or
/// reference over value where smaller is better. A class is the weighted geometric mean of its figures' ratios, the whole
/// that of its classes. A geometric mean, because then doubling one figure is worth the same whatever its unit, no figure
/// can be bought up by another's excess as cheaply as in a sum, and the order of two machines does not depend on which
/// reference was chosen. A class that lacks a figure is not rated, and neither is the whole then: a missing figure must
/// never be worth more than a bad one.
package struct ComputeHourRating: Codable, Equatable, Sendable {
    /// One figure held against its reference.
    package struct Ratio: Codable, Equatable, Sendable {
        package var fact: String
        /// Thousandths; nil when the figure is missing, in another unit or 0.
        package var thousandths: UInt64?
    }

    /// One class.
    package struct Class: Codable, Equatable, Sendable {
        package var name: String
        package var ratios: [Ratio]
        /// Thousandths of a Compute Hour an hour; nil when a figure is missing.
        package var thousandths: UInt64?

        /// Facts without which the class is not rated.
        package var missing: [String] { ratios.filter { $0.thousandths == nil }.map(\.fact) }
    }

    /// Of the reference table.
    package var tableVersion: UInt32
    package var classes: [Class]
    /// Thousandths of a Compute Hour an hour; nil when a class is not rated.
    package var thousandths: UInt64?

    /// Rates facts by a table. Claimed facts do not count: they prove nothing.
    ///
    /// - Complexity: O(figures × facts).
    package init(_ facts: [Fact], by table: ReferenceTable) {
        tableVersion = table.version
        var logarithms: [(logarithm: Int64, weight: UInt32)?] = []
        classes = table.classes.map { definition in
            let ratios = definition.figures.map { (figure: $0, logarithm: Self.logarithm($0, among: facts)) }
            let mean = Self.mean(ratios.map { ratio in ratio.logarithm.map { ($0, ratio.figure.weight) } })
            logarithms.append(mean.map { ($0, definition.weight) })
            return Class(
                name: definition.name,
                ratios: ratios.map { Ratio(fact: $0.figure.fact, thousandths: $0.logarithm.map(Self.thousandths)) },
                thousandths: mean.map(Self.thousandths))
        }
        thousandths = Self.mean(logarithms).map(Self.thousandths)
    }

    /// log2 of a figure's ratio; nil when the facts do not have it.
    private static func logarithm(_ figure: ReferenceTable.Figure, among facts: [Fact]) -> Int64? {
        let fact = facts.first { $0.name == figure.fact && $0.unit == figure.unit && $0.level > .claimed }
        guard let fact, let value = BinaryLogarithm.of(fact.value), let one = BinaryLogarithm.of(figure.reference)
        else { return nil }
        // bounded: logarithms of 64-bit numbers are below 2^38
        return figure.better == .larger ? value - one : one - value
    }

    /// The weighted mean; nil when one is missing or there is none.
    private static func mean(_ parts: [(logarithm: Int64, weight: UInt32)?]) -> Int64? {
        let present = parts.compactMap(\.self)
        // bounded here: the figures of a table, weights of 32 bits; a sum of 0 is left below
        let weight = present.reduce(Int64(0)) { $0 + Int64($1.weight) }
        guard present.count == parts.count, weight > 0 else { return nil }
        // A logarithm is below 2^38 and a weight below 2^32, so the sum needs the wider type.
        let sum = present.reduce(Int128(0)) { $0 + Int128($1.logarithm) * Int128($1.weight) }
        return Int64(truncatingIfNeeded: sum / Int128(weight))
    }

    private static func thousandths(_ logarithm: Int64) -> UInt64 { BinaryLogarithm.power(logarithm, scale: 1_000) }
}
