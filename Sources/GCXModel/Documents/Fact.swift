/// One figure about a machine, with the level of trust it has earned and the day it was taken.
///
/// `name` is dotted and fixed (`cpu.fp64.all`, `memory.bytes`), `unit` is the field's (`flop/s`, `B/s`, `B`, `ps`, `op/s`).
package struct Fact: Codable, Equatable, Hashable, Sendable {
    /// What a job can send in a second at the most, where jobs have a network, `B/s`.
    package static let egressName: Untrusted = "network.egress"

    /// Those that a machine states of itself without a benchmark.
    package static let claimedNames = ["cpu.cores", "cpu.pus", "memory.bytes", "gpu.count", "network.egress"]

    /// Dotted name of the figure.
    package var name: Untrusted
    /// The figure in `unit`, rounded down.
    package var value: UInt64
    /// Unit of `value`.
    package var unit: Untrusted
    /// How the figure came to be known.
    package var level: TrustLevel
    /// When it was read or measured, Unix seconds.
    package var measuredAt: UInt64

    package init(name: Untrusted, value: UInt64, unit: Untrusted, level: TrustLevel, measuredAt: UInt64) {
        self.name = name
        self.value = value
        self.unit = unit
        self.level = level
        self.measuredAt = measuredAt
    }
}
