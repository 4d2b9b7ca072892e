package import GCXModel

/// What a report is about besides its figures: the machine and the day, as text for people.
package struct BenchmarkSubject: Equatable, Sendable {
    /// One fact of the machine, in the order shown.
    package struct Line: Equatable, Sendable {
        package let name: String
        package let value: String
    }

    /// A few words for the heading.
    package var title: String
    /// Seconds since 1970.
    package var measuredAt: UInt64
    package var lines: [Line]
    /// The drawing of the machine; nil without an inventory.
    package var topology: String?
    /// What the drawing on the page is made of; nil where it is not known.
    package var shape: Inventory.Topology?

    /// - Parameter facts: names and values; those without a value are left out.
    package init(title: String, measuredAt: UInt64, facts: [(name: String, value: String?)], topology: String?) {
        self.title = title
        self.measuredAt = measuredAt
        self.topology = topology
        let date = Line(name: "measured", value: Self.date(measuredAt))
        lines = facts.compactMap { fact in fact.value.map { Line(name: fact.name, value: $0) } } + [date]
    }

    /// The lines in one, for a terminal: `AMD EPYC, 2 cores, 23.5 GiB, …`.
    package var summary: String {
        let values = lines.filter { $0.name != "Compute Hours an hour" }.map { line in
            line.name == "cores" ? NumberText.count(line.value, "core") : line.value
        }
        return TextLayout.harmless(values.joined(separator: ", "))
    }

    /// `2026-11-24 14:05 UTC`.
    package static func date(_ seconds: UInt64) -> String {
        let (date, clock) = RFC3339.parts(ofSeconds: seconds)
        return "\(date) \(clock.prefix(5)) UTC"
    }
}
