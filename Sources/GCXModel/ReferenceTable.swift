/// What one Compute Hour is made of: the figures of a reference system, by class, with their weights.
///
/// A version is fixed for good once it is published: its digest stands in offers. A new figure, reference or weight is a
/// new version.
package struct ReferenceTable: Codable, Equatable, Sendable {
    /// Figures that are rated together.
    package struct Class: Codable, Equatable, Sendable {
        package var name: String
        /// Weight of this class in the rating of the whole.
        package var weight: UInt32
        package var figures: [Figure]

        package init(name: String, weight: UInt32, figures: [Figure]) {
            self.name = name
            self.weight = weight
            self.figures = figures
        }
    }

    /// One figure of the reference system.
    package struct Figure: Codable, Equatable, Sendable {
        /// Name of the fact.
        package var fact: String
        package var unit: String
        /// The reference system's figure, in `unit`; never 0.
        package var reference: UInt64
        /// Weight within its class.
        package var weight: UInt32
        package var better: Better

        package init(fact: String, unit: String, reference: UInt64, weight: UInt32, better: Better = .larger) {
            self.fact = fact
            self.unit = unit
            self.reference = reference
            self.weight = weight
            self.better = better
        }
    }

    /// Which of two values of a figure is worth more.
    package enum Better: String, Codable, Sendable {
        case larger
        /// Latencies.
        case smaller
    }

    package var version: UInt32
    /// What the reference system is, for people.
    package var system: String
    package var classes: [Class]

    package init(version: UInt32, system: String, classes: [Class]) {
        self.version = version
        self.system = system
        self.classes = classes
    }
}
