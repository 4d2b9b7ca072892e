/// A figure over the size of what it works on, for the eye: where the caches end. It becomes no fact.
package struct Curve: Codable, Equatable, Sendable {
    /// One size.
    package struct Point: Codable, Equatable, Sendable {
        package var workingSetBytes: UInt64
        /// In the unit of the curve.
        package var value: Double

        package init(workingSetBytes: UInt64, value: Double) {
            self.workingSetBytes = workingSetBytes
            self.value = value
        }
    }

    package var name: String
    package var unit: BenchmarkUnit
    /// By growing size.
    package var points: [Point]

    package init(name: String, unit: BenchmarkUnit, points: [Point]) {
        self.name = name
        self.unit = unit
        self.points = points
    }
}
