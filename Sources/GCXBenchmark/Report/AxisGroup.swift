/// What of a machine an axis is about, by the first word of its name; in the order in which people read.
package enum AxisGroup: String, CaseIterable, Sendable {
    case processor, memory, storage, network, accelerator, other

    package init(axis name: String) {
        switch name.prefix(while: { $0 != "." }) {
        case "cpu": self = .processor
        case "memory": self = .memory
        case "storage": self = .storage
        case "network": self = .network
        case "gpu": self = .accelerator
        default: self = .other
        }
    }

    /// Groups that have members, each with its own in their order.
    package static func grouped<Member>(_ members: [Member], by name: (Member) -> String) -> [(Self, [Member])] {
        allCases.compactMap { group in
            let own = members.filter { AxisGroup(axis: name($0)) == group }
            return own.isEmpty ? nil : (group, own)
        }
    }
}

extension BenchmarkReport {
    package var groups: [(group: AxisGroup, axes: [AxisResult])] {
        AxisGroup.grouped(axes, by: \.name).map { (group: $0.0, axes: $0.1) }
    }
}
