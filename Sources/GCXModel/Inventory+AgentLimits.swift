extension Inventory {
    /// What the cgroups above the agent and its affinity mask leave it: a provider cannot sell more.
    package struct AgentLimits: Codable, Equatable, Sendable {
        package enum Layout: String, Codable, Sendable {
            case v1, v2
            /// Both are mounted; the v1 controllers rule.
            case hybrid
        }

        package var layout: Layout?
        /// Every cgroup from the root to the agent's own that sets a limit, outermost first within a controller.
        package var groups: [Group]
        package var affinity: PUSet?
        /// The tightest of all groups: thousandths of a core, rounded down; nil when none limits.
        package var cpuMillicoresMax: UInt64?
        package var memoryBytesMax: UInt64?
        package var swapBytesMax: UInt64?
        package var pidsMax: UInt64?
        /// The intersection of all cpusets.
        package var cpuset: PUSet?

        package init(layout: Layout?, groups: [Group], affinity: PUSet?) {
            self.layout = layout
            self.groups = groups
            self.affinity = affinity
            cpuMillicoresMax = groups.compactMap(\.cpuMillicoresMax).min()
            memoryBytesMax = groups.compactMap(\.memoryBytesMax).min()
            swapBytesMax = groups.compactMap(\.swapBytesMax).min()
            pidsMax = groups.compactMap(\.pidsMax).min()
            cpuset = groups.compactMap(\.cpuset).reduce(nil) { (all: PUSet?, next) in all?.intersection(next) ?? next }
        }

        /// One cgroup's own limits, nil where it sets none.
        package struct Group: Codable, Equatable, Sendable {
            /// The controllers of its hierarchy: `memory`, `cpu,cpuacct`, or `unified`.
            package var hierarchy: String
            /// Its path below the hierarchy's mount.
            package var path: String
            package var cpuQuotaMicroseconds: UInt64?
            package var cpuPeriodMicroseconds: UInt64?
            package var memoryBytesMax: UInt64?
            package var swapBytesMax: UInt64?
            package var pidsMax: UInt64?
            package var cpuset: PUSet?

            package init(hierarchy: String, path: String) {
                self.hierarchy = hierarchy
                self.path = path
            }

            /// Thousandths of a core, rounded down; nil without a quota.
            package var cpuMillicoresMax: UInt64? {
                guard let quota = cpuQuotaMicroseconds, let period = cpuPeriodMicroseconds, period > 0 else {
                    return nil
                }
                let (millis, overflowed) = quota.multipliedReportingOverflow(by: 1000)
                return overflowed ? nil : millis / period  // bounded: a period of zero was left above
            }

            /// Whether the group limits anything at all.
            package var isLimiting: Bool {
                cpuMillicoresMax != nil || memoryBytesMax != nil || swapBytesMax != nil || pidsMax != nil
                    || cpuset != nil
            }
        }
    }
}
